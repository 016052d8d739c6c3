"""GA-KAN's Figure 6 again: the lowest validation loss generation by generation, beside the two full KANs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from evokan.evaluation.executors import ThreadExecutor
from evokan.plots import save
from evokan.searching import engine
from experiments.evolution import study as evolution
from experiments.gakan.curves import panels, plot_curves
from experiments.gakan.published import PUBLISHED
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, measured_under, table
from experiments.parallel import in_order
from experiments.study import Piece, at_hand

FIRST_SPLIT = 100
SEEDS = {name: 2 if name == "rice" else 5 for name in PUBLISHED}
"""Fewer for the largest table."""
SEARCH = {"population": 100, "generations": 20}
PRESETS = ("default", "paper")
FIGURE = "convergence_{preset}.png"


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write rows, page and figures."""
    folder = context.folder("gakan")
    size = {"population": 10, "generations": 3} if context.quick else SEARCH
    names = at_hand(("iris", "wine") if context.quick else PUBLISHED, silent=context.silent)
    count = {name: 2 if context.quick else context.seeds or SEEDS[name] for name in names}
    rows = Measurements(folder / "convergence.csv", ("variant", "dataset", "seed"))
    full = Measurements(folder / "convergence_full.csv", ("variant", "dataset", "seed"))
    keys = [
        (preset, name, FIRST_SPLIT + number)
        for number in range(max(count.values(), default=0))
        for preset in PRESETS
        for name in names
        if number < count[name]
    ]
    left = full.missing(keys)
    losses = in_order(reference_losses, left, context.workers)
    for _ in context.each("full networks", left):
        full.add(*next(losses))
    missing = rows.missing(keys)
    pieces = [evolution.Piece(*key, {**size, "split_seed": key[2], "preset": key[0]}) for key in missing]
    results = in_order(evolution.run_piece, pieces, context.workers)
    for _ in context.each("evolutions", missing):
        rows.add(*next(results))
        write(folder, rows, full, size)
    return [rows.path, full.path, *write(folder, rows, full, size)]


def write(folder: Path, rows: Measurements, full: Measurements, size: Mapping[str, int]) -> list[Path]:
    """Write page and figures from the files as they are."""
    curves, references = pd.DataFrame(rows.values()), pd.DataFrame(full.values())
    pictures = [
        save(
            plot(curves[curves.variant == preset], references[references.variant == preset]),
            folder / FIGURE.format(preset=preset),
        )
        for preset in dict.fromkeys(curves.variant)
    ]
    page = folder / "convergence.md"
    page.write_text(report(curves, references, size), encoding="utf-8")
    return [page, *pictures]


def reference_losses(key: tuple[str, str, int]) -> list[dict[str, Any]]:
    """Return the full networks' validation losses on the folds of one search; infinite where a training failed."""
    preset, dataset, seed = key
    job = Piece(preset, dataset, seed, {"preset": preset}).job()
    with ThreadExecutor(1) as executor, threadpool_limits(1):
        finalizer = engine.finalizer(job, executor)
        losses = finalizer.reference_losses()
    return [
        {
            "variant": preset,
            "dataset": dataset,
            "seed": seed,
            "network": label,
            "val_loss": losses.get(label, float("inf")),
        }
        for label in job.space.reference_architectures(job.problem)
    ]


def plot(curves: pd.DataFrame, references: pd.DataFrame) -> Figure:
    """Draw a panel a table: mean over the seeds, band from the lowest to the highest, full networks dashed."""
    names = list(dict.fromkeys(curves.dataset))
    figure, axes = panels(len(names))
    for ax, name in zip(axes, names, strict=True):
        plot_curves(
            ax,
            {"evolution": curves[curves.dataset == name]},
            x="generation",
            title=str(name),
            banded=("evolution",),
            references=_means(references, str(name)),
        )
    return figure


def report(curves: pd.DataFrame, references: pd.DataFrame, size: Mapping[str, int]) -> str:
    """Return the page: where evolution ends, and in which generation it passes the full networks."""
    parts = [
        "# Convergence",
        f"Searches of {size['population']} x {size['generations']}; split seeds from {FIRST_SPLIT}, "
        "the search's seed is that of its split. The lowest validation loss so far, mean over the seeds and the band "
        "from the lowest to the highest seed; dashed: the mean loss of the full KANs with grid 5 on the same folds, "
        "trained with the same settings (Figure 6 of arXiv 2501.17411). *passed in*: the first generation at which "
        "the mean curve is at or below the better of the two. Where a curve reaches 0, on a single hold-out, selection "
        "has nothing left to go by: that is why the defaults have five folds.",
    ]
    for preset in dict.fromkeys(curves.variant):
        own = curves[curves.variant == preset]
        lines = []
        for name, part in own.groupby("dataset", sort=False):
            ends = part[part.generation == part.generation.max()].best_val_loss
            full = _means(references[references.variant == preset], str(name))
            means = part.groupby("generation").best_val_loss.mean()
            passed = means.index[means <= min(full.values(), default=float("-inf"))]
            lines.append(
                (
                    str(name),
                    str(part.seed.nunique()),
                    f"{means.iloc[0]:.4f}",
                    f"**{ends.mean():.4f}**",
                    f"{ends.min():.4f} to {ends.max():.4f}",
                    "; ".join(f"{label} {loss:.4f}" for label, loss in full.items()),
                    f"generation {passed[0]}" if len(passed) else "never",
                )
            )
        parts += [
            f"## {'Defaults' if preset == 'default' else '`--preset paper`'}",
            f"![Convergence]({FIGURE.format(preset=preset)})",
            table(
                (
                    "table",
                    "seeds",
                    "first generation",
                    "last generation",
                    "lowest to highest",
                    "full networks",
                    "passed in",
                ),
                lines,
            ),
        ]
    parts.append(measured_under(curves.conditions, "one thread a search"))
    return "\n\n".join(parts) + "\n"


def _means(references: pd.DataFrame, name: str) -> dict[str, float]:
    """Return the mean loss of each full network that could be trained on every split."""
    part = references[references.dataset == name]
    losses = part.groupby("network", sort=False).val_loss.mean()
    return {str(label): float(loss) for label, loss in losses.items() if loss < float("inf")}


EXPERIMENT = Experiment("gakan-convergence", "validation loss by generation, beside full KANs (GA-KAN, Figure 6)", run)
