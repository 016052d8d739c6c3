"""From the last generation to the product: the front trained again, one member chosen, fitted and tested once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

import numpy as np

from evokan.arrays import IntArray
from evokan.evaluation.executors import Executor, OutOfTimeError
from evokan.evaluation.folds import Evaluation, aggregate
from evokan.evaluation.records import Record
from evokan.problem.metrics import Figures
from evokan.problem.problem import Problem
from evokan.searching.choice import FrontMember, choose
from evokan.searching.clock import Timed
from evokan.searching.judged import Judged, figures_of, mean_figures
from evokan.searching.second import ALONE, Second
from evokan.seeding import derive_seed, training_seed
from evokan.spaces.architecture import Architecture, Weights
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, Trained, TrainingJob

FRESH_SEEDS = 5
MOST_REFERENCE_WORK = 10**8
"""Edges times rows: a minute or so of one core for five folds."""
SEEDS_OF_EQUATION = 2
"""A residual at points held out flatters no network, so that few trainings tell enough."""
LONGER_FIT = 4
"""Times as long as in the search is the final fit of an equation, where time is not limited: a residual has no noise
that could be learned."""


@dataclass(frozen=True)
class Finalist:
    """A front member with what its fresh trainings say about the final fit.

    Attributes
    ----------
    member
        Record, mean and spread of the loss.
    architecture
        The network.
    seed
        The fresh seed with the lowest mean loss over the folds; the final fit starts from it.
    iterations
        How long the final fit goes on: to where the folds stopped with that seed (`Evaluation.iterations`), or some
        times as far.
    """

    member: FrontMember
    architecture: Architecture
    seed: int
    iterations: int


def longer_fit(problem: Problem, *, limited: bool) -> int:
    """Return how many times as long as a training of the search a final fit takes; in `limited` time no longer."""
    return LONGER_FIT if problem.task.is_equation and not limited else 1


def choose_finalist(finalists: Sequence[Finalist], rule: str) -> Finalist:
    """Return the finalist that a rule of ``--choose`` takes from a front: see `evokan.searching.choice.choose`."""
    member = choose([finalist.member for finalist in finalists], rule)
    return next(finalist for finalist in finalists if finalist.member is member)


def train_jobs(space: SearchSpace, problem: Problem, budget: Budget, jobs: tuple[TrainingJob, ...]) -> list[Trained]:
    """Train the jobs of one network; the unit of work of this module."""
    return list(space.train(jobs, problem, budget))


class Finalizer:
    """Trains front members outside of the evolution.

    Parameters
    ----------
    space, problem, budget, executor
        As for the evaluator.
    run_seed
        The fresh seeds follow from it and from the network.
    refit
        ``development``: the final fit uses train and validation rows together and stops where the folds
        did; ``holdout``: it uses the train rows and stops by the validation rows; ``none``: the network is the one
        that the search trained on its single hold-out, and nothing is trained from fresh seeds.
    second
        Who is asked for figures.
    longer
        How many times as long as a training of the search a final fit takes, at least 1.
    """

    def __init__(
        self,
        space: SearchSpace,
        problem: Problem,
        budget: Budget,
        executor: Executor,
        run_seed: int,
        refit: str,
        second: Second = ALONE,
        longer: int = 1,
    ) -> None:
        self._space = space
        self._problem = problem
        self._shared = (space, problem, budget)
        self._stop = budget.fold_stop
        self._longer = longer
        self._steps = budget.steps
        self._fresh = SEEDS_OF_EQUATION if problem.task.is_equation else FRESH_SEEDS
        self._executor = executor
        self._run_seed = run_seed
        self._refit = refit
        self._second = second

    def retrain(
        self,
        front: Sequence[Record],
        on_done: Callable[[int], None] | None = None,
        seconds: float = float("inf"),
    ) -> list[Finalist]:
        """Train every network from fresh seeds; one whose trainings all fail is left out.

        Each seed goes with a cut of the development rows of its own, so that a network which suits the search's
        folds by luck is found out; of many rows (`Problem.judged_on`) with one fold of it, and the standard error is
        that over the seeds. A single hold-out stays as it is. `on_done` is told how many are done. With
        `seconds`, all networks are trained from their first seed before any from its second, the first ones first: what
        is not done then is left out, and all that are left count with as many seeds. The first training is waited for.
        """
        layout = self._space.layout(self._problem)
        networks = [self._space.decode(layout.from_text(record.chromosome), self._problem) for record in front]
        if self._refit == "none":
            return [
                Finalist(FrontMember(record, record.val_loss, 0.0), network, self._own_seed(network), 0)
                for record, network in zip(front, networks, strict=True)
            ]
        cuts = [self._problem.refold(derive_seed(self._run_seed, "folds", i)) for i in range(self._fresh)]
        tries = [
            tuple(TrainingJob(network, fold, seed) for fold in folds)
            for network in networks
            for seed, folds in zip(self._seeds(network), cuts, strict=True)
        ]
        # A network in one piece, but where the time may be over in between.
        groups: list[list[int]] = [[*range(i, i + self._fresh)] for i in range(0, len(tries), self._fresh)]
        if np.isfinite(seconds):
            groups = [[i] for i in sorted(range(len(tries)), key=lambda i: i % self._fresh)]
        tell = None if on_done is None else (lambda n: on_done(n * len(networks) // len(groups)))
        results = self._run([tuple(chain(*(tries[i] for i in group))) for group in groups], tell, seconds)
        figures_of: dict[int, Evaluation] = {}
        for group, trained in zip(groups, results, strict=True):
            folds = len(trained) // len(group)
            if folds:
                for place, i in enumerate(group):
                    figures_of[i] = aggregate(trained[place * folds : (place + 1) * folds], self._stop)
        found = [
            [
                (figures_of[i], tries[i][0].seed)
                for i in range(n * self._fresh, (n + 1) * self._fresh)
                if i in figures_of
            ]
            for n in range(len(networks))
        ]
        fewest = min((len(done) for done in found if done), default=0)
        finalists = []
        for record, network, done in zip(front, networks, found, strict=True):
            good = [(figures, seed) for figures, seed in done[:fewest] if not figures.reason]
            if good:
                losses = np.array([figures.val_loss for figures, _ in good])
                best, seed = min(good, key=lambda pair: pair[0].val_loss)
                spread = float(losses.std(ddof=1)) if len(losses) > 1 else 0.0
                # That of one seed is rough, and of the best one too small: five folds are few to tell a spread.
                error = float(np.sqrt(np.mean([figures.val_loss_se**2 for figures, _ in good])))
                if len(self._problem.judged_on) < len(self._problem.folds):
                    error = spread / len(good) ** 0.5
                member = FrontMember(record, float(losses.mean()), spread, error, _fold_losses(done))
                finalists.append(Finalist(member, network, seed, best.iterations * self._longer))
        return finalists

    def fit(self, finalists: Sequence[Finalist], seconds: float = float("inf")) -> list[Trained]:
        """Return the final training of each, with weights; without them what is not done after `seconds`.

        The first one is waited for.
        """
        groups = []
        for finalist in finalists:
            if self._refit == "development":
                job = TrainingJob(
                    finalist.architecture,
                    self._problem.whole,
                    finalist.seed,
                    iterations=max(finalist.iterations, 1),
                    keep_weights=True,
                )
            else:
                job = TrainingJob(
                    finalist.architecture,
                    self._problem.hold_out,
                    finalist.seed,
                    steps=self._steps * self._longer if self._longer > 1 else None,
                    keep_weights=True,
                )
            groups.append((job,))
        late = Trained.failed("not done within the time limit")
        return [results[0] if results else late for results in self._run(groups, seconds=seconds)]

    def reference_losses(self) -> dict[str, float]:
        """Return the validation loss of the family's hand-made networks, by label.

        Failed ones are left out, and those of so many edges that on so many rows they would take longer than a search.
        """
        rows = len(self._problem.development)
        references = {
            label: network
            for label, network in self._space.reference_architectures(self._problem).items()
            if network.n_edges * rows <= MOST_REFERENCE_WORK
        }
        groups = [
            tuple(TrainingJob(network, fold, self._seeds(network)[0]) for fold in self._problem.judged_on)
            for network in references.values()
        ]
        figures = [aggregate(results, self._stop) for results in self._run(groups)]
        return {label: found.val_loss for label, found in zip(references, figures, strict=True) if not found.reason}

    def figures(self, finalist: Finalist, weights: Weights, *parts: IntArray) -> tuple[list[Figures], Figures]:
        """Return the figures of the fitted network on the rows of each part, and those of validation.

        The latter are the mean over the folds of the figures on rows that the fold did not train on. Folds that stop at
        a common iteration are judged there; otherwise each at its lowest loss.
        """
        fitted = [Judged(finalist.architecture, weights, rows) for rows in parts]
        found = self._judge([*fitted, *self._on_folds(finalist)])
        return found[: len(parts)], mean_figures(found[len(parts) :])

    def metrics(self, architecture: Architecture, weights: Weights, rows: IntArray) -> Figures:
        """Return the figures of a trained network on `rows`; each is None where there are none."""
        return self._judge([Judged(architecture, weights, rows)])[0]

    def _judge(self, networks: list[Judged]) -> list[Figures]:
        return self._second.ask(figures_of, self._space, self._problem, networks).result()

    def _on_folds(self, finalist: Finalist) -> list[Judged]:
        """Return the network as each fold trains it, with the rows that the fold did not train on."""
        together = self._stop == "common" and len(self._problem.judged_on) > 1
        iterations = max(finalist.iterations, 1) if together else None
        jobs = [
            TrainingJob(finalist.architecture, fold, finalist.seed, iterations, keep_weights=True)
            for fold in self._problem.judged_on
        ]
        return [
            Judged(finalist.architecture, trained.weights, job.fold.validation)
            for job, (trained,) in zip(jobs, self._run([(job,) for job in jobs]), strict=True)
            if trained.weights is not None
        ]

    def _own_seed(self, network: Architecture) -> int:
        """Return the seed that the search trained a network with on its first fold."""
        return training_seed(self._run_seed, self._space.name, network.key, 0)

    def _seeds(self, network: Architecture) -> list[int]:
        return [derive_seed(self._run_seed, self._space.name, network.key, "fresh", i) for i in range(self._fresh)]

    def _run(
        self,
        groups: Sequence[tuple[TrainingJob, ...]],
        on_done: Callable[[int], None] | None = None,
        seconds: float = float("inf"),
    ) -> list[list[Trained]]:
        """Return the results of the jobs of each group; none for one that is not done after `seconds`."""
        results: list[list[Trained]] = [[] for _ in groups]
        if not groups:
            return results
        executor = Timed(self._executor, seconds) if np.isfinite(seconds) else self._executor
        with suppress(OutOfTimeError):
            for done, (position, outcome) in enumerate(executor.map_unordered(train_jobs, self._shared, groups), 1):
                if on_done is not None:
                    on_done(done)
                if isinstance(outcome, Exception):
                    results[position] = [Trained.failed(str(outcome)) for _ in groups[position]]
                else:
                    results[position] = outcome
        return results


def _fold_losses(done: Sequence[tuple[Evaluation, int]]) -> tuple[tuple[float, ...], ...]:
    """Return the loss of every training, a row for each seed; one row of all where each has one fold of its own."""
    folds = max(len(figures.folds) for figures, _ in done)
    rows = tuple(
        tuple(float(fold.val_loss) for fold in figures.folds) if figures.folds else (np.nan,) * folds
        for figures, _ in done
    )
    return rows if folds > 1 else (tuple(row[0] for row in rows if row),)
