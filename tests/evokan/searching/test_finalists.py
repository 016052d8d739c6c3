"""From the last generation to the product, with a family that needs no training."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from evokan.datasets.equations import equation_table
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import OutOfTimeError, ThreadExecutor
from evokan.evolution import Genome
from evokan.evolution.front import pareto_front
from evokan.problem.equations import LaneEmden
from evokan.problem.prediction import predict
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.searching.finalists import FRESH_SEEDS, Finalist, Finalizer, choose_finalist, longer_fit
from evokan.searching.fits import fit_front
from evokan.seeding import derive_seed
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.testing.checks import check_same

PAIR = ("val_loss", "n_params")
CHROMOSOMES = ["1000000000001000", "1011000000001000", "1111111111110000", "1011001010011000"]


class Constant(torch.nn.Module):
    """Predicts the same for every row."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = torch.nn.Parameter(torch.tensor(value, dtype=torch.float64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.value.expand(len(x), 1)


def figures(job: TrainingJob) -> Trained:
    """Losses that follow from network (larger ones are better), seed and fold; the weights tell them."""
    of_fold = (1 + job.seed % 5) * (len(job.fold.train) % 7) / 20
    loss = 40.0 - 2 * job.architecture.n_edges + (job.seed % 97) / 100 + of_fold
    weights = {"value": np.array(loss)} if job.keep_weights else None
    return Trained(loss, loss / 2, iterations=5 + job.seed % 11, evaluations=9, seconds=0.1, weights=weights)


@pytest.fixture
def recorder(stub_space):
    """The stub family, with a list of all the jobs it was given."""

    class Recorder(stub_space):
        name = "recorder"

        def __init__(self, outcome=figures):
            super().__init__(outcome)
            self.jobs: list[TrainingJob] = []
            self.references = {}

        def train(self, jobs, problem, budget):
            self.jobs.extend(jobs)
            return super().train(jobs, problem, budget)

        def model(self, architecture, problem, weights):
            return Constant(float(weights["value"]))

        def reference_architectures(self, problem):
            return self.references

    return Recorder


def searched(space, problem, run_seed: int = 11):
    """The front of four networks, as a search finds it."""
    with ThreadExecutor() as executor:
        evaluator = Evaluator(space, problem, Budget(), run_seed, executor)
        records = evaluator.evaluate([Genome(map(int, text)) for text in CHROMOSOMES], 0)
    return pareto_front(records, PAIR)


def finalizer(space, problem, *, workers: int = 1, run_seed: int = 11, refit: str = "development") -> Finalizer:
    return Finalizer(space, problem, Budget(), ThreadExecutor(workers), run_seed, refit)


def rows(fold: Fold) -> tuple[list[int], list[int]]:
    return fold.train.tolist(), fold.validation.tolist()


# ---------------------------------------------------------------- trained again


def fresh_seeds(key):
    return [derive_seed(11, "recorder", key, "fresh", i) for i in range(5)]


def fresh_folds(problem, i):
    return problem.refold(derive_seed(11, "folds", i))


@pytest.mark.parametrize("folds", [1, 3])
def test_every_network_is_trained_from_fresh_seeds_on_fresh_cuts(recorder, stub_problem, folds):
    problem = stub_problem(folds)
    space = recorder()
    front = searched(space, problem)
    searching = {job.seed for job in space.jobs}
    assert len(searching) == len(CHROMOSOMES) * folds
    space.jobs.clear()
    finalists = finalizer(space, problem).retrain(front)
    assert [one.member.record for one in finalists] == front
    for one in finalists:
        mine = [job for job in space.jobs if job.architecture == one.architecture]
        assert one.architecture.key == one.member.record.key
        seeds = {job.seed for job in mine}
        assert len(seeds) == FRESH_SEEDS
        assert not seeds & searching
        assert one.seed in seeds
        cuts = []
        for i, seed in enumerate(fresh_seeds(one.architecture.key)):
            trained_on = sorted(rows(job.fold) for job in mine if job.seed == seed)
            assert trained_on == sorted(map(rows, fresh_folds(problem, i)))
            cuts.append(str(trained_on))
        assert len(set(cuts)) == (1 if folds == 1 else FRESH_SEEDS)
    assert len({job.seed for job in space.jobs}) == FRESH_SEEDS * len(front)
    assert all(job.iterations is None and not job.keep_weights for job in space.jobs)


def test_of_many_rows_every_seed_has_one_fold_of_its_own(recorder, stub_problem):
    problem = stub_problem(3, rungs=10)
    space = recorder()
    front = searched(space, problem)
    space.jobs.clear()
    finalists = finalizer(space, problem).retrain(front)
    assert len(space.jobs) == FRESH_SEEDS * len(front)
    for one in finalists:
        mine = {job.seed: rows(job.fold) for job in space.jobs if job.architecture == one.architecture}
        for i, seed in enumerate(fresh_seeds(one.architecture.key)):
            (fold,) = fresh_folds(problem, i)
            assert mine[seed] == rows(fold)
        # The seeds are what the error is of, and cuts that are hard for all networks stand below each other.
        assert one.member.val_loss_se == pytest.approx(one.member.val_loss_sd / FRESH_SEEDS**0.5)
        assert len(one.member.losses) == 1
        assert len(one.member.losses[0]) == FRESH_SEEDS


@pytest.mark.parametrize("folds", [1, 3])
def test_mean_spread_and_best_seed_by_hand(recorder, stub_problem, folds):
    problem = stub_problem(folds)
    space = recorder()
    front = searched(space, problem)
    for one in finalizer(space, problem).retrain(front):
        seeds = fresh_seeds(one.architecture.key)
        results = np.array(
            [
                [figures(TrainingJob(one.architecture, fold, seed)).val_loss for fold in fresh_folds(problem, i)]
                for i, seed in enumerate(seeds)
            ]
        )
        losses = results.mean(axis=1)
        assert one.member.val_loss_mean == pytest.approx(losses.mean())
        assert one.member.val_loss_sd == pytest.approx(losses.std(ddof=1))
        best = int(losses.argmin())
        assert one.seed == seeds[best]
        assert one.iterations == 5 + one.seed % 11
        error = np.sqrt(results.var(axis=1, ddof=1).mean() / folds) if folds > 1 else 0.0
        assert one.member.val_loss_se == pytest.approx(error)


def test_nothing_depends_on_the_order_of_the_front_or_the_number_of_threads(recorder, stub_problem):
    problem = stub_problem(3)
    front = searched(recorder(), problem)
    straight = finalizer(recorder(), problem).retrain(front)
    assert finalizer(recorder(), problem, workers=3).retrain(front) == straight
    assert finalizer(recorder(), problem).retrain(front[::-1]) == straight[::-1]
    assert finalizer(recorder(), problem, run_seed=12).retrain(front) != straight


def test_failed_seeds_are_left_out(recorder, stub_problem):
    problem = stub_problem(2)
    front = searched(recorder(), problem)
    lost = {seed: rows(fresh_folds(problem, i)[-1]) for i, seed in enumerate(fresh_seeds(front[0].key)) if i in (0, 3)}

    def outcome(job):
        # One bad fold is enough to lose a seed.
        return Trained.failed("broke down") if lost.get(job.seed) == rows(job.fold) else figures(job)

    whole = finalizer(recorder(), problem).retrain(front)
    found = finalizer(recorder(outcome), problem).retrain(front)
    assert found[1:] == whole[1:]
    left = [(i, seed) for i, seed in enumerate(fresh_seeds(front[0].key)) if seed not in lost]
    losses = [
        np.mean([figures(TrainingJob(found[0].architecture, fold, seed)).val_loss for fold in fresh_folds(problem, i)])
        for i, seed in left
    ]
    assert found[0].member.val_loss_mean == pytest.approx(np.mean(losses))
    assert found[0].member.val_loss_sd == pytest.approx(np.std(losses, ddof=1))
    assert found[0].seed == left[int(np.argmin(losses))][1]


def test_one_good_seed_has_no_spread(recorder, stub_problem):
    problem = stub_problem()
    front = searched(recorder(), problem)[:1]
    good = derive_seed(11, "recorder", front[0].key, "fresh", 2)
    space = recorder(lambda job: figures(job) if job.seed == good else Trained(np.nan, 1.0, 3))
    (one,) = finalizer(space, problem).retrain(front)
    assert (one.seed, one.member.val_loss_sd) == (good, 0.0)
    assert one.member.val_loss_mean == figures(TrainingJob(one.architecture, problem.folds[0], good)).val_loss


@pytest.mark.parametrize("how", ["fails", "raises"])
def test_a_member_whose_trainings_all_fail_is_left_out(recorder, stub_problem, how):
    problem = stub_problem()
    front = searched(recorder(), problem)
    assert len(front) == len(CHROMOSOMES)

    def outcome(job):
        if job.architecture.key != front[0].key:
            return figures(job)
        if how == "raises":
            raise RuntimeError("out of memory")
        return Trained.failed("broke down")

    finalists = finalizer(recorder(outcome), problem).retrain(front)
    assert [one.member.record for one in finalists] == front[1:]


def test_an_empty_front_trains_nothing(recorder, stub_problem):
    space = recorder()
    unused = finalizer(space, stub_problem())
    assert unused.retrain([]) == []
    assert unused.fit([]) == []
    assert unused.reference_losses() == {}
    assert space.jobs == []


# ---------------------------------------------------------------- the final fit


def test_refit_on_development_uses_all_but_the_test_rows_and_the_known_length(recorder, stub_problem):
    problem = stub_problem(3)
    space = recorder()
    finalists = finalizer(space, problem).retrain(searched(space, problem))
    finalists[0] = replace(finalists[0], iterations=0)
    space.jobs.clear()
    fitted = finalizer(space, problem).fit(finalists)
    assert len(fitted) == len(finalists)
    for job, one, trained in zip(space.jobs, finalists, fitted, strict=True):
        assert rows(job.fold) == (problem.development.tolist(), [])
        assert not set(job.fold.train) & set(problem.test)
        assert (job.architecture, job.seed, job.keep_weights) == (one.architecture, one.seed, True)
        assert job.iterations == max(one.iterations, 1)  # a network at its start is still trained a little
        check_same(trained, figures(job))


def test_refit_on_the_hold_out_stops_by_the_validation_rows(recorder, stub_problem):
    problem = stub_problem(3)
    space = recorder()
    finalists = finalizer(space, problem).retrain(searched(space, problem))
    space.jobs.clear()
    finalizer(space, problem, refit="holdout").fit(finalists)
    for job, one in zip(space.jobs, finalists, strict=True):
        assert rows(job.fold) == (problem.train.tolist(), problem.validation.tolist())
        assert (job.iterations, job.keep_weights, job.seed) == (None, True, one.seed)


@pytest.mark.parametrize("refit", ["development", "holdout"])
def test_an_equation_is_fitted_for_four_times_as_long_as_in_the_search(recorder, refit):
    problem = Problem.from_table(equation_table(LaneEmden(3)))
    space = recorder()
    longer = longer_fit(problem, limited=False)
    trainer = Finalizer(space, problem, Budget(), ThreadExecutor(1), 11, refit, longer=longer)
    finalists = trainer.retrain(searched(space, problem))
    stopped = {(job.architecture.key, job.seed): figures(job).iterations for job in space.jobs}
    assert all(one.iterations == 4 * stopped[one.architecture.key, one.seed] for one in finalists)
    space.jobs.clear()
    trainer.fit(finalists)
    long = [(one.iterations, None) for one in finalists] if refit == "development" else [(None, 4 * Budget().steps)] * 4
    assert [(job.iterations, job.steps) for job in space.jobs] == long


def test_where_time_is_limited_or_a_table_has_noise_a_final_fit_is_no_longer(stub_problem):
    equation = Problem.from_table(equation_table(LaneEmden(3)))
    assert longer_fit(equation, limited=True) == longer_fit(stub_problem(3), limited=False) == 1


def test_without_a_refit_the_network_is_the_one_that_the_search_trained(recorder, stub_problem):
    problem = stub_problem()
    space = recorder()
    front = searched(space, problem)
    trained = {job.architecture.key: job for job in space.jobs}
    space.jobs.clear()
    unit = finalizer(space, problem, refit="none")
    finalists = unit.retrain(front)
    assert not space.jobs
    assert [(one.member.record, one.member.val_loss_mean) for one in finalists] == [(r, r.val_loss) for r in front]
    fitted = unit.fit(finalists)
    for job, one, result in zip(space.jobs, finalists, fitted, strict=True):
        before = trained[one.architecture.key]
        assert (job.seed, rows(job.fold), job.iterations) == (before.seed, rows(before.fold), None)
        assert result.val_loss == one.member.record.val_loss


def test_results_come_in_the_order_of_the_finalists_whoever_is_first_done(recorder, stub_problem):
    problem = stub_problem()
    first_may_go = threading.Event()
    front = searched(recorder(), problem)

    def outcome(job):
        if job.keep_weights and job.architecture.key == front[0].key:
            assert first_may_go.wait(20)
        elif job.keep_weights and job.architecture.key == front[-1].key:
            first_may_go.set()
        return figures(job)

    space = recorder(outcome)
    unit = finalizer(space, problem, workers=2)
    finalists = unit.retrain(front)
    expected = [figures(TrainingJob(one.architecture, problem.folds[0], one.seed)).iterations for one in finalists]
    assert [trained.iterations for trained in unit.fit(finalists)] == expected


def test_a_fit_that_raises_is_a_failure_with_its_reason(recorder, stub_problem):
    problem = stub_problem()
    finalists = finalizer(recorder(), problem).retrain(searched(recorder(), problem))

    def outcome(job):
        if job.architecture == finalists[0].architecture:
            raise RuntimeError("out of memory")
        return figures(job)

    fitted = finalizer(recorder(outcome), problem).fit(finalists)
    assert "out of memory" in fitted[0].reason
    assert fitted[0].weights is None
    assert all(trained.weights is not None for trained in fitted[1:])


# ---------------------------------------------------------------- figures


def finalist(space, problem) -> Finalist:
    return finalizer(space, problem).retrain(searched(space, problem))[0]


def test_figures_are_in_the_targets_own_units(recorder, stub_problem):
    problem = stub_problem()
    space = recorder()
    one = finalist(space, problem)
    found = finalizer(space, problem).metrics(one.architecture, {"value": np.array(2.5)}, problem.test)
    errors = problem.table.y[problem.test] - 2.5
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert found["mae"] == pytest.approx(np.mean(np.abs(errors)))


def test_validation_figures_are_the_mean_over_rows_that_a_fold_did_not_train_on(recorder, stub_problem):
    problem = stub_problem(3)
    space = recorder()
    one = finalist(space, problem)
    found = finalizer(space, problem).figures(one, {})[1]
    expected = []
    for fold in problem.folds:
        value = figures(TrainingJob(one.architecture, fold, one.seed)).val_loss
        expected.append(np.sqrt(np.mean((problem.table.y[fold.validation] - value) ** 2)))
    assert found["rmse"] == pytest.approx(np.mean(expected))


@pytest.mark.parametrize(("folds", "stop", "expected"), [(3, "common", 7), (3, "own", None), (1, "common", None)])
def test_validation_figures_are_taken_where_the_folds_stop(recorder, stub_problem, folds, stop, expected):
    problem = stub_problem(folds)
    space = recorder()
    one = replace(finalist(space, problem), iterations=7)
    space.jobs.clear()
    Finalizer(space, problem, Budget(fold_stop=stop), ThreadExecutor(1), 11, "development").figures(one, {})[1]
    assert [job.iterations for job in space.jobs] == [expected] * folds


def test_validation_figures_of_failed_trainings_are_left_out(recorder, stub_problem):
    problem = stub_problem(2)
    one = finalist(recorder(), problem)
    last = rows(problem.folds[-1])
    space = recorder(lambda job: Trained.failed("broke down") if rows(job.fold) == last else figures(job))
    found = finalizer(space, problem).figures(one, {})[1]
    value = figures(TrainingJob(one.architecture, problem.folds[0], one.seed)).val_loss
    errors = problem.table.y[problem.folds[0].validation] - value
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)))
    nothing = recorder(lambda job: Trained.failed("broke down"))
    assert finalizer(nothing, problem).figures(one, {})[1] == {}


def test_reference_losses_are_means_over_the_folds_without_those_that_fail(recorder, stub_problem):
    problem = stub_problem(3)
    one = finalist(recorder(), problem).architecture
    other = replace(one, width=one.width + 1)
    space = recorder(lambda job: Trained.failed("broke down") if job.architecture == other else figures(job))
    space.references = {"small": one, "broken": other}
    seed = derive_seed(11, "recorder", one.key, "fresh", 0)
    losses = [figures(TrainingJob(one, fold, seed)).val_loss for fold in problem.folds]
    assert finalizer(space, problem).reference_losses() == {"small": pytest.approx(np.mean(losses))}


def test_predictions_are_float64_arrays_without_a_graph():
    found = predict(Constant(1.5), np.zeros((3, 4)))
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float64
    assert found.tolist() == [[1.5], [1.5], [1.5]]


class Hurried(ThreadExecutor):
    """Begins so many items."""

    def __init__(self, most: int) -> None:
        super().__init__(1)
        self.most = most

    def map_unordered(self, function, shared, items):
        for position, result in super().map_unordered(function, shared, items):
            if position >= self.most:
                raise OutOfTimeError("the time is over")
            yield position, result


@pytest.mark.parametrize(("done", "networks", "seeds"), [(2, 2, 1), (4, 4, 1), (7, 4, 1), (8, 4, 2), (20, 4, 5)])
def test_in_limited_time_all_are_trained_once_before_any_is_again(recorder, stub_problem, done, networks, seeds):
    problem = stub_problem(2)
    front = searched(recorder(), problem)
    hurried = Finalizer(recorder(), problem, Budget(), Hurried(done), 11, "development")
    found = hurried.retrain(front, seconds=1e9)
    assert [one.member.record for one in found] == front[:networks]
    for one in found:
        losses = [
            np.mean([figures(TrainingJob(one.architecture, fold, seed)).val_loss for fold in fresh_folds(problem, i)])
            for i, seed in enumerate(fresh_seeds(one.architecture.key)[:seeds])
        ]
        assert one.member.val_loss_mean == pytest.approx(np.mean(losses))


def test_in_limited_time_the_chosen_one_is_fitted_whatever_else_is(recorder, stub_problem):
    problem = stub_problem(2)
    finalists = finalizer(recorder(), problem).retrain(searched(recorder(), problem))
    largest = choose_finalist(finalists, "best-loss")
    hurried = Finalizer(recorder(), problem, Budget(), Hurried(1), 11, "development")
    front, chosen = fit_front(hurried, finalists[::-1], "best-loss", 1e9)
    assert chosen.finalist is largest
    assert [one.finalist for one in front] == [one for one in finalists[::-1] if one in (largest, finalists[-1])]
    whole, same = fit_front(finalizer(recorder(), problem), finalists, "best-loss", float("inf"))
    assert [one.finalist for one in whole] == finalists
    assert same.finalist is largest
