"""What runs on a worker of a Ray cluster: one object in a process of its own, working through items.

Everything travels as bytes. Ray would hand out arrays that cannot be written, which compiled kernels take for
another type; unpickled here, they are what they were on the other side.
"""

from __future__ import annotations

import os
import pickle
import socket
from collections.abc import Callable
from typing import Any

from threadpoolctl import threadpool_limits

from evokan._version import __version__
from evokan.errors import TrainingFailed
from evokan.evaluation.cohorts import one_line

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
                    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS")


class RayWorker:
    """The object behind an actor. Mathematical libraries work with one thread: the workers are the parallelism."""

    def __init__(self) -> None:
        for name in THREAD_VARIABLES:
            os.environ[name] = "1"
        threadpool_limits(limits=1)
        self._shared: tuple[Any, ...] = ()

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
            See `loads_outcome`.
        """
        def run() -> None:
            import ray

            self._shared = pickle.loads(ray.get(shared[0]))
            function = pickle.loads(prepare)
            if function is not None:
                function(*self._shared)

        return _outcome(run)

    def run(self, task: bytes) -> bytes:
        """Return the outcome of a pickled pair of function and item; see `loads_outcome`."""
        def run() -> Any:
            function, item = pickle.loads(task)
            return function(*self._shared, item)

        return _outcome(run)


def loads_outcome(outcome: bytes) -> Any:
    """Return what a worker's call returned or, as a value, the exception that it raised."""
    try:
        return pickle.loads(outcome)
    except Exception as error:
        return TrainingFailed(f"the result cannot be read back: {one_line(error)}")


def dumps(value: Any) -> bytes:
    """Pickle anything; what a script or a notebook has defined itself, by its code."""
    from ray import cloudpickle

    data: bytes = cloudpickle.dumps(value)  # type: ignore[no-untyped-call]
    return data


def _outcome(function: Callable[[], Any]) -> bytes:
    try:
        return dumps(function())
    except Exception as error:
        return _dumps_error(error)


def _dumps_error(error: Exception) -> bytes:
    """Pickle an exception, or its sentence where its class does not survive that."""
    try:
        data = dumps(error)
        if type(pickle.loads(data)) is type(error):
            return data
    except Exception:  # whatever the class does in there
        pass
    return pickle.dumps(TrainingFailed(one_line(error)))
