"""A search without a disk: a job goes in, an outcome comes out, an observer is told on the way.

`search` is the whole of it. Its parts can be had alone: `evolve` runs the generations, `retrain` looks at the best
networks once more, `finish` chooses one and tests it; `evaluate` trains given chromosomes and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokan.errors import InputError, TrainingFailed
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import Executor, OutOfTimeError
from evokan.evaluation.heirs import Heirs
from evokan.evaluation.racing import ladder
from evokan.evaluation.records import Record
from evokan.evaluation.worths import Worths
from evokan.evolution import Algorithm, Genome
from evokan.evolution.history import HistoryRow
from evokan.searching import loop
from evokan.searching.beside import baselines_of, compared, compared_with
from evokan.searching.build import make_algorithm
from evokan.searching.choice import finalist_records, front_of
from evokan.searching.clock import Clock, Timed
from evokan.searching.finalists import Finalist, Finalizer, longer_fit
from evokan.searching.fits import fit_front
from evokan.searching.observer import EnoughError, Observer
from evokan.searching.outcome import Beginning, Evolution, Fitted, Outcome, Standing
from evokan.searching.plan import affordable, finalist_seconds, fit_seconds, plan, references_fit, search_seconds
from evokan.searching.proposals import FamilyProposals
from evokan.searching.renewal import Renewal
from evokan.searching.second import ALONE, Second
from evokan.settings.describe import describe, reference_point
from evokan.settings.job import Job
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.threads import single_threaded_math

if TYPE_CHECKING:
    from evokan.problem.baselines import Figures


def search(
    job: Job,
    executor: Executor,
    observer: Observer | None = None,
    *,
    path: Path | None = None,
    description: Mapping[str, Any] | None = None,
    beginning: Beginning | None = None,
    clock: Clock | None = None,
    second: Second = ALONE,
) -> Outcome:
    """Run a whole search, and write nothing.

    Parameters
    ----------
    executor
        Where networks are trained. It is not closed.
    observer
        Is told of everything but the end.
    path
        Folder that an observer keeps the run in, if there is one; only told to observers.
    description
        What `evokan.settings.describe.describe` says of the job; by default it is asked.
    beginning
        What an interrupted search goes on from.
    clock
        Where it has a limit, generations, finalists and baselines end in time for formula and pictures.
    second
        Who is asked for baselines and figures.

    Raises
    ------
    InputError
        The clock's limit is too short.
    TrainingFailed
        No network of the whole search could be trained.
    """
    observer, clock = observer or Observer(), clock or Clock()
    description = describe(job) if description is None else description
    observer.on_start(path, dict(description))
    prepare(job, observer)
    if clock.limit is not None:
        job = plan(job, clock, product=path is not None, begins=path is None and beginning is None)
        observer.on_plan(clock.plan)
    second.ask(job.space.prepare, job.problem)
    with baselines_of(job.problem, job.config.split_seed, compared_with(job), clock, second) as baselines:
        observer.on_stage("search")
        reference = description["reference_point"]
        evolution = evolve(job, executor, observer, reference=reference, beginning=beginning, clock=clock)
        return finish(job, evolution, executor, observer, baselines, clock, second)


def remembers(job: Job) -> bool:
    """Return whether the next generation follows from more than the records of this one (`Standing.learned`)."""
    moves = job.space.moves if job.config.algorithm != "random" and job.config.move_rate else {}
    return job.config.inherit or bool(moves)


def prepare(job: Job, observer: Observer) -> None:
    """Compile or load what trainings need."""
    if not job.space.is_compiled(job.problem):
        observer.on_compile()
    job.space.prepare(job.problem)


def evolve(
    job: Job,
    executor: Executor,
    observer: Observer | None = None,
    *,
    algorithm: Algorithm | None = None,
    objectives: Sequence[str] | None = None,
    reference: Mapping[str, float] | None = None,
    beginning: Beginning | None = None,
    clock: Clock | None = None,
) -> Evolution:
    """Run all generations of a job whose kernels are compiled.

    Parameters
    ----------
    algorithm
        Takes the place of the one that the settings name.
    objectives, reference
        Of the front in the history, and the reference point of its hypervolume; those of the job by default.
    clock
        Where its time is over, the generation that has begun stays incomplete.
    """
    observer, clock = observer or Observer(), clock or Clock()
    config = job.config
    algorithm = algorithm or make_algorithm(config)
    folds = len(ladder(job.problem, race=config.race, cuts=True)[-1].folds)
    heirs = Heirs(job.space, job.problem, folds) if config.inherit else None
    worths = Worths()
    proposals = FamilyProposals(job.space, job.problem, worths)
    fresh: list[Record] = []

    def on_record(record: Record) -> None:
        fresh.append(record)
        observer.on_record(record)

    limited = clock.limit is not None
    evaluator = Evaluator(
        job.space,
        job.problem,
        job.budget,
        config.seed,
        Timed(executor, search_seconds(clock)) if limited else executor,
        on_record=on_record,
        cohort_size=1 if limited and job.budget.device == "cpu" else None,
        race=config.race,
        cuts=True,
        heirs=heirs,
        worths=worths,
    )
    state, known = loop.State(), list[Record]()
    if beginning is not None:
        state, known = _restore(algorithm, evaluator, beginning)
        standing = [genome.evaluated() for genome in state.population]
        worths.from_arrays(beginning.learned, standing)
        if heirs is not None and state.generation >= 0:
            heirs.retain(standing)
            heirs.from_arrays(beginning.learned)
        # Nothing is touched before all that is left has been read and found to fit.
        observer.on_restored(beginning)
    history: list[HistoryRow] = []
    before = [*state.records, *(_with_key(job, evaluator.layout, record) for record in known)]
    survivors = tuple(genome.evaluated() for genome in state.population)

    def on_generation(row: HistoryRow, population: Sequence[Genome]) -> None:
        nonlocal survivors
        survivors = tuple(genome.evaluated() for genome in population)
        if heirs is not None:
            heirs.retain(survivors)
        worths.retain(survivors)
        learned = None
        if remembers(job):
            learned = worths.to_arrays(survivors) | ({} if heirs is None else heirs.to_arrays())
        history.append(row)
        observer.on_standing(Standing(row, survivors, learned, evaluator.loss_evaluations))
        observer.on_generation(row)

    whole = False
    with suppress(OutOfTimeError, EnoughError):
        loop.evolve(
            algorithm,
            evaluator,
            state,
            seed=config.seed,
            last_generation=config.generations,
            objectives=config.front_objectives if objectives is None else objectives,
            reference=reference_point(job, evaluator.layout, objectives) if reference is None else reference,
            known=known,
            proposals=proposals,
            on_generation=on_generation,
            settle=config.settle,
            renew=Renewal(evaluator, config.seed) if job.space.renews else None,
        )
        whole = True
    records = (*before, *fresh)
    clock.note("search", networks=len(records), whole=whole)
    return Evolution(records, survivors, tuple(history), evaluator.loss_evaluations)


def evaluate(
    job: Job, chromosomes: Sequence[Bits], executor: Executor, on_record: Callable[[Record], None] | None = None
) -> list[Record]:
    """Return the records of `chromosomes` as generation 0, in order; of a job whose kernels are compiled."""
    evaluator = Evaluator(job.space, job.problem, job.budget, job.config.seed, executor, on_record=on_record)
    return evaluator.evaluate([Genome(bits) for bits in chromosomes], 0)


def finalizer(
    job: Job, executor: Executor, refit: str | None = None, second: Second = ALONE, longer: int = 1
) -> Finalizer:
    """Return what trains finalists; `refit` takes the place of the job's rule for the final fit."""
    config = job.config
    rule = refit or config.refit
    return Finalizer(job.space, job.problem, job.budget, executor, config.seed, rule, second, longer)


def retrain(
    job: Job,
    evolution: Evolution,
    trainer: Finalizer,
    observer: Observer | None = None,
    clock: Clock | None = None,
) -> list[Finalist]:
    """Train what is worth a second look from fresh seeds, and return the front of it, lowest mean loss first.

    Raises
    ------
    TrainingFailed
        No network of the whole search could be trained.
    """
    objectives = job.config.front_objectives
    candidates = finalist_records(evolution.records, evolution.survivors, objectives)
    if not candidates:
        raise TrainingFailed("no network of this search could be trained: see the reasons in evaluations.csv")
    observer, clock = observer or Observer(), clock or Clock()
    if clock.limit is not None:
        candidates = affordable(candidates, job.problem, clock)
    total = len(candidates)
    observer.on_stage(f"finalists: training {total} networks again with fresh seeds")
    again = trainer.retrain(candidates, lambda done: observer.on_finalist(done, total), finalist_seconds(clock))
    clock.note("finalists", done=len(again), of=total)
    front = front_of([finalist.member for finalist in again], objectives)
    return [next(finalist for finalist in again if finalist.member is member) for member in front]


def finish(
    job: Job,
    evolution: Evolution,
    executor: Executor,
    observer: Observer,
    baselines: Callable[[], Mapping[str, Figures]],
    clock: Clock,
    second: Second = ALONE,
) -> Outcome:
    """Train the front again, fit it, choose one member and test it once.

    Parameters
    ----------
    baselines
        Returns what the network is compared with: `evokan.searching.beside.baselines_of`.
    clock
        Where its time is over, finalists that are not done are left out.

    Raises
    ------
    TrainingFailed
        No network could be trained, or none again with fresh seeds.
    """
    longer = longer_fit(job.problem, limited=clock.limit is not None)
    trainer = finalizer(job, executor, second=second, longer=longer)
    finalists = retrain(job, evolution, trainer, observer, clock)
    observer.on_stage(f"final fit: {len(finalists)} networks of the front")
    front, chosen = fit_front(trainer, finalists, job.config.choose, fit_seconds(clock))
    observer.on_front(job, front, chosen)
    # Threads of the libraries would wait for each other more than they work, and change the order of sums.
    with single_threaded_math():
        figures = _figures(job, trainer, chosen)
        observer.on_stage("baselines")
        figures |= {"baselines": compared(job, baselines)}
        figures |= {"references": trainer.reference_losses() if references_fit(clock) else {}}
    observer.on_figures(figures)
    return Outcome(job, evolution, front, chosen, figures)


def _restore(algorithm: Algorithm, evaluator: Evaluator, beginning: Beginning) -> tuple[loop.State, list[Record]]:
    """Return the state after the last whole generation, and the records of the one that was cut off."""
    records, generation, ids = list(beginning.records), beginning.generation, beginning.population
    if generation < 0:
        if any(record.generation > 0 for record in records):
            raise InputError(
                "evaluations.csv holds more than one generation, but there is no checkpoint.json: bring "
                "it back, or start a new run"
            )
        return loop.State(), records
    whole = evaluator.remember(record for record in records if record.generation <= generation)
    sizes = Counter(record.generation for record in whole)
    full = all(sizes[number] == algorithm.population for number in range(1, generation + 1))
    if not full or sizes[0] < algorithm.population or not set(ids) <= set(range(len(whole))):
        raise InputError(
            f"evaluations.csv does not hold the {generation + 1} whole generations of checkpoint.json: "
            "bring the whole file back, or start a new run"
        )
    survivors = [whole[number] for number in ids]
    population = [
        Genome(evaluator.layout.from_text(record.chromosome), parents=record.parents, origin=record.origin)
        for record in survivors
    ]
    algorithm.grade(population, survivors)
    return loop.State(generation, population, whole), [r for r in records if r.generation > generation]


def _with_key(job: Job, layout: ChromosomeLayout, record: Record) -> Record:
    """Return a record as `Evaluator.remember` will: equal networks are told by their key, which no table holds."""
    if not record.usable:
        return record
    return record.replace(key=job.space.decode(layout.from_text(record.chromosome), job.problem).key)


def _figures(job: Job, trainer: Finalizer, chosen: Fitted) -> dict[str, Any]:
    """Return the figures of the chosen network: it meets the test rows here, once."""
    problem = job.problem
    network, weights = chosen.finalist.architecture, chosen.weights
    fitted_on = problem.development if job.config.refit == "development" else problem.train
    (train, test), validation = trainer.figures(chosen.finalist, weights, fitted_on, problem.test)
    return {
        "train": train,
        "validation": validation,
        "test": test,
        "n_params": network.n_params,
        "n_params_paper": network.n_params_paper,
        "n_edges": network.n_edges,
        "n_features": network.n_features,
        "depth": network.depth,
    }
