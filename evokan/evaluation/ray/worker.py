"""What runs on a worker of a Ray cluster: one object in a process of its own, working through items."""

from __future__ import annotations

import os
import pickle
import socket
from typing import Any

from threadpoolctl import threadpool_limits

from evokan._version import __version__
from evokan.evaluation.ray.messages import Folds, dumps_outcome, loads_task

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


class RayWorker:
    """The object behind an actor. Mathematical libraries work with one thread: the workers are the parallelism."""

    def __init__(self) -> None:
        # The limits are for what is loaded already, the variables for what comes later.
        threadpool_limits(limits=1)
        for name in THREAD_VARIABLES:
            os.environ[name] = "1"
        self._shared: tuple[Any, ...] = ()
        self._folds = Folds(())

    def hello(self) -> bytes:
        """Return, pickled, the name of this machine and the version of evokan on it."""
        return pickle.dumps((socket.gethostname(), __version__))

    def set_up(self, shared: list[Any], prepare: bytes) -> bytes:
        """Take over the leading arguments of all items to come, and prepare for them.

        Parameters
        ----------
        shared
            One reference to the pickled tuple; in a list, since Ray would fetch a bare one for every call.
        prepare
            Pickled function of these arguments, or None.

        Returns
        -------
        bytes
            None or an exception; see `evokan.evaluation.ray.messages.loads_outcome`.
        """

        def run() -> None:
            import ray

            self._shared = pickle.loads(ray.get(shared[0]))
            self._folds = Folds(self._shared)
            function = pickle.loads(prepare)
            if function is not None:
                function(*self._shared)

        return dumps_outcome(run)

    def run(self, task: bytes) -> bytes:
        """Return the outcome of a task; see `evokan.evaluation.ray.messages.dumps_task`."""

        def run() -> Any:
            function, item = loads_task(task, self._folds)
            return function(*self._shared, item)

        return dumps_outcome(run)
