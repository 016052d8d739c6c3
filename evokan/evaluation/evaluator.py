"""The evaluator: from the individuals of a generation to their records.

Decode -> invalid? -> seen before? -> train in cohorts -> mean over the folds -> record, in the order of the
individuals, whatever the number of workers and the order of completion. Kept between generations are numbers
and texts only.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from evokan.errors import InputError, InvalidArchitecture
from evokan.evaluation.cohorts import (
    NETWORKS_PER_COHORT,
    NETWORKS_PER_GPU_COHORT,
    Cohort,
    cut,
    one_line,
    train_cohort,
)
from evokan.evaluation.executors import Executor
from evokan.evaluation.folds import Evaluation, aggregate
from evokan.evaluation.heirs import Heirs
from evokan.evaluation.racing import promoted, rungs
from evokan.evaluation.records import Origin, Record, Status
from evokan.evaluation.worths import Worths
from evokan.problem.problem import Problem
from evokan.seeding import training_seed
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import Bits
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, TrainingJob

Draft = tuple[Record, Architecture | None]
"""A record as far as decoding tells, and the network, if there is one."""


class Candidate(Protocol):
    """What the evaluator needs to know of an individual; `evokan.evolution.Genome` is one."""

    @property
    def bits(self) -> Bits:
        """Zeros and ones, shape (layout.length,)."""

    @property
    def parents(self) -> tuple[int, ...]:
        """Ids of the parents."""

    @property
    def origin(self) -> Origin:
        """How it was made."""


class Evaluator:
    """Evaluates generation after generation of one run.

    The policy: a chromosome that decodes to no network is ``invalid``; any other fault in decoding is
    ``failed``. Of equal networks (`Architecture.key`) the first is trained, and later ones repeat its figures
    (``cached``), or its failure. A cohort that raises is split and each of its networks tried once alone;
    what raises again is ``failed``.

    Parameters
    ----------
    space, problem, budget
        What to train, on what, and how long.
    run_seed
        A network's training seeds follow from it, the space's name, the network's key and the number of the
        fold.
    executor
        Where cohorts run. The evaluator does not close it.
    on_record
        Called with every new record, in the order of ids, as soon as all records before it are complete.
    cohort_size
        Networks per cohort, at least 1; by default a number that depends on the device alone.
    race
        Train most networks on some folds only: `evokan.evaluation.racing`. Records are then complete, and so
        delivered, at the end of a generation.
    heirs
        Where given, trainings begin from what the parents learned.
    worths
        Where given, is told what the edges of every network are worth.

    Attributes
    ----------
    layout
        The meaning of the bits.
    loss_evaluations
        Loss-and-gradient evaluations spent by this object so far.
    """

    def __init__(
        self,
        space: SearchSpace,
        problem: Problem,
        budget: Budget,
        run_seed: int,
        executor: Executor,
        *,
        on_record: Callable[[Record], None] | None = None,
        cohort_size: int | None = None,
        race: bool = False,
        heirs: Heirs | None = None,
        worths: Worths | None = None,
    ) -> None:
        self.layout = space.layout(problem)
        self.loss_evaluations = 0
        self._space = space
        self._problem = problem
        self._shared = (space, problem, budget)
        self._run_seed = run_seed
        self._executor = executor
        self._on_record = on_record
        self._cohort_size = cohort_size or (NETWORKS_PER_COHORT if budget.device == "cpu" else NETWORKS_PER_GPU_COHORT)
        self._race = race
        self._heirs = heirs
        self._worths = worths
        self._first_with: dict[str, Record] = {}
        self._next_id = 0

    def remember(self, records: Iterable[Record]) -> list[Record]:
        """Take over finished records, so that equal networks are not trained again.

        Parameters
        ----------
        records
            Following those known so far, in the order of ids.

        Returns
        -------
        list
            The same records with their keys, found by decoding the chromosomes again.

        Raises
        ------
        InputError
            Ids have a gap, or a record does not fit this space and problem.
        """
        return [self._restore(record) for record in records]

    def evaluate(self, candidates: Sequence[Candidate], generation: int, known: Sequence[Record] = ()) -> list[Record]:
        """Return one record for each individual, in order.

        Parameters
        ----------
        candidates
            The whole generation.
        generation
            Its number.
        known
            Finished records of its first individuals, from a run that was interrupted: taken as they are,
            without training, and not passed to `on_record`.

        Raises
        ------
        InputError
            A known record does not belong to its individual.
        """
        drafts = [
            self._draft(candidate, generation, number)
            for number, candidate in enumerate(candidates, start=self._next_id)
        ]
        if len(known) > len(drafts):
            raise InputError(f"generation {generation} has {len(drafts)} individuals, but {len(known)} known records")
        for record, (draft, _) in zip(known, drafts, strict=False):
            if (record.generation, record.chromosome) != (generation, draft.chromosome):
                raise InputError(
                    f"record {record.id} has another chromosome or generation than the run's "
                    "settings lead to: the records or the settings were changed"
                )
        records = self.remember(known)
        networks = self._networks(drafts)
        train = self._train_in_rungs if self._race else self._train
        figures: dict[int, Evaluation] = {}

        def deliver() -> None:
            while len(records) < len(drafts):
                position = len(records)
                if position in networks and position not in figures:
                    return
                record = self._finish(drafts[position][0], figures.get(position))
                self._keep(record)
                records.append(record)
                if self._on_record is not None:
                    self._on_record(record)

        deliver()
        with closing(train(networks)) as results:
            for position, result in results:
                figures[position] = result
                if self._heirs is not None:
                    self._heirs.keep(drafts[position][0].key, result)
                if self._worths is not None:
                    self._worths.keep(drafts[position][0].key, result)
                self.loss_evaluations += result.evaluations
                deliver()
        return records

    def _draft(self, candidate: Candidate, generation: int, number: int) -> Draft:
        bits = candidate.bits
        record = Record(number, generation, self.layout.to_text(bits), candidate.parents, candidate.origin)
        try:
            architecture = self._space.decode(bits, self._problem)
            return _described(record, architecture), architecture
        except InvalidArchitecture as verdict:
            return record.replace(status="invalid", reason=one_line(verdict)), None
        except Exception as error:
            return record.replace(status="failed", reason=f"decoding: {one_line(error)}"), None

    def _networks(self, drafts: Sequence[Draft]) -> dict[int, tuple[TrainingJob, ...]]:
        """Return the jobs of each network not known yet, by the position of the first individual with it."""
        seen = set(self._first_with)
        networks: dict[int, tuple[TrainingJob, ...]] = {}
        for position, (draft, architecture) in enumerate(drafts):
            if architecture is not None and draft.key not in seen:
                seen.add(draft.key)
                jobs = [
                    TrainingJob(architecture, fold, training_seed(self._run_seed, self._space.name, draft.key, number))
                    for number, fold in enumerate(self._problem.folds)
                ]
                networks[position] = tuple(jobs if self._heirs is None else self._heirs.endow(jobs, draft.parents))
        return networks

    def _train_in_rungs(
        self, networks: dict[int, tuple[TrainingJob, ...]]
    ) -> Generator[tuple[int, Evaluation], None, None]:
        """Do the same as `_train`, but let the worse half go after every rung except the last."""
        so_far: dict[int, Evaluation] = {}
        running, begin, folds = dict(networks), 0, len(self._problem.folds)
        stop = self._shared[2].fold_stop
        for end in rungs(folds):
            losses: dict[int, float] = {}
            parts = {position: jobs[begin:end] for position, jobs in running.items()}
            with closing(self._train(parts)) as results:
                for position, part in results:
                    before = so_far[position].folds if begin else ()
                    figures = aggregate([*before, *part.folds], stop) if part.folds else part
                    if figures.reason:
                        yield position, figures
                    else:
                        so_far[position], losses[position] = figures, figures.val_loss
            stay = promoted(losses) if end < folds else set()
            for position in sorted(set(losses) - stay):
                yield position, replace(so_far[position], raced_after=end if end < folds else 0)
            running = {position: networks[position] for position in sorted(stay)}
            begin = end

    def _train(self, networks: dict[int, tuple[TrainingJob, ...]]) -> Generator[tuple[int, Evaluation], None, None]:
        """Yield the figures of each network by its position, in any order."""
        broken: list[Cohort] = []
        with closing(self._run(cut(networks, self._cohort_size))) as results:
            for cohort, result in results:
                if isinstance(result, Exception):
                    broken.append(cohort)
                else:
                    yield from zip(cohort.members, result, strict=True)
        alone = sorted((single for cohort in broken for single in cohort.split()), key=lambda c: c.members)
        with closing(self._run(alone)) as results:
            for cohort, result in results:
                if isinstance(result, Exception):
                    yield cohort.members[0], Evaluation.failed(one_line(result))
                else:
                    yield cohort.members[0], result[0]

    def _run(self, cohorts: Sequence[Cohort]) -> Generator[tuple[Cohort, list[Evaluation] | Exception], None, None]:
        if cohorts:
            with closing(self._executor.map_unordered(train_cohort, self._shared, cohorts)) as results:
                for position, result in results:
                    yield cohorts[position], result

    def _finish(self, draft: Record, figures: Evaluation | None) -> Record:
        """Complete a draft by its training, or by the equal network before it; or it is complete already."""
        if figures is not None:
            reason = figures.reason
            if figures.raced_after:
                reason = f"lost the race after {figures.raced_after} of {len(self._problem.folds)} folds"
            status: Status = "raced" if figures.raced_after else "failed" if reason else "ok"
            return draft.replace(
                status=status,
                reason=reason,
                val_loss=figures.val_loss,
                train_loss=figures.train_loss,
                val_loss_se=figures.val_loss_se,
                iterations=figures.iterations,
                seconds=figures.seconds,
            )
        if draft.status != "ok":
            return draft
        source = self._first_with[draft.key]
        return source.replace(
            id=draft.id,
            generation=draft.generation,
            chromosome=draft.chromosome,
            parents=draft.parents,
            origin=draft.origin,
            seconds=0.0,
            status="cached" if source.usable else source.status,
            reason=f"as {source.id}" if source.usable else f"{source.reason} (as {source.id})",
        )

    def _restore(self, record: Record) -> Record:
        if record.id != self._next_id:
            raise InputError(
                f"expected the record of individual {self._next_id}, got {record.id}: "
                "records are missing or out of order"
            )
        key = ""
        try:
            key = self._space.decode(self.layout.from_text(record.chromosome), self._problem).key
        except InputError as error:
            raise InputError(f"record {record.id}: {error}") from error
        except Exception as error:
            if record.usable:
                raise InputError(
                    f"record {record.id} has a loss, but its chromosome decodes to no network "
                    f"({one_line(error)}): the records or the settings were changed"
                ) from error
        restored = record.replace(key=key)
        self._keep(restored)
        return restored

    def _keep(self, record: Record) -> None:
        self._next_id = record.id + 1
        if self._heirs is not None:
            self._heirs.know(record)
        if record.key:
            self._first_with.setdefault(record.key, record)


def _described(record: Record, architecture: Architecture) -> Record:
    return record.replace(
        key=architecture.key,
        n_params=architecture.n_params,
        n_params_paper=architecture.n_params_paper,
        n_edges=architecture.n_edges,
        n_features=architecture.n_features,
        depth=architecture.depth,
        grid=architecture.grid,
    )
