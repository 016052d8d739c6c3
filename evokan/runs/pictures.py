"""Every picture of a run, drawn into its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evokan.errors import InputError, unknown_name
from evokan.problem.task import Task
from evokan.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evokan.explain.column_importances import Importances
    from evokan.explain.laws.gallery import EdgePortrait

KINDS = ("png", "svg", "pdf")
"""Formats of pictures."""


def check_kind(kind: str) -> None:
    """Raise `InputError` unless `kind` is one of `KINDS`."""
    if kind not in KINDS:
        raise unknown_name("picture format", kind, KINDS)


@dataclass(frozen=True, eq=False)
class Told:
    """What pictures show of data and network, as plain values.

    Attributes
    ----------
    portraits
        Of the edges; None where the family has none to read.
    importances
        Of the columns; None where they cannot be told.
    """

    portraits: Sequence[EdgePortrait] | None = None
    importances: Importances | None = None


def tell(run: Run, in_time: Callable[[], bool] = lambda: True) -> Told:
    """Return what pictures need of data and network, what of it this family and this machine can tell.

    Parameters
    ----------
    in_time
        Whether the next may still begin.

    Raises
    ------
    InputError
        The network is damaged.
    """
    run.best.model  # noqa: B018 - a damaged one is said, not taken for a picture that cannot be drawn
    portraits: Sequence[EdgePortrait] | None = None
    importances: Importances | None = None
    with suppress(InputError):
        portraits = run.best.portraits if in_time() else None
    with suppress(InputError):
        importances = run.importances() if in_time() else None
    return Told(portraits, importances)


def draw(
    run: Run,
    in_time: Callable[[], bool] = lambda: True,
    kinds: Sequence[str] = KINDS[:1],
    *,
    told: Callable[[], Told] | None = None,
    of_formula: bool | None = None,
) -> list[Path]:
    """Draw every picture into the ``plots`` folder, and return their paths.

    Of a run that has not finished there is the history alone, of one that a time limit ended in its first generation
    there is none.

    Parameters
    ----------
    in_time
        Whether pictures that need the data, and further kinds, may still begin.
    kinds
        Some of `KINDS`, at least one: each picture is made once and written as each of them.
    told
        Returns what `tell` says, where somebody else is asked.
    of_formula
        Only the pictures of its formula, or only the others.

    Raises
    ------
    InputError
        No generation has finished yet, or there is no such kind.
    """
    from evokan.plots import rendered

    for kind in kinds:
        check_kind(kind)
    if run.history.empty and not run.has_product:
        raise InputError(f"{run.path}: no generation has finished yet, so there is nothing to draw")
    folder, vault = run.directory.plots, run.directory.vault
    vault.make_folder(folder)
    drawn: list[tuple[str, Axes | Figure]] = []
    if not of_formula:
        drawn += _stored(run)
    if not of_formula and run.has_product:
        drawn += _explanations(run, in_time, tell(run, in_time) if told is None else told())
    if of_formula is not False and run.has_product:
        drawn += _formula(run, in_time)
    paths: list[Path] = []
    for kind in kinds:
        if paths and not in_time():
            break
        for name, picture in drawn:
            paths.append(folder / Path(name).with_suffix(f".{kind}"))
            vault.replace(paths[-1], rendered(picture, f".{kind}"))
    return paths


def _stored(run: Run) -> Iterator[tuple[str, Axes]]:
    """Yield the pictures that need what the run has stored, and nothing else."""
    if not run.history.empty:
        yield "fitness_history.png", run.plot_history()
    if run.has_product:
        yield "pareto.png", run.plot_pareto()
        if run.best.explanation.edges:
            yield "network.png", run.best.plot_network()
        yield "feature_importance.png", run.best.plot_attribution()
        for name, plot in run.best.plots().items():
            yield name, plot()


def _explanations(run: Run, in_time: Callable[[], bool], told: Told) -> Iterator[tuple[str, Axes | Figure]]:
    """Yield the pictures that need the data."""
    from evokan.explain.laws.gallery import told as laws_of
    from evokan.plots import plot_edge_gallery, plot_importances, plot_network

    plots: list[tuple[str, Callable[[], Axes | Figure]]] = []
    portraits, importances = told.portraits, told.importances
    if portraits is not None:
        plots.append(("edges.png", lambda: plot_edge_gallery(portraits)))
        plots.append(("network_laws.png", lambda: plot_network(run.best.explanation, laws=laws_of(portraits))))
    if importances is not None:
        loss = Task(run.config["data"]["task"]).loss_name
        plots.append(("importances.png", lambda: plot_importances(importances, loss)))
    for name, plot in plots:
        if in_time():
            with suppress(InputError):
                yield name, plot()


def _formula(run: Run, in_time: Callable[[], bool]) -> Iterator[tuple[str, Figure]]:
    """Yield the pictures that need formulas."""
    from evokan.plots import plot_splines

    formulas = run.best.stored_formulas()
    if formulas is not None and formulas.best.tables and in_time():
        yield "splines.png", plot_splines(formulas.best.tables)
