"""The contract that families inherit: a sound family passes it, and each kind of fault is found."""

from __future__ import annotations

import inspect
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from pydantic import ConfigDict

from evokan.errors import InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import Bits, ChromosomeLayout, NeuronSegment, ValueSegment
from evokan.spaces.explanation import EdgeCurve, Explanation
from evokan.spaces.space import SearchSpace, SpaceOptions
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.testing import SearchSpaceContract, small_problem


@dataclass(frozen=True)
class Chosen(Architecture):
    """The columns that a ridge regression may use."""

    columns: tuple[int, ...]
    outputs: int

    @property
    def key(self) -> str:
        return ",".join(map(str, self.columns))

    @property
    def n_params(self) -> int:
        return self.n_edges + self.outputs

    @property
    def n_edges(self) -> int:
        return len(self.columns) * self.outputs

    @property
    def n_features(self) -> int:
        return len(self.columns)

    @property
    def depth(self) -> int:
        return 1

    def to_json(self) -> dict[str, Any]:
        return {"columns": list(self.columns), "outputs": self.outputs}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Chosen:
        return cls(tuple(data["columns"]), data["outputs"])


class Linear(torch.nn.Module):
    """Raw inputs to values or logits."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__()
        self.spec = dict(spec)
        self.matrix = torch.nn.Parameter(torch.zeros(spec["features"], spec["outputs"], dtype=torch.float64))
        for name, size in (
            ("shift", spec["features"]),
            ("scale", spec["features"]),
            ("offset", spec["outputs"]),
            ("target_shift", 1),
            ("target_scale", 1),
        ):
            self.register_buffer(name, torch.zeros(size, dtype=torch.float64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scaled = (x.to(torch.float64) - self.shift) / self.scale
        return (scaled @ self.matrix + self.offset) * self.target_scale + self.target_shift


class LinearOptions(SpaceOptions):
    ridge: float = 0.1


class LinearSpace(SearchSpace):
    """Ridge regression on some of the columns (onto classes by zeros and ones): a family without any luck."""

    name = "linear"
    summary = "ridge regression on chosen columns"
    Options = LinearOptions
    Network = Chosen

    def layout(self, problem: Problem) -> ChromosomeLayout:
        return ChromosomeLayout((NeuronSegment("columns", 1, problem.n_features), ValueSegment("spare", 1)))

    def decode(self, bits: Bits, problem: Problem) -> Chosen:
        mask = self.layout(problem).unpack(bits)["columns"]
        columns = tuple(np.flatnonzero(mask).tolist())
        if not columns:
            raise InvalidArchitecture("no column is chosen")
        return Chosen(columns, problem.n_outputs)

    def train(self, jobs: Sequence[TrainingJob], problem: Problem, budget: Budget) -> list[Trained]:
        return [self.train_one(job, problem) for job in jobs]

    def train_one(self, job: TrainingJob, problem: Problem) -> Trained:
        columns = list(job.architecture.columns)
        x, y = problem.scaled_inputs[job.fold.train][:, columns], targets(problem, job.fold.train)
        matrix = np.zeros((problem.n_features, problem.n_outputs))
        gram = x.T @ x + self.options.ridge * max(1.0, np.abs(x).max() ** 2) * np.eye(len(columns))
        matrix[columns] = np.linalg.solve(gram, x.T @ (y - y.mean(axis=0)))
        weights = {"matrix": matrix, "offset": y.mean(axis=0)}
        losses = [
            loss(problem, weights, rows) if len(rows) else np.nan for rows in (job.fold.validation, job.fold.train)
        ]
        if not len(job.fold.validation) or job.iterations is not None:
            losses[0] = losses[1]
        if not np.isfinite(losses).all():
            return Trained.failed("a loss is not finite")
        return Trained(losses[0], losses[1], 1, weights=weights if job.keep_weights else None)

    def model_class(self) -> type[Linear]:
        return Linear

    def model(self, architecture: Architecture, problem: Problem, weights: Mapping[str, Any]) -> torch.nn.Module:
        scalers = {
            "shift": problem.input_scaler.shift,
            "scale": problem.input_scaler.scale,
            "target_shift": problem.target_scaler.shift,
            "target_scale": problem.target_scaler.scale,
        }
        spec = {"features": problem.n_features, "outputs": problem.n_outputs}
        return self.load_model(spec, {name: torch.as_tensor(value) for name, value in {**weights, **scalers}.items()})

    def load_model(self, spec: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> torch.nn.Module:
        model = Linear(spec)
        model.load_state_dict(dict(state))
        return model.eval()

    def explain(self, model: torch.nn.Module, problem: Problem) -> Explanation:
        matrix = model.matrix.detach().numpy()
        size = np.abs(matrix).sum(axis=1)
        share = size / size.sum() if size.any() else size
        grid = np.linspace(-1, 1, 5)
        top = np.abs(matrix).max()
        edges = tuple(
            EdgeCurve(0, int(i), int(j), grid, matrix[i, j] * grid, abs(matrix[i, j]) / top)
            for i, j in zip(*np.nonzero(matrix), strict=True)
        )
        table = problem.table
        return Explanation(
            (problem.n_features, problem.n_outputs),
            table.feature_names,
            table.class_names or (table.target_name,),
            edges,
            share,
        )


def targets(problem: Problem, rows: np.ndarray) -> np.ndarray:
    if problem.task == "classification":
        return np.eye(problem.n_outputs)[problem.scaled_targets[rows]]
    return problem.scaled_targets[rows][:, None]


def loss(problem: Problem, weights: Mapping[str, np.ndarray], rows: np.ndarray) -> float:
    outputs = problem.scaled_inputs[rows] @ weights["matrix"] + weights["offset"]
    if problem.task == "regression":
        return float(np.mean((outputs[:, 0] - problem.scaled_targets[rows]) ** 2))
    log_p = outputs - np.log(np.exp(outputs).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(rows)), problem.scaled_targets[rows]].mean())


class TestLinear(SearchSpaceContract):
    """A third party's test class: this is all it takes."""

    chromosomes = 30

    def make_space(self) -> LinearSpace:
        return LinearSpace()


# ---------------------------------------------------------------- families with one fault each


class Neighbours(LinearSpace):
    def train(self, jobs, problem, budget):
        results = super().train(jobs, problem, budget)
        return [replace(one, val_loss=one.val_loss + 1e-9 * len(jobs)) for one in results]


class WrongOrder(LinearSpace):
    def train(self, jobs, problem, budget):
        return super().train(sorted(jobs, key=lambda job: job.architecture.key), problem, budget)


class Forgetful(LinearSpace):
    def train(self, jobs, problem, budget):
        return super().train(jobs, problem, budget)[:-1]


class NotANumber(LinearSpace):
    def train_one(self, job, problem):
        return replace(super().train_one(job, problem), train_loss=float("nan"))


class AlwaysWeights(LinearSpace):
    def train_one(self, job, problem):
        return super().train_one(replace(job, keep_weights=True), problem)


class GlobalLuck(LinearSpace):
    def train_one(self, job, problem):
        random.random()
        return super().train_one(job, problem)


class Validates(LinearSpace):
    def train_one(self, job, problem):
        found = super().train_one(job, problem)
        if found.weights and len(job.fold.validation):
            found.weights["offset"] = found.weights["offset"] + 1e-6
        return found


class WrongLoss(LinearSpace):
    def train_one(self, job, problem):
        found = super().train_one(job, problem)
        return replace(found, train_loss=found.train_loss * 1.001)


class ScaledOutputs(LinearSpace):
    def model(self, architecture, problem, weights):
        model = super().model(architecture, problem, weights)
        model.target_scale *= 1.01
        return model


class WeaklyKeyed(Chosen):
    @property
    def key(self) -> str:
        return str(len(self.columns) // 2)


class WeakKey(LinearSpace):
    Network = WeaklyKeyed

    def decode(self, bits, problem):
        return WeaklyKeyed(super().decode(bits, problem).columns, problem.n_outputs)


class FloatCounts(LinearSpace):
    def decode(self, bits, problem):
        return Counted(super().decode(bits, problem).columns, problem.n_outputs)


class Counted(Chosen):
    @property
    def n_params(self):
        return float(len(self.columns))


class Shortened(Chosen):
    @classmethod
    def from_json(cls, data):
        return Chosen(tuple(data["columns"][:1]), data["outputs"])


class LossyJson(LinearSpace):
    Network = Shortened


class Crashes(LinearSpace):
    def decode(self, bits, problem):
        if bits.all():
            raise IndexError("list index out of range")
        return super().decode(bits, problem)


class Silent(LinearSpace):
    def decode(self, bits, problem):
        try:
            return super().decode(bits, problem)
        except InvalidArchitecture:
            raise InvalidArchitecture("") from None


class Scribbles(LinearSpace):
    def decode(self, bits, problem):
        found = super().decode(bits, problem)
        bits[0] = 0
        return found


class Stateful(LinearSpace):
    def train_one(self, job, problem):
        self.count = getattr(self, "count", 0) + 1
        found = super().train_one(job, problem)
        return replace(found, iterations=self.count)


class Unpicklable(LinearSpace):
    def __init__(self, options=None):
        super().__init__(options)
        self.function = lambda x: x


class WrongShares(LinearSpace):
    def explain(self, model, problem):
        found = super().explain(model, problem)
        return replace(found, importances=found.importances * 2)


class WrongEdges(LinearSpace):
    def explain(self, model, problem):
        found = super().explain(model, problem)
        return replace(found, edges=tuple(replace(edge, target=edge.target + 1) for edge in found.edges))


class LooseOptions(LinearSpace):
    class Options(LinearOptions):
        model_config = ConfigDict(extra="ignore")


class NeedsTheProblem(LinearSpace):
    def load_model(self, spec, state):
        model = super().load_model(spec, state)
        return model if "kept" in spec else self.spoil(model)

    def spoil(self, model):
        model.offset += 1
        return model

    def model(self, architecture, problem, weights):
        model = super().model(architecture, problem, weights)
        model.offset -= 1
        return model


class BreaksOnConstants(LinearSpace):
    def train_one(self, job, problem):
        if (np.ptp(problem.scaled_inputs[job.fold.train], axis=0) == 0).any():
            raise np.linalg.LinAlgError("singular matrix")
        return super().train_one(job, problem)


class NoUsablePreset(LinearSpace):
    presets: ClassVar = {"default": LinearSpace.presets["default"]}


FAULTS: list[tuple[type[LinearSpace], str]] = [
    (Neighbours, "test_a_result_depends_on_its_job_alone"),
    (WrongOrder, "test_a_result_depends_on_its_job_alone"),
    (Stateful, "test_a_result_depends_on_its_job_alone"),
    (Forgetful, "test_weights_come_only_where_asked_for"),
    (NotANumber, "test_weights_come_only_where_asked_for"),
    (AlwaysWeights, "test_weights_come_only_where_asked_for"),
    (GlobalLuck, "test_global_random_state_is_left_alone"),
    (Validates, "test_a_given_number_of_iterations_is_kept_whatever_the_validation_rows_say"),
    (WrongLoss, "test_the_model_predicts_with_the_reported_losses"),
    (ScaledOutputs, "test_the_model_predicts_with_the_reported_losses"),
    (WeakKey, "test_equal_keys_mean_equal_networks"),
    (FloatCounts, "test_counts_are_whole_and_positive"),
    (LossyJson, "test_architectures_survive_json"),
    (Crashes, "test_decoding_is_total_and_deterministic"),
    (Silent, "test_decoding_is_total_and_deterministic"),
    (Scribbles, "test_decoding_is_total_and_deterministic"),
    (Unpicklable, "test_what_travels_trains_the_same"),
    (WrongShares, "test_explanations_fit_the_network"),
    (WrongEdges, "test_explanations_fit_the_network"),
    (LooseOptions, "test_options_are_checked_and_survive_json"),
    (NeedsTheProblem, "test_the_model_is_built_again_without_the_problem"),
    (BreaksOnConstants, "test_awkward_data_gives_a_loss_or_a_reason"),
    (NoUsablePreset, "test_presets_name_settings_that_exist"),
]


def run(space: type[LinearSpace], name: str, tmp_path) -> None:
    """Run one test of the contract on `space`, as pytest would for a regression."""
    contract = TestLinear()
    contract.make_space = space
    given = {
        "space": space(),
        "problem": small_problem("regression"),
        "task": "regression",
        "tmp_path": tmp_path,
        "hostile": "constant column",
    }
    test = getattr(contract, name)
    test(**{parameter: given[parameter] for parameter in inspect.signature(test).parameters})


@pytest.mark.parametrize(("space", "name"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_contract_finds(space, name, tmp_path):
    run(LinearSpace, name, tmp_path)  # the sound family passes the same test
    with pytest.raises((AssertionError, pytest.fail.Exception, IndexError, AttributeError, np.linalg.LinAlgError)):
        run(space, name, tmp_path)


def test_a_subclass_has_to_name_its_family():
    with pytest.raises(NotImplementedError, match="override make_space"):
        SearchSpaceContract().make_space()


# ---------------------------------------------------------------- the made-up data


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_small_problems_are_the_same_everywhere_and_small(task):
    problem = small_problem(task)
    again = small_problem(task)
    assert problem.table.sha256 == again.table.sha256
    assert problem.table.sha256 != small_problem(task, seed=1).table.sha256
    assert len(problem.table.y) == 60
    assert problem.task == task
    assert len(small_problem(task, folds=3).folds) == 3
    if task == "classification":
        assert np.bincount(problem.table.y).tolist() == [20, 20, 20]


def test_columns_change_but_targets_stay():
    usual, changed = small_problem("regression"), small_problem("regression", columns=lambda x: x * [1, 0, 1, 1])
    assert np.array_equal(usual.table.y, changed.table.y)
    assert not changed.table.X[:, 1].any()


def test_the_small_problem_for_equations_has_one():
    problem = small_problem("residual")
    assert problem.task == "residual"
    assert problem.table.equation is not None
    assert len(problem.train) + len(problem.validation) + len(problem.test) == len(problem.table.X)
