"""Validation loss against the number of parameters: the front and everything that was tried."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from evokan.errors import InputError
from evokan.plots import style

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "h")
_NEEDED = ("n_params", "val_loss", "depth")


def plot_pareto(front: pd.DataFrame, evaluations: pd.DataFrame | None = None, ax: Axes | None = None) -> Axes:
    """Draw the trade-off between error and size.

    Parameters
    ----------
    front
        Rows of ``pareto.csv``. Where `val_loss_mean` and `val_loss_sd` stand, the steps and the
        markers with error bars show them (the loss trained again with fresh seeds), and small rings the
        searched losses: the distance is what the search owed to luck. The row with `chosen` is labelled.
    evaluations
        Rows of ``evaluations.csv``; networks with a loss become faint dots.
    ax
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        Each axis is logarithmic where its values span more than a decade. Colour and shape of a marker
        tell the depth. A few networks far worse than the rest may lie above; the legend says how many.

    Raises
    ------
    InputError
        A column is missing or the front is empty.
    """
    missing = [name for name in _NEEDED if name not in front]
    if missing or front.empty:
        what = f"lacks the column {', '.join(missing)}" if missing else "has no row"
        raise InputError(f"the front {what}: it needs {', '.join(_NEEDED)}")
    front = front.sort_values(["n_params", "val_loss"], kind="stable")
    size = front["n_params"].to_numpy(dtype=np.float64)
    searched = front["val_loss"].to_numpy(dtype=np.float64)
    again = "val_loss_mean" in front
    loss, spread = searched, np.zeros(len(front))
    if again:
        loss = front["val_loss_mean"].to_numpy(dtype=np.float64)
        spread = front["val_loss_sd"].to_numpy(dtype=np.float64)
        spread = np.where(np.isfinite(loss) & np.isfinite(spread), spread, 0.0)
    depth = front["depth"].to_numpy(dtype=np.int64)
    tried = _tried(evaluations)
    depths = sorted({*depth.tolist(), *tried["depth"].astype(int).tolist()})
    looks = {d: (style.CYCLE[i % len(style.CYCLE)], _MARKERS[i % len(_MARKERS)]) for i, d in enumerate(depths)}

    with style.styled():
        ax = style.new_axes(7.6, 4.8) if ax is None else ax
        style.dress(ax, x_label="live parameters", y_label="validation loss", grid="both")
        above = _fit(
            ax,
            np.concatenate([size, tried["n_params"]]),
            # A bar that reaches 0 has no lower end on a logarithmic axis.
            np.concatenate([searched, loss + spread, np.maximum(loss - spread, loss / 3)]),
            tried["val_loss"].to_numpy(dtype=np.float64),
        )
        for d, dots in tried.groupby("depth"):
            ax.scatter(
                dots["n_params"],
                dots["val_loss"],
                s=9,
                color=looks[int(str(d))][0],
                alpha=0.22,
                linewidths=0,
                rasterized=True,
                zorder=1,
            )
        steps = _steps(ax, size, loss)
        ax.plot(*steps, color=style.INK, linewidth=1.2, zorder=3)
        if again:
            ax.scatter(size, searched, s=13, facecolor="white", edgecolor=style.INK, linewidths=0.8, zorder=4)
        for d in depths:
            here = depth == d
            colour, marker = looks[d]
            if again and here.any():
                ax.errorbar(
                    size[here],
                    loss[here],
                    yerr=spread[here],
                    fmt="none",
                    ecolor=colour,
                    elinewidth=1.3,
                    capsize=2.5,
                    zorder=5,
                )
            ax.scatter(
                size[here],
                loss[here],
                s=46,
                color=colour,
                marker=marker,
                edgecolor="white",
                linewidths=0.7,
                zorder=6,
            )
        dots_label = f"evaluated ({above} above)" if above else "evaluated"
        _legend(ax, looks, again, "" if tried.empty else dots_label)
        bars = np.column_stack([size, np.maximum(loss - spread, ax.get_ylim()[0]), size, loss + spread])
        stairs = np.column_stack([steps[0][:-1], steps[1][:-1], steps[0][1:], steps[1][1:]])
        _mark_chosen(ax, front, size, loss, np.concatenate([bars, stairs]))
    return ax


def _tried(evaluations: pd.DataFrame | None) -> pd.DataFrame:
    """Return size, loss and depth of every different network that has a loss."""
    columns = ["n_params", "val_loss", "depth"]
    if evaluations is None:
        return pd.DataFrame({name: np.zeros(0) for name in columns})
    usable = np.isfinite(evaluations["val_loss"].to_numpy(dtype=np.float64))
    if "status" in evaluations:
        usable &= evaluations["status"].isin(["ok", "cached"]).to_numpy()
    tried: pd.DataFrame = evaluations.loc[usable, columns].drop_duplicates()
    return tried


def _fit(ax: Axes, sizes: NDArray[np.float64], front: NDArray[np.float64], tried: NDArray[np.float64]) -> int:
    """Fit both axes; return how many networks, far worse than all others, stay above the picture."""
    top = max(front[np.isfinite(front)].max(initial=0.0), 3 * np.quantile(tried, 0.98) if tried.size else 0.0)
    style.fit_axis(ax.xaxis, sizes)
    style.fit_axis(ax.yaxis, np.concatenate([front, tried[tried <= top]]))
    if ax.get_xscale() == "linear":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return int((tried > ax.get_ylim()[1]).sum())


def _steps(ax: Axes, size: NDArray[np.float64], loss: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """Return the staircase of the best loss that a number of parameters can buy, up to the right edge."""
    x: list[float] = []
    y: list[float] = []
    for n, value in zip(size, loss, strict=True):
        if not np.isfinite(value) or (y and value >= y[-1]):
            continue
        if y:
            x.append(float(n))
            y.append(y[-1])
        x.append(float(n))
        y.append(float(value))
    return ([*x, ax.get_xlim()[1]], [*y, y[-1]]) if y else ([], [])


def _legend(ax: Axes, looks: dict[int, tuple[str, str]], again: bool, dots_label: str) -> None:
    def entry(label: str, **look: object) -> Line2D:
        return Line2D([], [], label=label, **{"linestyle": "", **look})  # type: ignore[arg-type]

    handles = [
        entry(f"depth {d}", marker=marker, color=colour, markersize=7, markeredgecolor="white")
        for d, (colour, marker) in looks.items()
    ]
    if again:
        handles.append(entry("as searched", marker="o", color="white", markersize=4, markeredgecolor=style.INK))
    handles.append(entry("front", linestyle="-", color=style.INK, linewidth=1.2))
    if dots_label:
        handles.append(entry(dots_label, marker="o", color=style.MUTED, alpha=0.4, markersize=4, markeredgewidth=0))
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        fontsize=style.TICK_PT,
        frameon=False,
        title="trained again: mean ± sd" if again else None,
        title_fontsize=style.NOTE_PT,
        alignment="left",
        handletextpad=0.5,
        borderaxespad=0.0,
    )


def _mark_chosen(
    ax: Axes,
    front: pd.DataFrame,
    size: NDArray[np.float64],
    loss: NDArray[np.float64],
    busy: NDArray[np.float64],
) -> None:
    """Ring the chosen network and write its figures where the least of `busy` is in the way.

    `busy` holds line pieces in data units, one row (x, y, x, y) each.
    """
    chosen = np.flatnonzero(front["chosen"].astype(bool)) if "chosen" in front else np.zeros(0, dtype=int)
    if not chosen.size or not np.isfinite(loss[chosen[0]]):
        return
    n, value = float(size[chosen[0]]), float(loss[chosen[0]])
    ax.scatter([n], [value], s=190, facecolor="none", edgecolor=style.INK, linewidths=1.6, zorder=7, label="chosen")
    style.finish_layout(ax)
    ends = ax.transData.transform(busy.reshape(-1, 2)).reshape(-1, 1, 2, 2)
    along = np.linspace(0, 1, 25)[:, None]
    points = (ends[:, :, 0] * (1 - along) + ends[:, :, 1] * along).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    label = ax.annotate(
        f"chosen: {n:.0f} parameters, loss {value:.3g}",
        (n, value),
        xytext=(0, 0),
        textcoords="offset points",
        fontsize=style.TICK_PT,
        zorder=8,
        bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        arrowprops={"arrowstyle": "-", "color": style.INK, "linewidth": 0.8, "shrinkB": 7},
    )
    figure = ax.get_figure(root=True)
    assert figure is not None
    unit = 72 / figure.dpi
    box = label.get_window_extent()
    width, height = box.width, box.height
    frame = ax.get_window_extent()
    here = ax.transData.transform((n, value))

    def cost(offset: tuple[float, float]) -> tuple[float, float]:
        left, bottom = here + np.array(offset) / unit
        over = max(frame.x0 - left, 0) + max(left + width - frame.x1, 0)
        over += max(frame.y0 - bottom, 0) + max(bottom + height - frame.y1, 0)
        inside = (
            (points[:, 0] > left - 8)
            & (points[:, 0] < left + width + 8)
            & (points[:, 1] > bottom - 8)
            & (points[:, 1] < bottom + height + 8)
        )
        return float(inside.sum()) + over, float(np.hypot(*offset))

    reach = width * unit
    candidates = [(dx, dy) for dy in (18, 32, 50, 75, -28, -45, -65) for dx in (14, -reach / 2, -reach - 14)]
    label.set_position(min(candidates, key=cost))
