"""Places of dots and ticks in the drawings of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

LEFT, RIGHT, TOP, BOTTOM = 52.0, 408.0, 14.0, 238.0
"""Where the axes lie in a drawing of 420 times 280 units."""


class Scale:
    """From values to places along an axis; logarithmic where positive values span more than a decade.

    Parameters
    ----------
    values
        Finite, at least one.
    start, end
        Places of the lowest and the highest.
    """

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        low, high = min(values), max(values)
        self.log = low > 0 and high > 10 * low
        self._start, self._end = start, end
        a, b = (math.log10(low), math.log10(high)) if self.log else (low, high)
        margin = 0.06 * (b - a) or 0.1 * abs(b) or 0.1
        self._low, self._high = a - margin, b + margin

    def place(self, value: float) -> float:
        """Return where a value lies, to a tenth of a unit."""
        share = ((math.log10(value) if self.log else value) - self._low) / (self._high - self._low)
        return round(self._start + share * (self._end - self._start), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return places and labels of some round values inside."""
        if self.log:
            decades = range(math.floor(self._low), math.ceil(self._high) + 1)
            steps = (1.0, 2.0, 5.0) if self._high - self._low < 2.5 else (1.0,)
            step = max(1, len(decades) // 6)
            values = [times * 10.0**decade for decade in [*decades][::step] for times in steps]
            inside = [value for value in values if self._low <= math.log10(value) <= self._high]
        else:
            from matplotlib.ticker import MaxNLocator

            values = [float(value) for value in MaxNLocator(5).tick_values(self._low, self._high)]
            inside = [value for value in values if self._low <= value <= self._high]
        return [(self.place(value), f"{value:.6g}") for value in inside]


def front_chart(rows: Sequence[dict[str, Any]], size: str) -> dict[str, Any] | None:
    """Return the front of error against size, ready to be drawn; None where there is no finite loss.

    Parameters
    ----------
    rows
        Of ``front`` of a summary.
    size
        Name of the size.
    """
    again = all("val_loss_mean" in row for row in rows)
    loss = "val_loss_mean" if again else "val_loss"
    shown = sorted((row for row in rows if math.isfinite(row[loss])), key=lambda row: (row[size], row[loss]))
    if not shown:
        return None
    spreads = [row["val_loss_sd"] if again and math.isfinite(row["val_loss_sd"]) else 0.0 for row in shown]
    ends = [row[loss] + spread for row, spread in zip(shown, spreads, strict=True)]
    ends += [row[loss] - spread for row, spread in zip(shown, spreads, strict=True) if row[loss] > spread]
    x = Scale([float(row[size]) for row in shown], LEFT, RIGHT)
    y = Scale([*ends, *(row[loss] for row in shown)], BOTTOM, TOP)
    dots = []
    for row, spread in zip(shown, spreads, strict=True):
        low = row[loss] - spread
        dots.append(
            {
                "id": row["id"],
                "chosen": bool(row.get("chosen")),
                "x": x.place(row[size]),
                "y": y.place(row[loss]),
                "top": y.place(row[loss] + spread),
                "bottom": min(y.place(low), BOTTOM) if low > 0 or not y.log else BOTTOM,
                "size": row[size],
                "loss": row[loss],
                "spread": spread,
            }
        )
    return {"dots": dots, "x": x.ticks(), "y": y.ticks(), "again": again}


def fit_chart(points: Sequence[Sequence[float]]) -> dict[str, Any] | None:
    """Return predicted against measured values, ready to be drawn on two equal axes; None where there is none."""
    finite = [point for point in points if all(map(math.isfinite, point))]
    if not finite:
        return None
    values = [value for point in finite for value in point]
    x, y = Scale(values, LEFT, RIGHT), Scale(values, BOTTOM, TOP)
    low, high = min(values), max(values)
    return {
        "dots": [(x.place(measured), y.place(said)) for measured, said in finite],
        "line": (x.place(low), y.place(low), x.place(high), y.place(high)),
        "x": x.ticks(),
        "y": y.ticks(),
    }
