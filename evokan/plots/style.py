"""The look that all pictures share: colours, type sizes, axes without clutter, labels kept apart.

Nothing here touches matplotlib's global settings or pyplot: a figure that nobody keeps is simply collected.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator
from numpy.typing import ArrayLike, NDArray

from evokan.texts import printable

INK = "#222222"
MUTED = "#6B6B6B"
FAINT = "#D9D9D9"
BLUE = "#0072B2"
SKY = "#56B4E9"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
ORANGE = "#E69F00"
CYCLE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
"""Okabe and Ito's colours, told apart by colour-blind readers (yellow left out: too pale on white)."""

TITLE_PT, LABEL_PT, TICK_PT, NOTE_PT = 11.0, 10.0, 9.0, 8.0
DPI = 160
MOST_NAMES = 60
"""Names of columns that a note under a picture lists."""

_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": TICK_PT,
    "axes.facecolor": "white",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": INK,
    "text.usetex": False,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "evokan",
    "legend.frameon": False,
}


_drawing = threading.RLock()
"""Matplotlib's settings are those of the process: one thread draws at a time."""


@contextmanager
def boxed() -> Iterator[None]:
    """Let a character that the typeface lacks be drawn as a box without a word: whoever reads the picture sees it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        warnings.filterwarnings("ignore", "Matplotlib currently does not support .* natively")
        yield


@contextmanager
def styled() -> Iterator[None]:
    """Let new artists take the shared look inside the block; the global settings come back after it."""
    with _drawing, boxed(), matplotlib.rc_context(_RC):  # type: ignore[arg-type]
        yield


def new_axes(width: float, height: float, *, layout: Literal["constrained"] | None = "constrained") -> Axes:
    """Return the axes of a new figure of `width` times `height` inches that pyplot does not know."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout=layout)
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def dress(ax: Axes, *, x_label: str = "", y_label: str = "", grid: Literal["x", "y", "both"] = "y") -> None:
    """Give `ax` light grid lines, two spines and the shared type sizes."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set(color=MUTED, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.grid(visible=True, axis=grid, which="major", color=FAINT, linewidth=0.6, alpha=0.8)
    # Ticks are made late, often outside `styled`: what they need is stored in the axes.
    ax.tick_params(which="both", colors=MUTED, labelcolor=INK, labelsize=TICK_PT, width=0.8)
    ax.tick_params(which="major", length=3.5)
    ax.tick_params(which="minor", length=2.0)
    ax.set_xlabel(x_label, fontsize=LABEL_PT)
    ax.set_ylabel(y_label, fontsize=LABEL_PT)


def rendered(target: Axes | Figure, suffix: str) -> bytes:
    """Return the picture that `target` belongs to as a file, cropped to what is drawn; the suffix decides the format.

    The same picture gives the same bytes: no date is written into it, and no version into a PNG.

    Raises
    ------
    ValueError
        The axes belong to no figure, or matplotlib knows no such format.
    """
    figure = target if isinstance(target, Figure) else target.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes belong to no figure")
    kind = suffix.lower().removeprefix(".")
    # A quarter less time than at Pillow's usual level, and a tenth more bytes.
    of_png: Any = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}}
    undated: Any = {"svg": {"metadata": {"Date": None}}, "pdf": {"metadata": {"CreationDate": None}}}
    of_kind: Any = of_png if kind == "png" else undated.get(kind, {})
    content = io.BytesIO()
    with styled():
        # Asked for a tight box, or given a layout to find, matplotlib draws everything twice.
        layout = figure.get_layout_engine()
        if layout is not None:
            layout.execute(figure)
            figure.set_layout_engine("none")
        try:
            box = figure.get_tightbbox().padded(0.12)
            figure.savefig(content, format=kind, dpi=DPI, bbox_inches=box, **of_kind)
        finally:
            if layout is not None:
                figure.set_layout_engine(layout)
    return content.getvalue()


def save(target: Axes | Figure, path: str | Path) -> Path:
    """Write the picture that `target` belongs to: see `rendered`."""
    path = Path(path)
    path.write_bytes(rendered(target, path.suffix))
    return path


def plain(text: object) -> str:
    """Return `text` for matplotlib to draw as it is: on one line, without control characters, and no dollar is math."""
    return printable(" ".join(str(text).split())).replace("$", r"\$")


def clean_label(text: object, limit: int = 32) -> str:
    """Return `plain` text of at most `limit` characters, shortened at the end by an ellipsis."""
    line = printable(" ".join(str(text).split()))
    return plain(line if len(line) <= limit else line[: limit - 1].rstrip() + "…")


def fit_axis(axis: Axis, values: ArrayLike) -> None:
    """Set scale, limits and ticks of `axis` so that the finite ones of `values` are seen.

    Values that are not negative and span more than a decade get a logarithmic scale, with a short linear
    piece down to 0 where one of them is 0; all others a linear one.
    """
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    least = float(finite[finite > 0].min(initial=np.inf))
    ax = axis.axes
    set_scale, set_limits = (ax.set_xscale, ax.set_xlim) if axis is ax.xaxis else (ax.set_yscale, ax.set_ylim)
    if low < 0 or high <= 10 * least:
        margin = 0.06 * (high - low) or 0.1 * abs(high) or 0.1
        set_limits(low - margin, high + margin)
        return
    margin = (high / least) ** 0.06
    if low > 0:
        set_scale("log")
        set_limits(low / margin, high * margin)
    else:
        set_scale("symlog", linthresh=least, linscale=0.4)
        set_limits(-0.25 * least, high * margin)
    few = high / least < 1000
    steps = (1.0, 2.0, 5.0) if few else (1.0,)
    if low > 0:
        axis.set_major_locator(LogLocator(subs=steps, numticks=9))
    else:
        start, end = np.floor(np.log10(least)), np.floor(np.log10(high))
        decades = np.arange(start, end + 1, max(1, np.ceil((end - start + 1) / 8)))
        ticks = np.outer(10.0**decades, steps).ravel()
        axis.set_major_locator(FixedLocator([0.0, *ticks[(ticks >= least) & (ticks <= high)]]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    if few or low == 0:
        axis.set_minor_locator(NullLocator())


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> NDArray[np.float64]:
    """Return positions near to `positions`, in their order, at least `gap` apart, inside [low, high].

    Labels that would overlap are pushed apart as one block around their common centre. Where there is no room
    for all, the block keeps its gaps and begins at `low`.
    """
    order = np.argsort(positions, kind="stable")
    blocks: list[tuple[float, int]] = []
    for index in order:
        centre, count = float(np.clip(positions[index], low, high)), 1
        while blocks and centre - blocks[-1][0] < gap * (count + blocks[-1][1]) / 2 - 1e-12:
            other, size = blocks.pop()
            centre = (centre * count + other * size) / (count + size)
            count += size
            half = gap * (count - 1) / 2
            centre = max(min(centre, high - half), low + half)
        blocks.append((centre, count))
    placed = np.empty(len(positions))
    start = 0
    for centre, count in blocks:
        placed[order[start : start + count]] = centre + gap * (np.arange(count) - (count - 1) / 2)
        start += count
    return placed


def finish_layout(ax: Axes) -> None:
    """Settle where things stand, so that positions in pixels can be read."""
    figure = ax.get_figure(root=True)
    if figure is not None:
        with _drawing, boxed():
            figure.draw_without_rendering()
