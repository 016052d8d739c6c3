"""The evaluator: from the individuals of a generation to their records.

Decode -> invalid? -> seen before? -> train in cohorts -> mean over the folds -> record, in the order of the
individuals, whatever the number of workers and the order of completion. Kept between generations are numbers
and texts only.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from evokan.errors import InputError
from evokan.evaluation.candidates import Candidate, CandidateT, More
from evokan.evaluation.climbing import continued, joined
from evokan.evaluation.cohorts import one_line
from evokan.evaluation.drafts import Draft, Pending, drafted, repeated, trained
from evokan.evaluation.executors import Executor, OutOfTimeError
from evokan.evaluation.folds import Evaluation
from evokan.evaluation.heirs import Heirs
from evokan.evaluation.racing import Rung, ladder
from evokan.evaluation.records import Record
from evokan.evaluation.spending import Spending
from evokan.evaluation.trainings import Trainings
from evokan.evaluation.worths import Worths
from evokan.problem.problem import Problem
from evokan.seeding import training_seed
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import Bits
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, TrainingJob


class Evaluator:
    """Evaluates generation after generation of one run.

    The policy: a chromosome that decodes to no network, or to one that the family's budget has no room for, is
    ``invalid``; any other fault in decoding is ``failed``. Of equal networks (`Architecture.key`) the first is
    trained, and later ones repeat its figures (``cached``), or its failure.

    Parameters
    ----------
    space, problem, budget
        What to train, on what, and how long.
    run_seed
        A network's training seeds follow from it, the space's name, the network's key and the number of the
        fold.
    executor, cohort_size
        As for `evokan.evaluation.trainings.Trainings`.
    on_record
        Called with every new record, in the order of ids, as soon as all records before it are complete.
    race, cuts
        Train most networks on some folds, or on few rows, only: `evokan.evaluation.racing`. Records are then complete,
        and so delivered, at the end of a generation. Where the family can, a network begins on more rows of a fold from
        what it learned on fewer.
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
        cuts: bool = False,
        heirs: Heirs | None = None,
        worths: Worths | None = None,
    ) -> None:
        self.layout = space.layout(problem)
        self.loss_evaluations = 0
        self._space = space
        self._problem = problem
        self._trainings = Trainings(space, problem, budget, executor, cohort_size)
        self._budget = budget
        self._run_seed = run_seed
        self._on_record = on_record
        self._ladder = ladder(problem, race=race, cuts=cuts)
        self._spending = Spending(space, problem, self._ladder)
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

    def new_key(self, bits: Bits) -> str:
        """Return the key of the network of `bits`; empty where there is none, no room for it, or it is known."""
        try:
            network = self._space.decode(bits, self._problem)
        except Exception:  # will be a record's reason
            return ""
        return "" if network.key in self._first_with or self._spending.refusal(network) else network.key

    def evaluate(
        self,
        candidates: Sequence[CandidateT],
        generation: int,
        known: Sequence[Record] = (),
        more: More[CandidateT] | None = None,
    ) -> list[Record]:
        """Return one record for each individual, in order.

        Parameters
        ----------
        candidates
            The whole generation, but for what `more` adds.
        generation
            Its number.
        known
            Finished records of its first individuals, from a run that was interrupted: taken as they are,
            without training, and not passed to `on_record`.
        more
            Asked for further individuals of the generation until it has none. Where there are cuts, it is told of the
            lowest rung alone, and all race together from there.

        Raises
        ------
        InputError
            A known record does not belong to its individual.
        OutOfTimeError
            From the executor. What was trained until then is delivered before.
        """
        pending = Pending(generation, self._next_id)
        together = self._ladder[0].is_cut
        batch = candidates
        try:
            while batch:
                first = len(pending.drafts)
                entrants = self._enter(pending, batch, known if first == 0 else ())
                self._settle(pending, self._measure(0, entrants, pending))
                if not together:
                    self._settle(pending, self._climb(entrants, pending))
                told = (self._told(pending, position) for position in range(first, len(pending.drafts)))
                batch = more(batch, [*told]) if more is not None else ()
            if together:
                self._settle(pending, self._climb(pending.networks, pending))
        except OutOfTimeError:
            for position in sorted(pending.so_far.keys() - pending.figures.keys()):
                figures = pending.so_far[position]
                pending.figures[position] = replace(figures, lost=f"the time was over after {figures.lost}")
            self._deliver(pending)
            raise
        return pending.records

    def _enter(self, pending: Pending, batch: Sequence[Candidate], known: Sequence[Record]) -> dict[int, Architecture]:
        """Take individuals into a generation, and return those of their networks that nobody had before."""
        first = len(pending.drafts)
        drafts = [
            self._draft(one, pending.number, number) for number, one in enumerate(batch, pending.first_id + first)
        ]
        if len(known) > len(drafts):
            raise InputError(
                f"generation {pending.number} has {len(drafts)} individuals, but {len(known)} known records"
            )
        for record, (draft, _) in zip(known, drafts, strict=False):
            if (record.generation, record.chromosome) != (pending.number, draft.chromosome):
                raise InputError(
                    f"record {record.id} has another chromosome or generation than the run's "
                    "settings lead to: the records or the settings were changed"
                )
        pending.drafts += drafts
        pending.records += self.remember(known)
        entrants: dict[int, Architecture] = {}
        for position, (draft, network) in enumerate(drafts[len(known) :], first + len(known)):
            if network is None or draft.key in self._first_with or draft.key in pending.first_with:
                continue
            if refusal := self._spending.refusal(network):
                pending.drafts[position] = draft.replace(status="invalid", reason=refusal, key=""), None
                continue
            self._spending.spend(network)
            pending.first_with[draft.key] = position
            entrants[position] = network
        pending.networks |= entrants
        self._deliver(pending)
        return entrants

    def _draft(self, candidate: Candidate, generation: int, number: int) -> Draft:
        bits = candidate.bits
        record = Record(number, generation, self.layout.to_text(bits), candidate.parents, candidate.origin)
        return drafted(record, lambda: self._space.decode(bits, self._problem))

    def _measure(
        self, number: int, networks: Mapping[int, Architecture], pending: Pending
    ) -> Generator[tuple[int, Evaluation], None, None]:
        """Train networks as a rung says; yield those that are done with it: the failed, and on the last rung all."""
        rung = self._ladder[number]
        jobs = {
            position: self._jobs(pending.drafts[position][0], network, rung, pending.so_far.get(position))
            for position, network in networks.items()
        }
        with closing(self._trainings.train(jobs)) as results:
            for position, part in results:
                figures = joined(pending.so_far.get(position), part, rung, self._budget.fold_stop)
                if not self._ladder[0].is_cut:
                    figures = replace(figures, rows=0)
                if figures.reason or number == len(self._ladder) - 1:
                    yield position, figures
                    continue
                pending.so_far[position] = figures
                if rung.is_cut and self._worths is not None:
                    self._worths.keep(pending.drafts[position][0].key, figures)

    def _climb(
        self, networks: Mapping[int, Architecture], pending: Pending
    ) -> Generator[tuple[int, Evaluation], None, None]:
        """Let networks that the lowest rung has measured race up the others, and yield the last figures of each."""
        for number, rung in enumerate(self._ladder[:-1]):
            racing = {position: pending.so_far[position] for position in networks if position not in pending.figures}
            losses = {position: figures.val_loss for position, figures in racing.items()}
            stay = rung.promoted(losses, {position: pending.drafts[position][0].n_params for position in losses})
            for position in sorted(losses.keys() - stay):
                yield position, replace(racing[position], lost=f"lost the race after {racing[position].lost}")
            networks = {position: networks[position] for position in sorted(stay)}
            yield from self._measure(number + 1, networks, pending)

    def _jobs(
        self, draft: Record, network: Architecture, rung: Rung, before: Evaluation | None
    ) -> tuple[TrainingJob, ...]:
        keep = rung.is_cut and self._space.continues(self._problem)
        steps = max(round(self._budget.steps * rung.effort), 1) if rung.effort < 1.0 else None
        jobs = [
            TrainingJob(
                network,
                fold,
                training_seed(self._run_seed, self._space.name, draft.key, number),
                keep_weights=keep,
                steps=steps,
            )
            for number, fold in enumerate(rung.folds)
        ]
        if self._heirs is not None:
            jobs = self._heirs.endow(jobs, draft.parents)
        jobs = continued(jobs, rung, before)
        return tuple(jobs[rung.begin : rung.end])

    def _settle(self, pending: Pending, results: Generator[tuple[int, Evaluation], None, None]) -> None:
        """Take the last figures of networks, and deliver all records that are complete."""
        with closing(results):
            for position, figures in results:
                key = pending.drafts[position][0].key
                pending.figures[position] = figures
                if self._heirs is not None:
                    self._heirs.keep(key, figures)
                if self._worths is not None:
                    self._worths.keep(key, figures)
                self.loss_evaluations += figures.evaluations
                self._deliver(pending)

    def _deliver(self, pending: Pending) -> None:
        while len(pending.records) < len(pending.drafts):
            position = len(pending.records)
            if position in pending.networks and position not in pending.figures:
                return
            record = self._finished(pending, position)
            self._keep(record)
            pending.records.append(record)
            if self._on_record is not None:
                self._on_record(record)

    def _finished(self, pending: Pending, position: int) -> Record:
        """Complete a draft by its training, or by the equal network before it; or it is complete already."""
        draft = pending.drafts[position][0]
        if position in pending.figures:
            return trained(draft, pending.figures[position])
        return draft if draft.status != "ok" else repeated(draft, self._first_with[draft.key])

    def _told(self, pending: Pending, position: int) -> Record:
        """Return the record of an individual, or what the lowest rung says of it."""
        if position < len(pending.records):
            return pending.records[position]
        draft = pending.drafts[position][0]
        source = pending.first_with.get(draft.key, position)
        if source in pending.so_far:
            return trained(draft, replace(pending.so_far[source], lost=""))
        if source in pending.figures:
            return trained(draft, pending.figures[source])
        return self._finished(pending, position)

    def _restore(self, record: Record) -> Record:
        if record.id != self._next_id:
            raise InputError(
                f"expected the record of individual {self._next_id}, got {record.id}: "
                "records are missing or out of order"
            )
        key = ""
        try:
            network = self._space.decode(self.layout.from_text(record.chromosome), self._problem)
            if record.status != "invalid":  # of those some are networks that there was no room for
                key = network.key
                if key not in self._first_with:
                    self._spending.spend(network)
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
