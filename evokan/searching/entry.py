"""The whole job as one function: from settings to a finished run."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Unpack

from evokan.errors import InputError, reason
from evokan.evaluation.executors import Executor
from evokan.reports.html import write_report
from evokan.runs.checkpoint import Checkpoint, Remains
from evokan.runs.directory import RunDirectory
from evokan.runs.points import read_kept, write_points
from evokan.runs.run import Run, load_run
from evokan.runs.sameness import check_data_file, check_same, cluster_of, completed, equation_of, same_job
from evokan.searching import engine
from evokan.searching.ahead import load_ahead
from evokan.searching.build import make_algorithm, make_executor
from evokan.searching.callbacks import AnyCallback, observers
from evokan.searching.clock import Clock
from evokan.searching.interrupts import finish_first
from evokan.searching.log import RunLog
from evokan.searching.notebook import NotebookProgress, in_notebook
from evokan.searching.observer import Observer, Observers
from evokan.searching.outcome import Beginning, Outcome
from evokan.searching.plan import plan
from evokan.searching.product import ClockWriter, RunWriter, finish_run
from evokan.searching.second import second_for
from evokan.settings.describe import describe, describe_rungs
from evokan.settings.given import with_files
from evokan.settings.job import Job, default_paths, prepare, resolve
from evokan.settings.keywords import EXECUTION, Execution, Settings
from evokan.settings.layers import build_config


def search(
    *,
    observer: Observer | None = None,
    callbacks: Sequence[AnyCallback] | None = None,
    config: str | Path | None = None,
    timeout: float | None = None,
    began: float | None = None,
    second: bool = False,
    **settings: Unpack[Settings],
) -> Run:
    """Search for a small network that explains a data set, and return the finished run.

    Parameters
    ----------
    observer
        Is told what happens; by default a notebook shows how far the search is.
    callbacks
        Functions that are called after each generation, and objects (`evokan.Callback`) that are called at other
        boundaries as well: one that returns True ends the search, `evokan.StopSearch` leaves it.
    config
        YAML file with settings; those given here win.
    timeout
        The same as `time_limit`: seconds until the run is finished, with the best so far.
    began
        When the time began, as `time.perf_counter` tells; by default with the call.
    second
        Whether a second process may help, as on the command line (`evokan.searching.second`): a short search is over
        sooner, and gives the same. It does not know what was changed in this one.
    **settings
        The long options of ``evokan search`` with underscores: `space` and `dataset` (or `data` and `target`)
        are needed. See `evokan.settings.config.SearchConfig`. `data`, `test_data` and `val_data` may be rows instead of
        paths: a frame (pandas, polars, Arrow) with the target among its columns, or a pair (X, y), which needs no
        `target`. Rows are kept in the run's folder (``data.feather``), so it can be resumed and read without them.

    Raises
    ------
    InputError
        A setting or the data cannot be used; nothing was written.

    Examples
    --------
    >>> run = evokan.search(space="gakan", dataset="wine", generations=5)  # doctest: +SKIP
    >>> run.best.metrics["test"]["accuracy"]  # doctest: +SKIP
    """
    began = time.perf_counter() if began is None else began
    if timeout is not None:
        settings["time_limit"] = timeout
    given, kept = with_files(settings)
    job = prepare(resolve(given, config), kept=kept)
    make_algorithm(job.config)
    observer = _everybody(observer, callbacks)
    description = describe(job)
    out = job.config.out
    if out is not None and _is_beginning_of(RunDirectory(out), description):
        run = Run(out)
        if job.config.time_limit and run.finished and run.config["settings"].get("time_limit") == job.config.time_limit:
            return load_run(out)
        execution: Any = {name: getattr(job.config, name) for name in EXECUTION}
        return resume(out, equation=job.config.equation, observer=observer, second=second, **execution)
    return keep(job, observer, Clock(job.config.time_limit or None, began=began), description, second=second)[0]


def _everybody(observer: Observer | None, callbacks: Sequence[AnyCallback] | None) -> Observer:
    """Return who is told: the observer, or a notebook, and the callbacks last, since one of them may end the search."""
    shown = [observer] if observer is not None else [NotebookProgress()] if in_notebook() else []
    return Observers(*shown, *observers(callbacks))


def keep(
    job: Job,
    observer: Observer,
    clock: Clock,
    description: dict[str, Any] | None = None,
    *,
    second: bool = False,
) -> tuple[Run, Outcome]:
    """Run a whole search in a new folder, that of the settings or one of its own.

    Parameters
    ----------
    description
        What `evokan.settings.describe.describe` says of the job; by default it is asked.
    second
        As in `search`.

    Raises
    ------
    InputError
        The folder is taken or the clock's limit too short; nothing was written.
    """
    description = describe(job) if description is None else description
    if clock.limit is not None:
        # Before there is a folder: a limit that is too short leaves nothing behind.
        engine.prepare(job, observer)
        job = plan(job, clock, begins=True)
        description = {**description, **describe_rungs(job)}
    with make_executor(job.config, observer) as executor:
        directory = _folder(job, description)
        with directory.written(), directory.lock():
            outcome = _run(job, directory, executor, observer, clock, helped=second)
    return Run(directory.path), outcome


def _folder(job: Job, description: dict[str, Any]) -> RunDirectory:
    """Return a run in the folder named, or in one that nobody else has taken, whoever else is looking for one."""
    if job.config.out is not None:
        return RunDirectory.create(job.config.out, description, kept=job.kept)
    for path in default_paths(job.config):
        with suppress(FileExistsError):
            return RunDirectory.create(path, description, own=True, kept=job.kept)
    raise AssertionError("there is always one more number")


def _is_beginning_of(directory: RunDirectory, description: Mapping[str, Any]) -> bool:
    """Return whether a folder holds a run of the same settings and data and nothing else: a repeated command."""
    try:
        if not directory.path.is_dir() or not directory.vault.has(directory.config):
            return False
    except OSError as error:
        raise InputError(f"--out {directory.path}: cannot be read ({reason(error)})") from error
    stored = directory.read_config()
    return not directory.foreign_files() and same_job(stored, description)


def resume(
    path: str | Path,
    *,
    generations: int | Literal["auto"] | None = None,
    equation: str | Path | None = None,
    observer: Observer | None = None,
    callbacks: Sequence[AnyCallback] | None = None,
    second: bool = False,
    **execution: Unpack[Execution],
) -> Run:
    """Go on with an interrupted run, or beyond its planned end.

    Parameters
    ----------
    generations
        New total number of generations after the initial one; at least those that are done. "auto" goes on until
        the front has come to rest.
    equation
        File of the equation that the run was searched on, where it was one of the user's own: code is never taken from
        a run.
    observer, callbacks, second
        As in `search`.
    **execution
        Where to train now and what else is done: `workers`, `ray`, `ray_address`, `gpus_per_task`, `cohort_timeout`,
        `baselines`, `time_limit`, `report`, `picture_format`, as in `search`. The records are the same. None or nothing
        goes on as the run began, and a time limit counts what the run has used. A report that is missing is made again.

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
    began = time.perf_counter()
    observer = _everybody(observer, callbacks)
    directory = RunDirectory.open(Path(path))
    with directory.written(), directory.lock():
        stored = directory.read_config()
        run = Run(directory.path)
        damages = run.damages()
        if damages:
            raise InputError(*damages)
        if "format" not in stored:
            run.warn_unchecked()
        settings = completed(stored["settings"]) | cluster_of(directory.path, stored["settings"], execution)
        settings |= equation_of(directory.path, stored, equation)
        config = build_config(settings, {"generations": generations}, execution)
        check_data_file(directory.path, stored)
        job = prepare(config, options=stored["options"], kept=read_kept(directory, stored))
        job = job.with_first_rung(stored.get("first_rung", 0))
        checkpoint = directory.read_checkpoint()
        check_same(directory.path, checkpoint.settings if checkpoint else None, stored, describe(job))
        done = checkpoint.generation if checkpoint else -1
        if config.generations < done:
            raise InputError(
                f"--generations {config.generations}: {directory.path} has {done} generations already; "
                "give a larger number"
            )
        rests = run.finished and config.settle > 0
        if (done < config.generations and not rests) or not run.finished:
            clock = Clock(config.time_limit or None, _used(stored), began)
            if clock.left <= 0:
                raise InputError(
                    f"--time-limit {config.time_limit:g}: {directory.path} has used {clock.used:.0f} s; give more, or "
                    "0 for no limit"
                )
            # With these, a record tells too little to go on within a generation.
            whole_only = bool(config.race or job.problem.cuts or engine.remembers(job) or (done < 0 and job.descends))
            remains = directory.remains(done, done if whole_only else config.generations)
            with make_executor(config, observer) as executor:
                _run(job, directory, executor, observer, clock, remains, checkpoint, helped=second)
        elif config.report and not directory.vault.has(directory.report):
            write_report(run)
    return Run(directory.path)


def _used(stored: Mapping[str, Any]) -> float:
    """Return the seconds that a run says it has used; 0 where it had no limit."""
    clock = stored.get("clock")
    used = clock.get("used") if isinstance(clock, Mapping) else None
    return max(float(used), 0.0) if isinstance(used, int | float) and math.isfinite(used) else 0.0


def _run(
    job: Job,
    directory: RunDirectory,
    executor: Executor,
    observer: Observer,
    clock: Clock,
    remains: Remains | None = None,
    checkpoint: Checkpoint | None = None,
    *,
    helped: bool = False,
) -> Outcome:
    log = RunLog(directory.log)

    def stop() -> None:
        executor.stop()
        observer.on_interrupt()

    with (
        log.recording(directory.path),
        directory.written(),
        finish_first(stop),
        second_for(job, clock, wanted=helped) as second,
    ):
        beginning = None if remains is None else _beginning(directory, remains, checkpoint, engine.remembers(job))
        if beginning is not None and beginning.records:
            log.write(f"going on with {len(beginning.records)} individuals that are done")
        if not directory.vault.has(directory.points):
            write_points(directory, job.problem.table)
        stored = directory.read_config()
        stored["settings"]["generations"] = job.config.generations
        stored["settings"]["settle"] = job.config.settle
        stored["settings"]["time_limit"] = job.config.time_limit
        stored["settings"]["report"] = job.config.report
        stored["settings"]["picture_format"] = job.config.picture_format
        if not second.there:
            load_ahead()
        timed = [ClockWriter(directory, stored, clock)] if clock.limit is not None else []
        everybody = Observers(RunWriter(directory, stored, remains, second), *timed, log, observer)
        outcome = engine.search(
            job,
            executor,
            everybody,
            path=directory.path,
            description=stored,
            beginning=beginning,
            clock=clock,
            second=second,
        )
        finish_run(directory.path, job.config.formula_seconds, everybody, clock, second)
        everybody.on_end()
    return outcome


def _beginning(directory: RunDirectory, remains: Remains, checkpoint: Checkpoint | None, learned: bool) -> Beginning:
    if checkpoint is None:
        return Beginning(remains.records)
    arrays = directory.read_population(checkpoint.generation) if learned else {}
    return Beginning(remains.records, checkpoint.generation, checkpoint.population, arrays)
