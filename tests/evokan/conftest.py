"""A family without networks, whose losses are whole-number functions of the bits, and a table for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from evokan.errors import InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.problem.table import Table
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import Bits, ChromosomeLayout, NeuronSegment, ValueSegment
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, Trained, TrainingJob

TARGET = np.array([1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1])


@dataclass(frozen=True)
class StubArchitecture(Architecture):
    """The connection mask and the grid; the chromosome's ``spare`` bit does not matter to the network."""

    mask: tuple[int, ...]
    width: int

    @property
    def key(self) -> str:
        return f"{''.join(map(str, self.mask))}/{self.width}"

    @property
    def n_params(self) -> int:
        return sum(self.mask) * (self.width + 5)

    @property
    def n_edges(self) -> int:
        return sum(self.mask)

    @property
    def n_features(self) -> int:
        return sum(any(self.mask[column::4]) for column in range(4))

    @property
    def depth(self) -> int:
        return 1

    @property
    def grid(self) -> int:
        return self.width

    def to_json(self) -> dict[str, Any]:
        return {"mask": list(self.mask), "width": self.width}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StubArchitecture:
        return cls(tuple(data["mask"]), data["width"])


@dataclass
class StubSpace(SearchSpace):
    """Trains by counting wrong bits; what goes wrong can be told per key or per call."""

    outcome: Callable[[TrainingJob], Trained] | None = None
    before: Callable[[Sequence[TrainingJob]], None] | None = None
    trained: list[str] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    name = "stub"
    summary = "a stub"
    Network = StubArchitecture

    def layout(self, problem: Problem) -> ChromosomeLayout:
        segments = (NeuronSegment("block", 3, 4), ValueSegment("grid", 3), ValueSegment("spare", 1, 0))
        return ChromosomeLayout(segments)

    def decode(self, bits: Bits, problem: Problem) -> StubArchitecture:
        values = self.layout(problem).unpack(bits)
        mask = np.asarray(values["block"])
        if not mask.any():
            raise InvalidArchitecture("no path from any input to any output")
        return StubArchitecture(tuple(mask.reshape(-1).tolist()), int(values["grid"]))

    def train(self, jobs: Sequence[TrainingJob], problem: Problem, budget: Budget) -> list[Trained]:
        self.calls.append(len(jobs))
        self.trained.extend(job.architecture.key for job in jobs)
        if self.before is not None:
            self.before(jobs)
        return [(self.outcome or whole_number)(job) for job in jobs]

    def model(self, *args: Any) -> Any:
        raise NotImplementedError

    load_model = explain = model_class = model


def whole_number(job: TrainingJob) -> Trained:
    """Wrong bits against a hidden mask, and the distance of the grid from 5."""
    architecture = job.architecture
    wrong = int((np.array(architecture.mask) != TARGET).sum())
    loss = 3 * wrong + abs(architecture.width - 5)
    return Trained(float(loss), float(loss) / 2, iterations=10 + wrong, evaluations=20, seconds=0.5)


@pytest.fixture
def stub_space() -> type[StubSpace]:
    return StubSpace


@pytest.fixture
def stub_loss() -> Callable[[TrainingJob], Trained]:
    return whole_number


@pytest.fixture(scope="session")
def stub_problem() -> Callable[[int], Problem]:
    """Return a function from the number of folds to a problem of 40 rows."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 4))
    table = Table("stub", "regression", x, x.sum(axis=1), ("a", "b", "c", "d"), "y")
    return lambda folds=1, rungs=0: Problem.from_table(table, folds=folds, rungs=rungs)
