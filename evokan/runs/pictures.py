"""Every picture of a run, drawn into its folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from evokan.errors import InputError, unknown_name
from evokan.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("png", "svg", "pdf")
"""Formats of pictures."""


def check_kind(kind: str) -> None:
    """Raise `InputError` unless `kind` is one of `KINDS`."""
    if kind not in KINDS:
        raise unknown_name("picture format", kind, KINDS)


def draw(run: Run, in_time: Callable[[], bool] = lambda: True, kinds: Sequence[str] = KINDS[:1]) -> list[Path]:
    """Draw every picture into the ``plots`` folder, and return their paths.

    Of a run that has not finished there is the history alone, of one that a time limit ended in its first generation
    there is none.

    Parameters
    ----------
    in_time
        Whether pictures that need the data, and further kinds, may still begin.
    kinds
        Some of `KINDS`, at least one: each picture is made once and written as each of them.

    Raises
    ------
    InputError
        No generation has finished yet, or there is no such kind.
    """
    from evokan.plots import rendered

    for kind in kinds:
        check_kind(kind)
    pictures: dict[str, Callable[[], Axes]] = {}
    if not run.history.empty:
        pictures["fitness_history.png"] = run.plot_history
    elif not run.has_product:
        raise InputError(f"{run.path}: no generation has finished yet, so there is nothing to draw")
    if run.has_product:
        pictures["pareto.png"] = run.plot_pareto
        if run.best.explanation.edges:
            pictures["network.png"] = run.best.plot_network
        pictures["feature_importance.png"] = run.best.plot_attribution
        pictures |= run.best.plots()
    folder, vault = run.directory.plots, run.directory.vault
    vault.make_folder(folder)
    drawn: list[tuple[str, Axes | Figure]] = [(name, plot()) for name, plot in pictures.items()]
    if run.has_product:
        drawn += _explanations(run, in_time).items()
    paths: list[Path] = []
    for kind in kinds:
        if paths and not in_time():
            break
        for name, picture in drawn:
            paths.append(folder / Path(name).with_suffix(f".{kind}"))
            vault.replace(paths[-1], rendered(picture, f".{kind}"))
    return paths


def _explanations(run: Run, in_time: Callable[[], bool]) -> dict[str, Axes | Figure]:
    """Return the pictures that need the data or formulas, those that this family and this machine can draw."""
    from evokan.plots import plot_splines

    run.best.model  # noqa: B018 - a damaged one is said, not taken for a picture that cannot be drawn
    found: dict[str, Axes | Figure] = {}
    plots: list[tuple[str, Callable[[], Axes | Figure]]] = [
        ("edges.png", run.best.plot_edges),
        ("network_laws.png", run.best.plot_laws),
        ("importances.png", run.plot_importances),
    ]
    formulas = run.best.stored_formulas()
    if formulas is not None and formulas.best.tables:
        plots.append(("splines.png", partial(plot_splines, formulas.best.tables)))
    for name, plot in plots:
        with suppress(InputError):
            if in_time():
                found[name] = plot()
    return found
