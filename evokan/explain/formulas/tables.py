"""Splines that no function fitted, as plain values, as words and as a small picture: what is left is defined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evokan.spaces.graph import SplineTable

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 32
"""Characters of a picture."""


def table_to_json(table: SplineTable) -> dict[str, Any]:
    """Return grid, knots and coefficients of a spline.

    The value at x is sum_i coefficients[i] B_i(x) + base x / (1 + exp(-x)) + slope x, with the cubic B-splines B_i on
    knots[i] ... knots[i + 4], knots[k] = lo + (k - 3) h.
    """
    knots = table.lo + table.h * np.arange(-3, len(table.coefficients) + 1)
    return {
        "lo": float(table.lo),
        "h": float(table.h),
        "knots": knots.tolist(),
        "coefficients": [float(value) for value in table.coefficients],
        "base": float(table.base),
        "slope": float(table.slope),
    }


def table_from_json(data: Mapping[str, Any]) -> SplineTable:
    """Return what `table_to_json` was called on."""
    coefficients = np.array(data["coefficients"], dtype=np.float64)
    return SplineTable(float(data["lo"]), float(data["h"]), coefficients, float(data["base"]), float(data["slope"]))


def defined(name: str, table: SplineTable) -> str:
    """Return two lines: the spline's definition, to six digits (JSON, Python and C have all), and its course."""
    numbers = ", ".join(f"{value:.6g}" for value in table.coefficients)
    more = f" + {table.base:.6g}*u/(1 + exp(-u))" if table.base else ""
    more += f" + {table.slope:.6g}*u" if table.slope else ""
    end = table.lo + table.h * (len(table.coefficients) - 3)
    return (
        f"{name}(u) = sum_i c_i B_i(u){more}; cubic B-splines B_i on the knots lo + h (i - 3) ... lo + h (i + 1), "
        f"lo = {table.lo:.6g}, h = {table.h:.6g}, c = [{numbers}]\n"
        f"{name} from u = {table.lo:.4g} to {end:.4g}: {picture(table)}"
    )


def picture(table: SplineTable) -> str:
    """Return the course of a spline over its grid in bars, lowest value to highest."""
    end = table.lo + table.h * (len(table.coefficients) - 3)
    values = table(np.linspace(table.lo, end, WIDTH))
    low, high = float(values.min()), float(values.max())
    places = np.zeros(WIDTH) if not high > low else (values - low) / (high - low) * (len(BARS) - 1)
    return f"{''.join(BARS[int(place)] for place in np.round(places))} ({low:.4g} to {high:.4g})"
