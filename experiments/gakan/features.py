"""How often evolution keeps a column, over the splits, next to what it is worth in the networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from evokan.plots import style


def feature_table(rows: pd.DataFrame, names: Sequence[str], models: Sequence[str]) -> pd.DataFrame:
    """Return a row for every model and column.

    Parameters
    ----------
    rows
        Networks, one a split and model, with `columns` (numbers of the columns kept) and `importances` (one value a
        column, summing to 1) as texts of numbers with spaces between.
    names
        Of the columns.
    models
        Which ones, in order; those without a network are left out.

    Returns
    -------
    DataFrame
        `model`, `feature`, `kept` and `splits` (counts), mean `importance` over all splits (0 where the column is not
        kept) and its standard deviation `importance_sd`.
    """
    found = []
    for model in models:
        own = rows[rows.model == model]
        if own.empty:
            continue
        kept = np.array([[str(i) in text.split() for i in range(len(names))] for text in own["columns"].astype(str)])
        values = np.array([[float(value) for value in text.split()] for text in own["importances"]])
        spread = values.std(axis=0, ddof=1) if len(own) > 1 else np.full(len(names), np.nan)
        found += [
            {
                "model": model,
                "feature": name,
                "kept": int(kept[:, i].sum()),
                "splits": len(own),
                "importance": float(values[:, i].mean()),
                "importance_sd": float(spread[i]),
            }
            for i, name in enumerate(names)
        ]
    return pd.DataFrame(found)


def plot_features(kept: pd.DataFrame) -> Figure:
    """Draw share kept and mean importance side by side, a row a column, a colour a model."""
    models = list(dict.fromkeys(kept.model))
    first = kept[kept.model == models[0]]
    order = first.sort_values("importance", ascending=False, kind="stable").feature.tolist()
    height = 0.8 / len(models)
    with style.styled():
        figure = Figure(figsize=(8.6, 1.4 + 0.27 * len(order)), dpi=style.DPI, layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, sharey=True)
        for number, model in enumerate(models):
            own = kept[kept.model == model].set_index("feature").loc[order]
            rows = np.arange(len(order)) + (number - (len(models) - 1) / 2) * height
            colour = style.CYCLE[number]
            left.barh(rows, own.kept / own.splits, height=height, color=colour, label=model)
            right.barh(rows, own.importance, height=height, color=colour)
            right.errorbar(
                own.importance, rows, xerr=own.importance_sd.fillna(0.0), fmt="none", ecolor=style.INK, elinewidth=0.8
            )
        style.dress(left, x_label="kept, share of the splits", grid="x")
        style.dress(right, x_label="importance, mean and standard deviation", grid="x")
        left.set_yticks(np.arange(len(order)), [style.clean_label(name) for name in order])
        left.set_ylim(len(order) - 0.4, -0.6)
        left.set_xlim(0, 1.02)
        right.set_xlim(left=0)
        for ax in (left, right):
            ax.tick_params(axis="y", length=0)
            ax.locator_params(axis="x", nbins=5)
            ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        engine = figure.get_layout_engine()
        if isinstance(engine, ConstrainedLayoutEngine):
            engine.set(wspace=0.06)  # the last label of one panel would touch the first of the next
        figure.legend(loc="outside upper left", ncols=len(models), fontsize=style.NOTE_PT)
    return figure
