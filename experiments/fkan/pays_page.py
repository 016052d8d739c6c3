"""The page on where networks pay: who has the lowest error, in what time, and what to take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from evokan.plots import save
from evokan.plots.style import BLUE, GREEN, INK, LABEL_PT, TICK_PT, VERMILLION, dress, fit_axis, styled
from experiments.fkan.pays_problems import TRUST
from experiments.pages import Row, number, table

WIDTHS = {"ball": (12, 12), "friction": (8, 8), "fisher": (8, 8)}
"""Neurons of both networks' layers, by problem."""
TITLES = {
    "ball-2": "Poisson in a disc",
    "ball-3": "Poisson in a ball",
    "ball-5": "Poisson in a ball of five dimensions",
    "friction": "pendulum with an unknown friction",
    "fisher": "Fisher's equation, from 80 measurements",
}
COLOURS = {"fkan": BLUE, "tanh": VERMILLION, "scipy": INK, "data alone": GREEN}
NETWORKS = ("fkan", "tanh")
LEAST = 1e-3
"""Processor seconds, where logarithmic axes begin."""
CLEAR = 2.0
"""Factor from which on errors and times count as different."""


def last_rows(rows: Sequence[Row], problem: str, method: str) -> list[Row]:
    """Return the last row of every seed."""
    return [*{row["seed"]: row for row in rows if (row["problem"], row["method"]) == (problem, method)}.values()]


def report(rows: Sequence[Row], picture: Path) -> list[str]:
    """Return the parts of the page."""
    problems = list(dict.fromkeys(row["problem"] for row in rows))
    lines: list[Sequence[str | float]] = []
    for problem in problems:
        for method in COLOURS:
            part = last_rows(rows, problem, method)
            if not part:
                continue
            errors = [row["error"] for row in part]
            missed = [row["coefficient_error"] for row in part if row["coefficient_error"] != ""]
            lines.append(
                (
                    TITLES[problem],
                    method,
                    len(part),
                    int(part[0]["numbers"]),
                    int(np.median([row["stop"] for row in part])) if method in NETWORKS else "",
                    f"{np.median(errors):.1e}",
                    f"{min(errors):.1e} to {max(errors):.1e}" if len(errors) > 1 else "",
                    f"{100.0 * np.median(missed):.2g} %" if missed else "",
                    number(float(np.median([row["cpu_seconds"] for row in part]))),
                )
            )
    return [
        "Error: the largest one at 2,000 points, of the grid at its own points. Both networks have two layers of "
        + ", ".join(f"{one[0]} ({name})" for name, one in WIDTHS.items())
        + " neurons, `fkan` blocks of degree 3, which a search on an equation begins with; the same points and conditions, the "
        "same Levenberg-Marquardt method and the same processor time, counted from the first iteration; the derivatives of "
        "`fkan` are compiled, those of `tanh` written by hand in NumPy, and the table has the median of how many iterations that "
        "leaves time for. Where there are "
        f"measurements residuals are multiplied by {TRUST:g}, since the equation is exact and they are not; that was chosen after "
        "a look at equal weights, which leave the coefficients further off. Nothing else was tuned.",
        "- **Poisson** in the unit ball, u = 1 / (1 + |x - c|^2) given on the surface: 200 points inside for each dimension, 100 "
        "on the surface. `scipy`: central differences, of unequal steps next to the surface, on the finest of the grids that were tried "
        "(`spsolve`, beyond two dimensions `bicgstab`).",
        "- **Friction**: theta'' + k theta' + sin(theta) = 0 on [0, 10], k and the initial values unknown, 20 "
        "measurements of deviation 0.02. `scipy`: `least_squares` around `solve_ivp`.",
        "- **Fisher**: u_t = D u_xx + r u (1 - u) on [-5, 5] x [0, 2], D, r, initial and boundary values unknown, 80 "
        "measurements of deviation 0.01 inside. `scipy`: `least_squares` around the method of lines, initial and boundary values as splines of "
        "15 numbers. Networks keep the iterate that misses 16 of the 80 least. `data alone`: `RBFInterpolator` without any "
        "equation, its smoothing chosen by the same 16.",
        table(
            (
                "problem",
                "method",
                "seeds",
                "numbers",
                "iterations",
                "median error",
                "range",
                "coefficients off by",
                "median CPU s",
            ),
            lines,
        ),
        "## Who wins",
        f"By medians; factors below {CLEAR:g} count as none.",
        table(
            (
                "problem",
                "SciPy's error / fKAN's",
                f"SciPy's time / fKAN's to at most {CLEAR:g} times its error",
                "solution",
                "coefficients off by, SciPy's / fKAN's",
                "coefficients",
                "tanh's error / fKAN's",
                "solution",
            ),
            [_verdict(rows, problem) for problem in problems],
        ),
        f"![error against processor time]({picture.name})",
        "What is compared is what one writes down in an hour, on smooth solutions. In a box instead of a ball a fast sine "
        "transform solves the grid's equations at once, and in a disc a spectral method converges faster than any power of the "
        "step: where one of them fits, take it (neither is measured here).",
    ]


def _verdict(rows: Sequence[Row], problem: str) -> tuple[str, ...]:
    """Return one line: ratios of errors and times, who wins, and whether fractional blocks do better than tanh."""
    errors, missed = (_medians(rows, problem, figure) for figure in ("error", "coefficient_error"))
    if len(errors) < 3:
        return TITLES[problem], "", "", "open, not measured yet", "", "", "", ""
    seconds = float(np.median([row["cpu_seconds"] for row in last_rows(rows, problem, "scipy")]))
    reached = _time_to(rows, problem, errors["scipy"] * CLEAR)
    times = None if reached is None else seconds / reached
    ratio, other = errors["scipy"] / errors["fkan"], errors["tanh"] / errors["fkan"]
    off = missed["scipy"] / missed["fkan"] if missed else None
    return (
        TITLES[problem],
        number(ratio),
        "not reached" if times is None else number(times),
        _winner(ratio, times),
        "" if off is None else number(off),
        "" if off is None else _ahead(off, "**SciPy wins**", "the network pays"),
        number(other),
        _ahead(other, "tanh is ahead", "fKAN is ahead"),
    )


def _medians(rows: Sequence[Row], problem: str, figure: str) -> dict[str, float]:
    """Return the median of a figure by method, of those that have it."""
    found = {
        method: [row[figure] for row in last_rows(rows, problem, method) if row[figure] != ""]
        for method in ("fkan", "tanh", "scipy")
    }
    return {method: float(np.median(values)) for method, values in found.items() if values}


def _ahead(ratio: float, theirs: str, ours: str) -> str:
    """Return who is ahead, from the other's error over ours."""
    return "no difference" if 1.0 / CLEAR < ratio < CLEAR else ours if ratio > 1.0 else theirs


def _winner(errors: float, times: float | None) -> str:
    """Return who wins, from SciPy's error over fKAN's, and SciPy's time over that of fKAN to as small an error."""
    if times is None or errors < 1.0 / CLEAR:
        return "**SciPy wins**"
    if errors > CLEAR:
        return "the network pays: it is more exact"
    if times > CLEAR:
        return "the network pays: it is as exact, and faster"
    return "**SciPy wins**: as exact, and faster" if times < 1.0 / CLEAR else "a draw"


def _time_to(rows: Sequence[Row], problem: str, error: float) -> float | None:
    """Return the median over the seeds of fKAN's processor seconds to an error; None where most do not come to it."""
    seeds = sorted({row["seed"] for row in rows if (row["problem"], row["method"]) == (problem, "fkan")})
    times = []
    for seed in seeds:
        own = [row for row in rows if (row["problem"], row["method"], row["seed"]) == (problem, "fkan", seed)]
        times.append(min((row["cpu_seconds"] for row in own if row["error"] <= error), default=np.inf))
    median = float(np.median(times))
    return median if np.isfinite(median) else None


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw errors against processor time, a frame for each problem."""
    problems = list(dict.fromkeys(row["problem"] for row in rows))
    with styled():
        figure = Figure(figsize=(11.0, 6.4), layout="constrained")
        frames = figure.subplots(2, 3).ravel()
        for axes, problem in zip(frames, problems, strict=False):
            for method, colour in COLOURS.items():
                part = [row for row in rows if (row["problem"], row["method"]) == (problem, method)]
                for place, seed in enumerate(dict.fromkeys(row["seed"] for row in part)):
                    own = [row for row in part if row["seed"] == seed]
                    axes.plot(
                        [max(row["cpu_seconds"], LEAST) for row in own],
                        [row["error"] for row in own],
                        color=colour,
                        linewidth=1.2,
                        marker="o" if method in ("scipy", "data alone") else "",
                        markersize=4,
                        label=None if place else method,
                    )
            part = [row for row in rows if row["problem"] == problem]
            fit_axis(axes.xaxis, [max(row["cpu_seconds"], LEAST) for row in part])
            fit_axis(axes.yaxis, [row["error"] for row in part])
            dress(axes, x_label="processor seconds", y_label="largest error")
            axes.set_title(TITLES[problem], fontsize=LABEL_PT)
        for axes in frames[len(problems) :]:
            axes.set_axis_off()
        handles = {
            label: handle for axes in frames for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        frames[-1].legend(handles.values(), handles.keys(), loc="center", fontsize=TICK_PT)
        save(figure, path)
