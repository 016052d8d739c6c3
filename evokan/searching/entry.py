"""The whole job as one function: from settings to a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from evokan.errors import InputError
from evokan.evaluation.executors import Executor
from evokan.runs.directory import Checkpoint, Remains, RunDirectory
from evokan.runs.run import Run
from evokan.runs.sameness import EXECUTION, check_same
from evokan.searching import engine
from evokan.searching.build import make_algorithm, make_executor
from evokan.searching.interrupts import finish_first
from evokan.searching.log import RunLog
from evokan.searching.observer import Observer, Observers
from evokan.searching.outcome import Beginning
from evokan.searching.product import RunWriter, finish_run
from evokan.settings.describe import describe
from evokan.settings.job import Job, default_path, prepare, resolve
from evokan.settings.keywords import Execution, Settings
from evokan.settings.layers import build_config


def search(*, observer: Observer | None = None, config: str | Path | None = None, **settings: Unpack[Settings]) -> Run:
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
    path: str | Path,
    *,
    generations: int | None = None,
    observer: Observer | None = None,
    **execution: Unpack[Execution],
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
                beginning = _beginning(directory, remains, checkpoint, config.inherit)
                _run(job, directory, executor, observer, remains, beginning)
    return Run(directory.path)


def _run(
    job: Job,
    directory: RunDirectory,
    executor: Executor,
    observer: Observer,
    remains: Remains | None = None,
    beginning: Beginning | None = None,
) -> None:
    log = RunLog(directory.log)

    def stop() -> None:
        executor.stop()
        observer.on_interrupt()

    with log.recording(directory.path), directory.written(), finish_first(stop):
        if beginning is not None and beginning.records:
            log.write(f"going on with {len(beginning.records)} individuals that are done")
        stored = directory.read_config()
        stored["settings"]["generations"] = job.config.generations
        everybody = Observers(RunWriter(directory, stored, remains), log, observer)
        engine.search(job, executor, everybody, path=directory.path, description=stored, beginning=beginning)
        finish_run(directory.path, job.config.formula_seconds, everybody)
        everybody.on_end()


def _beginning(directory: RunDirectory, remains: Remains, checkpoint: Checkpoint | None, inherit: bool) -> Beginning:
    if checkpoint is None:
        return Beginning(remains.records)
    learned = directory.read_population(checkpoint.generation) if inherit else {}
    return Beginning(remains.records, checkpoint.generation, checkpoint.population, learned)
