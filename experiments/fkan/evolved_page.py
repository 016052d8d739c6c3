"""The page of the study of evolution over equations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.fkan.evolved_equations import EQUATIONS
from experiments.pages import Aim, Row, aims_table, number, table
from search_spaces.fkan.residual import STEP

STRATEGIES = {
    "evolution": "12 networks a generation, as `evokan search` evolves them",
    "rungs": "the same, but most networks get a quarter of the iterations only, and the better quarter goes on from there (as by "
    "default)",
    "random": "networks drawn as those of the first generation are",
    "seeds": "the family's seeds in turn, from ever new initial values",
    "paper": "the paper's network for its Lane-Emden equations, from ever new initial values",
    "paper, long": "one training of that network with all iterations",
}
EVOLVED = ("evolution", "rungs")
POPULATION = 12
STEPS = 20
"""Of one training, as by default: 100 iterations of Levenberg and Marquardt."""
TRAININGS = 30
"""Whole ones that every strategy can pay for: 3,000 iterations."""
WHOLE = "whole search"
"""Of the pendulum, 12 x 3 with all other settings as they are: evolution, fresh trainings of the front, final fits."""
AIM_ERROR, AIM_SECONDS = 1e-6, 30.0


def report(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the page."""
    parts = [
        "Largest error over 1,001 points against a Runge-Kutta solution to 1e-11, of the network with the lowest loss at the "
        "held-out points; nothing is chosen by its error. Every strategy may spend as many evaluations of its equation as "
        f"{TRAININGS} trainings of {STEP['levenberg-marquardt'] * STEPS} iterations of the Levenberg-Marquardt method take, "
        "and is cut off there; networks that come up again are not trained again, so evolution goes on for longer. "
        + " ".join(f"`{name}`: {text}." for name, text in STRATEGIES.items()),
    ]
    verdicts: list[str] = []
    compared = [row for row in rows if row["strategy"] in STRATEGIES]
    for equation in dict.fromkeys(row["equation"] for row in compared):
        own = [row for row in compared if row["equation"] == equation]
        lines = [_line(strategy, own) for strategy in STRATEGIES if any(row["strategy"] == strategy for row in own)]
        header = (
            "strategy",
            "seeds",
            "median error",
            "range",
            "median loss",
            "at half",
            "parameters",
            "CPU s",
            "better",
        )
        parts += [f"## {EQUATIONS[equation].name}", EQUATIONS[equation].summary + ".", table(header, lines)]
        verdicts.append(_verdict(equation, own))
    if verdicts:
        parts += [
            "`better`: on how many seeds evolution has the lower error. Losses are those at the held-out points, `at half` "
            "that after half of the evaluations; parameters of the network found, medians.",
            "## What evolution is worth",
            "\n".join(f"- {verdict}" for verdict in verdicts),
        ]
    else:
        parts.append("No strategy has been measured yet.")
    return [*parts, *_whole(rows)]


def _line(strategy: str, rows: Sequence[Row]) -> Sequence[str | float]:
    part = [row for row in rows if row["strategy"] == strategy]
    errors = [row["error"] for row in part]
    better = "" if strategy == "evolution" else _better(strategy, rows)
    return (
        strategy,
        str(len(part)),
        f"{np.median(errors):.1e}",
        f"{min(errors):.1e} to {max(errors):.1e}",
        *(_median(part, name) for name in ("val_loss", "val_loss_half")),
        number(float(np.median([row["n_params"] for row in part]))),
        number(float(np.median([row["cpu_seconds"] for row in part]))),
        better,
    )


def _median(rows: Sequence[Row], name: str) -> str:
    """Return the median of a loss; nothing where half of the evaluations had seen no training end."""
    found = float(np.median([row[name] for row in rows]))
    return f"{found:.1e}" if np.isfinite(found) else ""


def _better(strategy: str, rows: Sequence[Row]) -> str:
    """Return on how many of the seeds that both have evolution has the lower error."""
    ours, theirs = (
        {row["seed"]: row["error"] for row in rows if row["strategy"] == s} for s in ("evolution", strategy)
    )
    both = ours.keys() & theirs.keys()
    return f"{sum(ours[seed] < theirs[seed] for seed in both)} of {len(both)}"


def _verdict(equation: str, rows: Sequence[Row]) -> str:
    """Return how evolution compares with the best of its rivals, by the median error."""
    found = {
        strategy: [row["error"] for row in rows if row["strategy"] == strategy]
        for strategy in STRATEGIES
        if any(row["strategy"] == strategy for row in rows)
    }
    medians = {strategy: float(np.median(errors)) for strategy, errors in found.items()}
    ours = {strategy: medians.pop(strategy) for strategy in EVOLVED if strategy in medians}
    if "evolution" not in ours or not medians:
        return f"{equation}: not measured against anything."
    best = min(medians, key=lambda strategy: medians[strategy])
    on_rungs = f", on rungs {ours['rungs']:.1e}" if "rungs" in ours else ""
    return (
        f"{equation}: evolution has a median error of {ours['evolution']:.1e}{on_rungs}; the best of its rivals, `{best}`, has "
        f"{medians[best]:.1e}, so evolution {'wins' if min(ours.values()) < medians[best] else '**does not win**'}."
    )


def _whole(rows: Sequence[Row]) -> list[str]:
    """Return what whole searches of the pendulum reach; nothing where none was run."""
    part = [row for row in rows if row["strategy"] == WHOLE]
    if not part:
        return []
    error, seconds = (float(np.median([row[name] for row in part])) for name in ("error", "cpu_seconds"))
    what = f"pendulum, {POPULATION} x 3, median of {len(part)}"
    aims = [
        Aim(f"{what}: error", AIM_ERROR, error, at_least=False),
        Aim(f"{what}: one core", AIM_SECONDS, seconds, at_least=False, unit=" s"),
    ]
    lines = [
        (
            str(row["seed"]),
            f"{row['error']:.1e}",
            f"{row['val_loss']:.1e}",
            number(row["cpu_seconds"]),
            str(row["trainings"]),
            number(row["n_params"]),
        )
        for row in part
    ]
    return [
        "## A whole search",
        f"`evokan search --equation FILE.py --population {POPULATION} --generations 3` of the pendulum, all other settings as they "
        "are: evolution on rungs, the front and the survivors trained again with fresh seeds, the final fit. Seconds are those "
        "of the processor, without the start of Python; pictures and formula are left out.",
        aims_table(aims),
        table(("seed", "error", "lowest loss", "CPU s", "trainings", "parameters"), lines),
    ]
