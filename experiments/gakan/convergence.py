"""GA-KAN's Figure 6 again: the lowest validation loss generation by generation, beside the two full KANs, and test figures."""

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
from experiments.gakan import tables
from experiments.gakan.curves import panels, plot_curves
from experiments.gakan.full_networks import DEEP, WIDE, job_of
from experiments.gakan.published import PUBLISHED
from experiments.gakan.tables_models import DEEPS, PRESETS, WIDES
from experiments.gakan.tables_report import complete_splits
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, measured_under, table
from experiments.parallel import in_order

Accuracies = Mapping[tuple[str, str], float]
"""Mean accuracy on the test rows by table and network."""
EXTENDED = {one.plain: one.extended for one in (WIDES, DEEPS)}
FIGURE = "convergence_{preset}.png"


def run(context: Context) -> Sequence[Path]:
    """Run what `gakan-tables` has not, train the full networks on the same folds, and write page and figures."""
    folder = context.folder("gakan")
    searches = tables.run(context)
    found = complete_splits(pd.DataFrame([row for name in PUBLISHED for row in tables.rows_of(folder, name).read()]))
    curves = curves_of(found)
    full = Measurements(folder / "convergence_full.csv", ("variant", "dataset", "seed"))
    keys = list(dict.fromkeys(zip(curves.variant, curves.dataset, curves.seed, strict=True)))
    left = full.missing(keys)
    losses = in_order(reference_losses, left, context.workers)
    for _ in context.each("full networks", left):
        full.add(*next(losses))

    references = pd.DataFrame([row for row in full.values() if (row["variant"], row["dataset"], row["seed"]) in keys])
    accuracies = accuracies_of(found)
    pictures = [
        save(plot(curves, references, accuracies, preset), folder / FIGURE.format(preset=preset))
        for preset in dict.fromkeys(curves.variant)
    ]
    size = tables.QUICK_SEARCH if context.quick else tables.SEARCH
    conditions = [row["conditions"] for row in (*tables.times(folder).read(), *full.read())]
    page = folder / "convergence.md"
    page.write_text(report(curves, references, accuracies, size, conditions), encoding="utf-8")
    return [*searches, full.path, page, *pictures]


def curves_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the lowest validation loss by preset (``variant``), table, seed and generation."""
    return pd.DataFrame(
        [
            {
                "variant": preset,
                "dataset": name,
                "seed": int(split),
                "generation": generation,
                "best_val_loss": float(loss),
            }
            for preset, (evolved, *_) in PRESETS.items()
            for name, split, losses in frame.loc[frame.model == evolved, ["dataset", "split", tables.LOSSES]].to_numpy()
            for generation, loss in enumerate(losses.split())
        ]
    )


def accuracies_of(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the mean accuracies by table and network."""
    groups = frame.dropna(subset=["accuracy"]).groupby(["dataset", "model"], sort=False)
    return {(str(name), str(model)): float(part.accuracy.mean()) for (name, model), part in groups}


def reference_losses(key: tuple[str, str, int]) -> list[dict[str, Any]]:
    """Return the full networks' validation losses on the folds of one search; infinite where a training failed.

    Each is trained in the space just large enough for it: with the paper's preset a network's first values depend on the
    largest width of its space.
    """
    preset, dataset, seed = key
    rows = []
    for model in (WIDE, DEEP):
        job, widths = job_of(model, dataset, seed, {"preset": preset})
        label = f"full [{','.join(map(str, widths))}]"
        with ThreadExecutor(1) as executor, threadpool_limits(1):
            losses = engine.finalizer(job, executor).reference_losses()
        loss = losses.get(label, float("inf"))
        rows.append({"variant": preset, "dataset": dataset, "seed": seed, "network": label, "val_loss": loss})
    return rows


def model_of(preset: str, label: str) -> str:
    """Return how `gakan-tables` calls the full network of a label, such as full [4,9,3]."""
    _, wide, deep = PRESETS[preset]
    return wide if label.count(",") == WIDE.count(",") else deep


def plot(curves: pd.DataFrame, references: pd.DataFrame, accuracies: Accuracies, preset: str) -> Figure:
    """Draw a panel a table: mean over the seeds, band from the lowest to the highest, full networks dashed.

    The legends have the test accuracies.
    """
    own = curves[curves.variant == preset]
    names = [str(name) for name in dict.fromkeys(own.dataset)]
    figure, axes = panels(len(names))
    for ax, name in zip(axes, names, strict=True):
        evolution = f"evolution{_tested(accuracies, name, PRESETS[preset][0])}"
        plot_curves(
            ax,
            {evolution: own[own.dataset == name]},
            x="generation",
            title=name,
            banded=(evolution,),
            references={
                f"{label}{_tested(accuracies, name, model_of(preset, label))}": loss
                for label, loss in _means(references[references.variant == preset], name).items()
            },
        )
    return figure


def _tested(accuracies: Accuracies, dataset: str, model: str) -> str:
    """Return a test accuracy in words, to stand behind something; nothing where there is none."""
    accuracy = accuracies.get((dataset, model))
    return "" if accuracy is None else f", test {100 * accuracy:.1f} %"


def report(
    curves: pd.DataFrame,
    references: pd.DataFrame,
    accuracies: Accuracies,
    size: Mapping[str, int],
    conditions: Sequence[str],
) -> str:
    """Return the page: where evolution ends, in which generation it passes the full networks, and the test accuracies."""
    parts = [
        "# Convergence",
        f"The searches of `tables.md`, {size['population']} x {size['generations']}; split seeds from {tables.FIRST_SPLIT}, "
        "the search's seed is that of its split. The lowest validation loss so far, mean over the seeds and the band "
        "from the lowest to the highest seed; dashed: the mean loss of the full KANs with grid 5 on the same folds, "
        "trained with the same settings (Figure 6 of arXiv 2501.17411). *passed in*: the first generation at which "
        "the mean curve is at or below the better of the two. *test*: mean accuracy on the test rows of the same splits, of "
        "the one network that the search gives, and of the full KANs, fitted as finalists are. Where a curve reaches 0, on a "
        "single hold-out, selection has nothing left to go by: that is why the defaults have five folds.",
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
                    _tested(accuracies, str(name), PRESETS[preset][0]).removeprefix(", test "),
                    "; ".join(_of_full(accuracies, str(name), preset, label, loss) for label, loss in full.items()),
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
                    "test",
                    "full networks",
                    "passed in",
                ),
                lines,
            ),
        ]
    parts.append(measured_under(conditions, "one thread a search"))
    return "\n\n".join(parts) + "\n"


def _of_full(accuracies: Accuracies, dataset: str, preset: str, label: str, loss: float) -> str:
    """Return loss and test accuracy of a full network, with that of its grid extension where there is one."""
    model = model_of(preset, label)
    extended = _tested(accuracies, dataset, EXTENDED.get(model, ""))
    return f"{label} {loss:.4f}{_tested(accuracies, dataset, model)}" + (
        f" (by grid extension{extended})" * bool(extended)
    )


def _means(references: pd.DataFrame, name: str) -> dict[str, float]:
    """Return the mean loss of each full network that could be trained on every split."""
    part = references[references.dataset == name]
    losses = part.groupby("network", sort=False).val_loss.mean()
    return {str(label): float(loss) for label, loss in losses.items() if loss < float("inf")}


EXPERIMENT = Experiment("gakan-convergence", "validation loss by generation, beside full KANs (GA-KAN, Figure 6)", run)
