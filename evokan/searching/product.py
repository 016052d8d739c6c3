"""A run directory that listens to a search, and what is made of the directory when the search is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokan.errors import InputError
from evokan.evaluation.records import Record
from evokan.reports.content import gather
from evokan.reports.html import write_report
from evokan.reports.tested import keep_tested
from evokan.runs.checkpoint import Remains
from evokan.runs.directory import RunDirectory
from evokan.runs.formulas import keep_formulas
from evokan.runs.manifest import write_manifest
from evokan.runs.pictures import draw
from evokan.runs.run import Run
from evokan.runs.sameness import fixed_settings
from evokan.runs.tables import PARETO_COLUMNS, record_line, to_line
from evokan.runs.vault import Vault
from evokan.searching.asked import files_of_networks, formula_of, tested_of, told_of
from evokan.searching.clock import Clock
from evokan.searching.observer import Observer
from evokan.searching.outcome import Beginning, Fitted, Standing
from evokan.searching.plan import FORMULA_SLACK, SHORTEST_FORMULA, pictures_seconds
from evokan.searching.second import ALONE, Second
from evokan.settings.job import Job

if TYPE_CHECKING:
    from evokan.explain.formulas.front import Formulas


class RunWriter(Observer):
    """Writes what a search tells into its directory, as it comes.

    Parameters
    ----------
    directory
        Locked by the caller.
    stored
        Content of ``config.json`` from now on.
    remains
        Of a run that goes on: what its tables are cut back to.
    second
        Who is asked for what is written of networks.
    """

    def __init__(
        self,
        directory: RunDirectory,
        stored: Mapping[str, Any],
        remains: Remains | None = None,
        second: Second = ALONE,
    ) -> None:
        self._directory = directory
        self._second = second
        self._stored = stored
        self._settings = fixed_settings(stored)
        self._remains = remains

    def on_restored(self, beginning: Beginning) -> None:
        """Cut off what a kill has left behind; until the new product is there, the old one must not pass for it."""
        vault = self._directory.vault
        vault.remove(self._directory.manifest)
        vault.remove(self._directory.metrics)
        vault.remove(self._directory.report)
        vault.remove(self._directory.tested)
        vault.write_json(self._directory.config, self._stored)
        if self._remains is not None:
            self._directory.mend(self._remains)

    def on_record(self, record: Record) -> None:
        """Add a row."""
        self._directory.append_record(record)

    def on_standing(self, standing: Standing) -> None:
        """Add a row, and move the checkpoint: last of all, so that what it names is there."""
        generation = standing.row.generation
        self._directory.append_history(standing.row)
        if standing.learned is not None:
            self._directory.write_population(generation, standing.learned)
        self._directory.write_checkpoint(generation, [record.id for record in standing.survivors], self._settings)
        self._directory.drop_populations(generation)

    def on_front(self, job: Job, front: Sequence[Fitted], chosen: Fitted) -> None:
        """Write ``front/``, ``pareto.csv`` and the network in ``best/``."""
        directory = self._directory
        vault = directory.vault
        vault.make_folder(directory.front, empty=True)
        asked = self._second.ask(
            files_of_networks, job.space, job.problem, job.config.refit, front, front.index(chosen)
        )
        files, best = asked.result()
        lines = []
        for one, (model, spec) in zip(front, files, strict=True):
            member = one.finalist.member
            name = str(member.record.id)
            vault.replace(directory.front / f"{name}.safetensors", model)
            vault.replace(directory.front / f"{name}.json", spec)
            lines.append(
                record_line(member.record, directory.record_columns).rstrip("\n")
                + ","
                + to_line((member.val_loss_mean, member.val_loss_sd, int(one is chosen)))
            )
        vault.replace(directory.pareto, to_line((*directory.record_columns, *PARETO_COLUMNS)) + "".join(lines))
        vault.make_folder(directory.best)
        paths = directory.best / "model.safetensors", directory.best / "architecture.json"
        if [_content(vault, path) for path in paths] != [best.model, best.spec]:
            for name in ("formulas.json", "formula.txt"):
                vault.remove(directory.best / name)  # of the network that was chosen before
        vault.replace(paths[0], best.model)
        vault.replace(paths[1], best.spec)
        for name, text in best.tables.items():
            vault.replace(directory.best / name, text)

    def on_figures(self, figures: Mapping[str, Any]) -> None:
        """Write ``best/metrics.json``."""
        self._directory.vault.make_folder(self._directory.best)
        self._directory.vault.write_json(self._directory.best / "metrics.json", figures)


class ClockWriter(Observer):
    """Keeps in ``config.json`` how many seconds of its limit a run has used, and how far each part got.

    Parameters
    ----------
    stored
        Content of ``config.json`` from now on; gets a member ``clock``.
    """

    def __init__(self, directory: RunDirectory, stored: dict[str, Any], clock: Clock) -> None:
        self._directory, self._stored, self._clock = directory, stored, clock

    def on_standing(self, standing: Standing) -> None:
        """Keep the seconds, and the generation."""
        self._clock.note("search", generation=standing.row.generation)
        self._write()

    def on_stage(self, text: str) -> None:
        """Keep what the stage before has reached."""
        self._write()

    def on_end(self) -> None:
        """Keep all."""
        self._write()

    def _write(self) -> None:
        self._stored["clock"] = self._clock.to_json()
        self._directory.vault.write_json(self._directory.config, self._stored)


def finish_run(path: Path, formula_seconds: float, observer: Observer, clock: Clock, second: Second = ALONE) -> None:
    """Read the chosen network as a formula, draw all pictures, write the report, and mark the run as finished.

    Where the clock has a limit, the formula takes what is left before the pictures, and pictures that need the data are
    left to ``evokan plot`` when the time is over, the report to ``evokan report``.

    Parameters
    ----------
    second
        Who is asked for the formula while pictures are drawn here.
    """
    run = Run(path)
    settings = run.config["settings"]
    if clock.limit is not None:
        left = clock.left - pictures_seconds(run.config["data"]["rows"])
        formula_seconds = min(formula_seconds, left / FORMULA_SLACK)
        formula_seconds = 0.0 if formula_seconds < SHORTEST_FORMULA else formula_seconds
        clock.note("formula", seconds=round(formula_seconds, 2))
    told = second.ask(told_of, path)
    kinds = [*dict.fromkeys(("png", settings.get("picture_format", "png")))]
    drawing = partial(draw, run, lambda: clock.left > 0, kinds, told=told.result if second.there else None)
    drawn: list[Path] = []
    if formula_seconds:
        observer.on_stage("formula: reading the network")
        if second.there and _stored(run) is None:
            asked = second.ask(formula_of, path, formula_seconds)
            drawn = drawing(of_formula=False)
            import_module("evokan.explain.formulas.trees")  # needed next: SymPy, while the other one is at work
            files = asked.result()
            if files is not None:
                keep_formulas(run.directory, run.best.formulas_path, files)
        else:
            write_formula(run, formula_seconds)
    tested = second.ask(tested_of, path)
    observer.on_stage("pictures")
    drawn += drawing(of_formula=True if drawn else None)
    if clock.limit is not None:
        clock.note("pictures", drawn=len(drawn))
    wanted = settings.get("report", True)
    if wanted and clock.left <= 0:
        observer.on_stage(f"report: left out, the time is over; evokan report {path} writes it")
    elif wanted:
        observer.on_stage("report")
        if second.there:
            keep_tested(run, tested.result())
        content = gather(run, ending=True)
        keep_tested(run, content["tested"])
        write_report(run, content=content, ending=True)
    write_manifest(run.directory)


def write_formula(run: Run, seconds: float) -> None:
    """Write ``best/formulas.json`` and ``best/formula.txt``, or nothing where the family has no edges to read.

    Parameters
    ----------
    seconds
        Work allowed (`evokan.explain.reading.effort`); ``evokan formula RUN --time-limit`` goes on.
    """
    try:
        formulas = _stored(run) or run.best.formulas(time_limit=seconds)
    except InputError:
        return
    run.best.store(formulas)


def _content(vault: Vault, path: Path) -> bytes | None:
    """Return what a file of the run holds; None where there is none, or none of its own."""
    try:
        return vault.read_bytes(path)
    except (InputError, OSError):
        return None


def _stored(run: Run) -> Formulas | None:
    """Return what a run that was cut off has found already; what is damaged goes."""
    try:
        return run.best.stored_formulas()
    except InputError:
        run.directory.vault.remove(run.best.formulas_path)
        return None
