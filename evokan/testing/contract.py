"""The test class that families inherit."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from evokan.arrays import IntArray
from evokan.evaluation.executors import ThreadExecutor
from evokan.problem.equations import residual_loss
from evokan.problem.problem import Problem
from evokan.problem.solutions import as_unknown
from evokan.problem.splits import Fold
from evokan.problem.task import Task
from evokan.seeding import generator
from evokan.settings.config import SearchConfig
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import Bits
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.testing.checks import (
    COUNTS,
    check_counts,
    check_explanation,
    check_plain,
    check_result,
    check_same,
    check_weights,
    train_one,
    verdict,
)
from evokan.testing.problems import small_problem
from evokan.testing.proposals import ProposalLaws


class SearchSpaceContract(ProposalLaws):
    """Laws that the framework takes for granted of a `SearchSpace`.

    Subclasses override `make_space`, and where the defaults do not fit, the other attributes and helpers.

    Attributes
    ----------
    budget
        How long the trainings of these tests go on.
    chromosomes
        Random chromosomes that are decoded, for each task.
    networks
        Different networks that are trained, for each task.
    tolerance
        Relative error allowed between a reported loss and that of the model built from the weights.
    """

    budget: ClassVar[Budget] = Budget(steps=2)
    chromosomes: ClassVar[int] = 200
    networks: ClassVar[int] = 4
    tolerance: ClassVar[float] = 1e-6

    # ------------------------------------------------------------ what a subclass says

    def make_space(self) -> SearchSpace:
        """Return a new object of the family under test."""
        raise NotImplementedError("override make_space in your subclass of SearchSpaceContract")

    def make_problem(self, task: Task, **changes: Any) -> Problem:
        """Return a problem of `task`; `changes` are those of `small_problem`."""
        return small_problem(task, **changes)

    def loss(self, outputs: torch.Tensor, problem: Problem, rows: IntArray) -> float:
        """Return the bare loss of a model's `outputs` for `rows`: mean cross-entropy or scaled squared error."""
        targets = torch.as_tensor(problem.scaled_targets[rows])
        if problem.task.has_classes:
            return float(torch.nn.functional.cross_entropy(outputs, targets))
        scaled = problem.target_scaler.transform(outputs.numpy())
        wanted = problem.scaled_targets[rows]
        return float(np.mean((scaled.reshape(wanted.shape) - wanted) ** 2))

    # ------------------------------------------------------------ helpers and fixtures

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test that has to do with a problem once for every task of the family."""
        if "task" in metafunc.fixturenames:
            metafunc.parametrize("task", self.make_space().tasks)

    @pytest.fixture
    def space(self) -> SearchSpace:
        """Return a new object of the family."""
        return self.make_space()

    @pytest.fixture
    def problem(self, task: Task) -> Problem:
        """Return a small problem."""
        return self.make_problem(task)

    def samples(self, space: SearchSpace, problem: Problem) -> list[Bits]:
        """Return random chromosomes, after those of zeros and of ones."""
        layout = space.layout(problem)
        rng = generator("contract", layout.length)
        extremes = [np.zeros(layout.length, np.uint8), np.ones(layout.length, np.uint8)]
        return extremes + [layout.random(rng) for _ in range(self.chromosomes)]

    def decoded(self, space: SearchSpace, problem: Problem) -> Iterator[Architecture]:
        """Yield the networks of `samples` that are valid, repeats included."""
        verdicts = (verdict(space, bits, problem) for bits in self.samples(space, problem))
        return (found for found in verdicts if isinstance(found, Architecture))

    def jobs(self, space: SearchSpace, problem: Problem, **changes: Any) -> list[TrainingJob]:
        """Return one job for each of `networks` different networks, on all folds in turn."""
        distinct: dict[str, Architecture] = {}
        for architecture in self.decoded(space, problem):
            distinct.setdefault(architecture.key, architecture)
            if len(distinct) == self.networks:
                break
        assert distinct, f"none of {self.chromosomes} random chromosomes decodes to a network"
        fold = changes.pop("fold", None)
        return [
            TrainingJob(architecture, fold or problem.folds[number % len(problem.folds)], 1000 + number, **changes)
            for number, architecture in enumerate(distinct.values())
        ]

    def train(self, space: SearchSpace, problem: Problem, jobs: Sequence[TrainingJob]) -> list[Trained]:
        """Train `jobs` and check what has to be true of every result."""
        results = space.train(jobs, problem, self.budget)
        assert len(results) == len(jobs), "train must return one result for each job"
        for job, trained in zip(jobs, results, strict=True):
            check_result(job, trained)
        return results

    def trained(self, space: SearchSpace, problem: Problem) -> list[tuple[TrainingJob, Trained, torch.nn.Module]]:
        """Return jobs, results and models of those trainings that went well."""
        jobs = self.jobs(space, problem, keep_weights=True)
        pairs = zip(jobs, self.train(space, problem, jobs), strict=True)
        found = [
            (job, result, space.model(job.architecture, problem, result.weights))
            for job, result in pairs
            if result.weights is not None
        ]
        assert found, "every training of the small problem failed"
        return found

    # ------------------------------------------------------------ name, options, presets

    def test_name_and_summary(self, space: SearchSpace) -> None:
        """The family says what it is called and what it is, in one line."""
        assert space.name, "a family needs a name"
        assert space.name == space.name.strip().lower()
        assert space.summary, "a family needs a summary"
        assert "\n" not in space.summary
        assert space.tasks, "a family needs at least one task"
        assert set(space.tasks) <= set(Task)

    def test_options_are_checked_and_survive_json(self, space: SearchSpace) -> None:
        """An unknown option is refused; ``config.json`` gives the same options back."""
        with pytest.raises(ValidationError):
            space.Options(**{"no_such_option": 1})
        values = json.loads(json.dumps(space.options.model_dump(mode="json")))
        assert space.Options(**values) == space.options

    def test_presets_name_settings_that_exist(self, space: SearchSpace) -> None:
        """Both presets exist, with known settings and valid options."""
        assert set(space.presets) >= {"default", "paper"}
        for preset in space.presets.values():
            assert set(preset.settings) <= set(SearchConfig.model_fields)
            space.Options(**preset.options)

    # ------------------------------------------------------------ bits to networks

    def test_layout_is_stable(self, space: SearchSpace, problem: Problem) -> None:
        """The same problem has the same bits, whichever object is asked."""
        layout = space.layout(problem)
        assert layout.length > 0
        assert layout == space.layout(problem) == self.make_space().layout(problem)

    def test_decoding_is_total_and_deterministic(self, space: SearchSpace, problem: Problem) -> None:
        """Every chromosome is a network, or invalid for a reason, and always the same; its bits stay."""
        other = self.make_space()
        for bits in self.samples(space, problem):
            before = bits.copy()
            first, second = verdict(space, bits, problem), verdict(other, bits, problem)
            assert first == second, "decode must be deterministic"
            assert first, "InvalidArchitecture needs a reason"
            if isinstance(first, Architecture) and isinstance(second, Architecture):
                assert first.key == second.key
            assert np.array_equal(bits, before), "decode must not change the bits"

    def test_counts_are_whole_and_positive(self, space: SearchSpace, problem: Problem) -> None:
        """What evolution minimises and records are integers in their ranges."""
        for architecture in self.decoded(space, problem):
            check_counts(architecture, problem)

    def test_equal_keys_mean_equal_networks(self, space: SearchSpace, problem: Problem) -> None:
        """Nothing but the key decides figures, because the cache goes by it."""
        first: dict[str, Architecture] = {}
        for architecture in self.decoded(space, problem):
            same = first.setdefault(architecture.key, architecture)
            assert architecture == same
            assert all(getattr(architecture, name) == getattr(same, name) for name in COUNTS)

    def test_architectures_survive_json(self, space: SearchSpace, problem: Problem) -> None:
        """What is written beside a model gives the same network back."""
        for architecture in self.decoded(space, problem):
            text = json.dumps(architecture.to_json(), allow_nan=False)
            back = self.make_space().Network.from_json(json.loads(text))
            assert back == architecture
            assert back.key == architecture.key
            assert all(getattr(back, name) == getattr(architecture, name) for name in COUNTS)

    def test_reference_architectures_are_networks(self, space: SearchSpace, problem: Problem) -> None:
        """Hand-made networks to compare with are trained like all others."""
        references = space.reference_architectures(problem)
        for architecture in references.values():
            check_counts(architecture, problem)
        self.train(space, problem, [TrainingJob(one, problem.folds[0], 1) for one in references.values()])

    # ------------------------------------------------------------ training

    def test_a_result_depends_on_its_job_alone(self, space: SearchSpace, task: Task) -> None:
        """Cohort, order, threads and earlier work change no figure: not by one bit."""
        problem = self.make_problem(task, folds=3)
        jobs = self.jobs(space, problem, keep_weights=True)
        together = self.train(space, problem, jobs)
        backwards = self.train(self.make_space(), problem, jobs[::-1])[::-1]
        alone = [self.train(self.make_space(), problem, [job])[0] for job in jobs]
        with ThreadExecutor(4) as executor:
            threaded = dict(executor.map_unordered(train_one, (space, problem, self.budget), jobs))
        for number, result in enumerate(together):
            check_same(result, backwards[number])
            check_same(result, alone[number])
            from_thread = threaded[number]
            assert isinstance(from_thread, Trained), f"in a thread: {from_thread!r}"
            check_same(result, from_thread)

    def test_what_travels_trains_the_same(self, space: SearchSpace, problem: Problem) -> None:
        """Space, problem and jobs pickle, as remote workers need."""
        jobs = self.jobs(space, problem, keep_weights=True)
        here = self.train(space, problem, jobs)
        there = pickle.loads(pickle.dumps((space, problem, jobs)))
        for left, right in zip(here, self.train(*there), strict=True):
            check_same(left, right)

    def test_weights_come_only_where_asked_for(self, space: SearchSpace, problem: Problem) -> None:
        """Keeping the weights changes no figure."""
        without = self.train(space, problem, self.jobs(space, problem))
        for left, right in zip(
            without, self.train(space, problem, self.jobs(space, problem, keep_weights=True)), strict=True
        ):
            check_same(left, right, weights=False)

    def test_a_given_number_of_iterations_is_kept_whatever_the_validation_rows_say(
        self, space: SearchSpace, problem: Problem
    ) -> None:
        """With `iterations` the last values are kept; an empty validation part is no fault."""
        fold = problem.folds[0]
        blind = self.jobs(space, problem, fold=Fold(fold.train, fold.validation[:0]), iterations=3, keep_weights=True)
        seeing = self.jobs(space, problem, fold=fold, iterations=3, keep_weights=True)
        for left, right in zip(self.train(space, problem, blind), self.train(space, problem, seeing), strict=True):
            assert left.iterations <= 3
            assert left.val_loss == left.train_loss
            assert left.train_loss == right.train_loss
            check_weights(left, right)

    def test_global_random_state_is_left_alone(self, space: SearchSpace, problem: Problem) -> None:
        """Seeds come with the jobs; nobody else's random numbers are touched."""

        def state() -> tuple[Any, ...]:
            return random.getstate(), pickle.dumps(np.random.get_state()), torch.get_rng_state().tolist()  # noqa: NPY002

        before = state()
        for _, _, model in self.trained(space, problem):
            space.explain(model, problem)
        assert state() == before

    @pytest.mark.parametrize("hostile", ["constant column", "huge column", "tiny column", "one row", "two rows"])
    def test_awkward_data_gives_a_loss_or_a_reason(self, space: SearchSpace, task: Task, hostile: str) -> None:
        """No data that a table can hold makes a training crash, or a loss NaN."""
        factor = {"constant column": 0.0, "huge column": 1e30, "tiny column": 1e-30}.get(hostile, 1.0)
        problem = self.make_problem(
            task, columns=lambda x: x * [1, factor, 1, 1], scaler="none" if factor != 1.0 else "standard"
        )
        rows = {"one row": 1, "two rows": 2}.get(hostile, len(problem.train))
        fold = Fold(problem.train[:rows], problem.validation[:rows])
        jobs = self.jobs(space, problem, fold=fold, keep_weights=True)
        for job, result in zip(jobs, self.train(space, problem, jobs), strict=True):
            if result.weights is not None:
                explanation = space.explain(space.model(job.architecture, problem, result.weights), problem)
                assert np.isfinite(explanation.importances).all()

    def test_preparing_is_harmless(self, space: SearchSpace, problem: Problem) -> None:
        """`prepare` may be called again, and afterwards the kernels are there."""
        space.prepare(problem)
        space.prepare(problem)
        assert space.is_compiled(problem) is True

    # ------------------------------------------------------------ the model the user keeps

    def test_the_model_predicts_with_the_reported_losses(self, space: SearchSpace, problem: Problem) -> None:
        """Raw inputs in; finite logits or values out, with the losses of the training."""
        x = torch.as_tensor(problem.table.X)
        for job, result, model in self.trained(space, problem):
            with torch.no_grad():
                outputs = model(x)
                few = model(x[:1])
            assert outputs.shape == (len(x), problem.n_outputs)
            assert torch.isfinite(outputs).all()
            check_plain(space, model, problem.table.X)
            assert torch.allclose(few, outputs[:1], rtol=1e-9, atol=1e-9), "rows must not depend on one another"
            for rows, reported in ((job.fold.validation, result.val_loss), (job.fold.train, result.train_loss)):
                equation = problem.table.equation
                found = (
                    self.loss(outputs[rows], problem, rows)
                    if equation is None
                    else residual_loss(equation, as_unknown(equation, model), problem.table.X[rows])
                )
                assert found == pytest.approx(reported, rel=self.tolerance)

    def test_the_model_is_built_again_without_the_problem(
        self, space: SearchSpace, problem: Problem, tmp_path: Path
    ) -> None:
        """Spec as JSON and weights as safetensors are all that a run keeps."""
        from safetensors.torch import load_file, save_file

        x = torch.as_tensor(problem.table.X)
        for _, _, model in self.trained(space, problem):
            state = model.state_dict()
            assert all(isinstance(value, torch.Tensor) for value in state.values())
            save_file({name: value.contiguous() for name, value in state.items()}, tmp_path / "model.safetensors")
            spec = json.loads(json.dumps(getattr(model, "spec"), allow_nan=False))  # noqa: B009 - not of nn.Module
            again = self.make_space().load_model(spec, load_file(tmp_path / "model.safetensors"))
            with torch.no_grad():
                assert torch.equal(again(x), model(x))
            assert getattr(again, "spec") == spec  # noqa: B009
            check_explanation(space.explain(again, problem), problem)

    def test_explanations_fit_the_network(self, space: SearchSpace, problem: Problem) -> None:
        """Names, shares and curves belong to the network that was trained."""
        for job, _, model in self.trained(space, problem):
            explanation = space.explain(model, problem)
            check_explanation(explanation, problem)
            assert np.count_nonzero(explanation.importances) <= job.architecture.n_features
