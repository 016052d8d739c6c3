"""What the tests let workers do: ordinary work, and everything that can go wrong."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evokan.problem.problem import Problem
from evokan.spaces.training import Budget, Trained, TrainingJob
from search_spaces.gakan import GAKAN


class Unpicklable(Exception):  # noqa: N818 - says what it is
    """Pickles, but cannot be made again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


class Faulty(GAKAN):
    """GA-KAN with networks that do harm: a mapping from the number of live edges to what happens."""

    def __init__(self, faults: dict[int, str]) -> None:
        super().__init__()
        self.faults = faults

    def train(self, jobs: Sequence[TrainingJob], problem: Problem, budget: Budget) -> list[Trained]:
        found = [self.faults.get(job.architecture.n_edges, "") for job in jobs]
        for fault in found:
            if fault == "raise":
                raise OverflowError("too\nlarge")
            if fault == "hang":
                time.sleep(1000)
            if fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
        trained = super().train(jobs, problem, budget)
        return [
            Trained(math.nan, math.nan, 1) if fault == "nan" else result
            for fault, result in zip(found, trained, strict=True)
        ]


def divide(shared: int, item: int) -> float:
    return shared / item


def add(numbers: np.ndarray, item: np.ndarray) -> np.ndarray:
    """Work in place, as compiled kernels do."""
    item += numbers
    numbers *= 1
    return item


def process(folder: str, item: Any) -> int:
    return os.getpid()


def note(folder: str, *items: Any) -> None:
    """Leave a file behind, to be counted."""
    (Path(folder) / f"{'-'.join(map(str, items))}-{os.getpid()}-{time.monotonic_ns()}").touch()


def act(folder: str, item: tuple[int, str]) -> int:
    """Leave a note and do what the item says; ``once`` says that it goes well from the second time on."""
    number, what = item
    first = not list(Path(folder).glob(f"{number}-*"))
    note(folder, number)
    if "once" in what and not first:
        return number
    if "kill" in what:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    if "exit" in what:
        sys.exit(3)
    if "hang" in what:
        time.sleep(1000)
    if "sleep" in what:
        time.sleep(0.2)
    return number


def wrong(_: Any, what: str) -> Any:
    if what == "unpicklable exception":
        raise Unpicklable("cannot", "return")
    if what == "unpicklable result":
        return (number for number in range(3))
    raise KeyError(what)


def fail(*_: Any) -> None:
    raise ModuleNotFoundError("No module named 'their_family'")


def threads(_: None, item: Any) -> dict[str, int]:
    import numba
    import torch
    from threadpoolctl import threadpool_info

    np.ones((50, 50)) @ np.ones((50, 50))
    found = {library["filepath"]: library["num_threads"] for library in threadpool_info()}
    return found | {"torch": torch.get_num_threads(), "numba": numba.get_num_threads()}


def allocate(_: None, gigabytes: float) -> int:
    block = np.ones(int(gigabytes * 2**30), dtype=np.uint8)
    time.sleep(20)
    return len(block)
