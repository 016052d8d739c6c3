"""The whole job as one function: from settings to a finished run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evokan.errors import InputError
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import Executor
from evokan.evaluation.heirs import Heirs
from evokan.evaluation.records import Record
from evokan.evolution import Algorithm, Genome
from evokan.evolution.history import HistoryRow
from evokan.runs.directory import Checkpoint, Remains, RunDirectory
from evokan.runs.files import write_json
from evokan.runs.run import Run
from evokan.runs.sameness import EXECUTION, check_same, fixed_settings
from evokan.searching.build import make_algorithm, make_executor
from evokan.searching.interrupts import finish_first
from evokan.searching.log import RunLog
from evokan.searching.loop import State, evolve
from evokan.searching.observer import Observer, Observers
from evokan.searching.product import write_product
from evokan.settings.config import build_config
from evokan.settings.describe import describe
from evokan.settings.job import Job, default_path, prepare, resolve


def search(*, observer: Observer | None = None, config: str | Path | None = None, **settings: Any) -> Run:
    """Search for a small network that explains a data set, and return the finished run.

    Parameters
    ----------
    observer
        Is told what happens.
    config
        YAML file with settings; those given here win.
    **settings
        The long options of ``evokan search`` with underscores: `space` and `dataset` (or `data` and `target`)
        are needed. See `evokan.settings.config.SearchConfig`.

    Raises
    ------
    InputError
        A setting or the data cannot be used; nothing was written.

    Examples
    --------
    >>> run = evokan.search(space="gakan", dataset="wine", generations=5)  # doctest: +SKIP
    >>> run.best.metrics["test"]["accuracy"]  # doctest: +SKIP
    """
    job = prepare(resolve(settings, config))
    make_algorithm(job.config)
    observer = observer or Observer()
    with make_executor(job.config, observer) as executor:
        directory = RunDirectory.create(job.config.out or default_path(job.config), describe(job))
        with directory.written(), directory.lock():
            _run(job, directory, executor, observer)
    return Run(directory.path)


def resume(
    path: str | Path, *, generations: int | None = None, observer: Observer | None = None, **execution: Any
) -> Run:
    """Go on with an interrupted run, or beyond its planned end.

    Parameters
    ----------
    generations
        New total number of generations after the initial one; at least those that are done.
    observer
        Is told what happens.
    **execution
        Where to train now: `workers`, `ray`, `ray_address`, `gpus_per_task`, `cohort_timeout`, as in `search`.
        The records are the same. None or nothing goes on as the run began.

    Raises
    ------
    InputError
        There is no run, somebody else is writing it, or its data, settings or chromosome have changed since it
        began.
    """
    unknown = sorted(set(execution) - set(EXECUTION))
    if unknown:
        raise InputError(
            *(f"resume cannot change {name}: it knows generations, {', '.join(EXECUTION)}" for name in unknown)
        )
    observer = observer or Observer()
    directory = RunDirectory.open(Path(path))
    with directory.written(), directory.lock():
        stored = directory.read_config()
        elsewhere = {"ray_address": None} if execution.get("ray") is False else {}
        config = build_config(stored["settings"] | elsewhere, {"generations": generations}, execution)
        job = prepare(config, options=stored["options"])
        checkpoint = directory.read_checkpoint()
        check_same(directory.path, checkpoint.settings if checkpoint else None, stored, describe(job))
        done = checkpoint.generation if checkpoint else -1
        if config.generations < done:
            raise InputError(
                f"--generations {config.generations}: {directory.path} has {done} generations already; "
                "give a larger number"
            )
        if done < config.generations or not Run(directory.path).finished:
            # With these two, a record tells too little to go on within a generation.
            whole_only = config.race or config.inherit
            remains = directory.remains(done, done if whole_only else config.generations)
            with make_executor(config, observer) as executor:
                _run(job, directory, executor, observer, Beginning(remains, checkpoint))
    return Run(directory.path)


@dataclass(frozen=True)
class Beginning:
    """What an interrupted search goes on from.

    Attributes
    ----------
    remains
        Whole rows of the run's tables.
    checkpoint
        Where it stands; None before the first whole generation.
    """

    remains: Remains
    checkpoint: Checkpoint | None


def _run(
    job: Job, directory: RunDirectory, executor: Executor, observer: Observer, beginning: Beginning | None = None
) -> None:
    log = RunLog(directory.log)

    def stop() -> None:
        executor.stop()
        observer.on_interrupt()

    with log.recording(directory.path), directory.written(), finish_first(stop):
        if beginning is not None and beginning.remains.records:
            log.write(f"going on with {len(beginning.remains.records)} individuals that are done")
        _search(job, directory, executor, Observers(log, observer), beginning)


def _search(
    job: Job, directory: RunDirectory, executor: Executor, observer: Observer, beginning: Beginning | None
) -> None:
    config = job.config
    stored = directory.read_config()
    stored["settings"]["generations"] = config.generations
    observer.on_start(directory.path, stored)
    if not job.space.is_compiled(job.problem):
        observer.on_compile()
    job.space.prepare(job.problem)
    algorithm = make_algorithm(config)
    settings = fixed_settings(stored)

    def on_record(record: Record) -> None:
        directory.append_record(record)
        observer.on_record(record)

    def on_generation(row: HistoryRow, population: Sequence[Genome]) -> None:
        survivors = [genome.evaluated() for genome in population]
        directory.append_history(row)
        if heirs is not None:
            heirs.retain(survivors)
            directory.write_population(row.generation, heirs.to_arrays())
        directory.write_checkpoint(row.generation, [record.id for record in survivors], settings)
        directory.drop_populations(row.generation)
        observer.on_generation(row)

    heirs = Heirs(job.space, job.problem) if config.inherit else None
    evaluator = Evaluator(
        job.space, job.problem, job.budget, config.seed, executor, on_record=on_record, race=config.race, heirs=heirs
    )
    state, known = _restore(algorithm, evaluator, beginning) if beginning is not None else (State(), [])
    if heirs is not None and state.generation >= 0:
        heirs.retain(genome.evaluated() for genome in state.population)
        heirs.from_arrays(directory.read_population(state.generation))
    if beginning is not None:
        # Nothing is touched before all that is left has been read and found to fit. Until the new product is there,
        # the old one must not pass for it.
        (directory.best / "metrics.json").unlink(missing_ok=True)
        write_json(directory.config, stored)
        directory.mend(beginning.remains)
    state = evolve(
        algorithm,
        evaluator,
        state,
        seed=config.seed,
        last_generation=config.generations,
        objectives=config.front_objectives,
        reference=stored["reference_point"],
        known=known,
        on_generation=on_generation,
    )
    survivors = [genome.evaluated() for genome in state.population]
    write_product(job, directory, executor, state.records, survivors, observer)
    observer.on_end()


def _restore(algorithm: Algorithm, evaluator: Evaluator, beginning: Beginning) -> tuple[State, list[Record]]:
    """Return the state after the last whole generation, and the records of the one that was cut off."""
    records, checkpoint = list(beginning.remains.records), beginning.checkpoint
    if checkpoint is None:
        if any(record.generation > 0 for record in records):
            raise InputError(
                "evaluations.csv holds more than one generation, but there is no checkpoint.json: bring "
                "it back, or start a new run"
            )
        return State(), records
    generation, ids = checkpoint.generation, checkpoint.population
    whole = evaluator.remember(record for record in records if record.generation <= generation)
    if len(whole) != algorithm.population * (generation + 1) or not set(ids) <= set(range(len(whole))):
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
    return State(generation, population, whole), [r for r in records if r.generation > generation]
