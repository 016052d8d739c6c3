"""One Ray for most tests of this folder, started as a user would: executors use it and leave it running."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import ray_work

from evokan.evaluation.ray.executor import RayExecutor

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Ray leaves files and processes to the garbage collector, and announces a change of defaults."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore:.*RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO:FutureWarning"))


@pytest.fixture(scope="session", autouse=True)
def _shipped_by_value():
    """Workers do not have this folder on their path."""
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(ray_work)


@pytest.fixture(scope="session")
def _session_ray() -> Iterator[None]:
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_worker_niceness", "0")  # tests may share a busy machine
        patch.setattr("ray._private.worker._worker_logs_enabled", False)
        ray.init("local", num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        yield
        ray.shutdown()


@pytest.fixture(scope="module")
def _module_pair(_session_ray) -> Iterator[RayExecutor]:
    with RayExecutor(2) as executor:
        yield executor


@pytest.fixture
def users_ray(_session_ray) -> None:
    """A Ray with four CPUs that is initialised already; two of them belong to `pair` once a module has used it."""


@pytest.fixture
def pair(_module_pair) -> RayExecutor:
    """An executor with two workers and no time limit, for every test that needs nothing else."""
    return _module_pair


@pytest.fixture
def executor(users_ray) -> Iterator[Callable[..., RayExecutor]]:
    """Return a function that makes an executor, closed after the test."""
    made = []

    def make(workers: int | None, **settings: object) -> RayExecutor:
        made.append(RayExecutor(workers, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
