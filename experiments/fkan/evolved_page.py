"""The page of the study of evolution over equations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evokan.arrays import FloatArray
from evokan.reports.compare import signed_rank_p
from evokan.searching.finalists import LONGER_FIT
from experiments.fkan.evolved_equations import EQUATIONS
from experiments.pages import Aim, Row, aims_table, number, table
from search_spaces.fkan.residual import STEP

LONG, LONGER = "paper, long", "seeds, longer"
"""The rivals of a whole search."""
STRATEGIES = {
    "evolution": "12 networks a generation, as `evokan search` evolves them",
    "rungs": "the same, but most networks get a quarter of the iterations only, and the better quarter goes on from there (as by "
    "default)",
    "random": "networks drawn as those of the first generation are, the family's seeds before them: with the same seed it begins "
    "with the networks that evolution begins with",
    "seeds": "the family's seeds in turn, from ever new initial values",
    LONGER: f"the same, each for {LONGER_FIT} times as many iterations, as a whole search ends",
    "paper": "the paper's network for its Lane-Emden equations, from ever new initial values",
    LONG: "one training of that network with all iterations",
}
EVOLVED = ("evolution", "rungs")
POPULATION = 12
STEPS = 20
"""Of one training, as by default: 100 iterations of Levenberg and Marquardt."""
TRAININGS = 30
"""Whole ones that every strategy can pay for: 3,000 iterations."""
WHOLE = "whole search"
"""12 x 3 with all other settings as they are: evolution, fresh trainings of the front, final fits."""
AIM_OF, AIM_ERROR, AIM_SECONDS = "pendulum", 1e-6, 30.0
HEADS = (
    *("strategy", "seeds", "median error", "range", "median loss", "at half"),
    *("parameters", "evaluations", "trainings", "CPU s", "better"),
)
ALPHA = 0.05
"""Of the signed-rank test over the seeds."""


def report(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the page."""
    parts = [
        "Largest error over 1,001 points against a Runge-Kutta solution to 1e-11, of the network with the lowest loss at the "
        "held-out points; nothing is chosen by its error. Every strategy may spend as many evaluations of its equation as "
        f"{TRAININGS} trainings of {STEP['levenberg-marquardt'] * STEPS} iterations of the Levenberg-Marquardt method take, "
        "and ends with the training that goes beyond; networks that come up again are not trained again, so evolution goes on "
        "for longer. " + " ".join(f"`{name}`: {text}." for name, text in STRATEGIES.items()),
    ]
    verdicts: list[str] = []
    compared = [row for row in rows if row["strategy"] in STRATEGIES]
    for equation in dict.fromkeys(row["equation"] for row in compared):
        own = [row for row in compared if row["equation"] == equation]
        lines = [_line(strategy, own) for strategy in STRATEGIES if any(row["strategy"] == strategy for row in own)]
        parts += [f"## {EQUATIONS[equation].name}", EQUATIONS[equation].summary + ".", table(HEADS, lines)]
        verdicts.append(_verdict(equation, own))
    if verdicts:
        parts += [
            "`better`: on how many seeds evolution has the lower error, and the same one. Losses are those at the held-out points, `at half` "
            "that after half of the evaluations; parameters of the network found, evaluations and trainings spent, medians.",
            "## What evolution is worth",
            "\n".join(f"- {verdict}" for verdict in verdicts),
        ]
    else:
        parts.append("No strategy has been measured yet.")
    return [*parts, *_whole(rows)]


def _line(strategy: str, rows: Sequence[Row], ours: str = "evolution") -> Sequence[str | float]:
    """Return a line of a table under `HEADS`; the last cell compares `ours` with the strategy."""
    part = [row for row in rows if row["strategy"] == strategy]
    errors = [row["error"] for row in part]
    better = "" if strategy == ours else _better(ours, strategy, rows)
    return (
        strategy,
        str(len(part)),
        f"{np.median(errors):.1e}",
        f"{min(errors):.1e} to {max(errors):.1e}",
        *(_median(part, name) for name in ("val_loss", "val_loss_half")),
        *(
            number(float(np.median([row[name] for row in part])))
            for name in ("n_params", "evaluations", "trainings", "cpu_seconds")
        ),
        better,
    )


def _median(rows: Sequence[Row], name: str) -> str:
    """Return the median of a loss; nothing where half of the evaluations had seen no training end."""
    found = float(np.median([row[name] for row in rows]))
    return f"{found:.1e}" if np.isfinite(found) else ""


def _pairs(ours: str, theirs: str, rows: Sequence[Row]) -> FloatArray:
    """Return the logarithms of the ratios of errors, one for each of the seeds that both have."""
    first, second = ({row["seed"]: row["error"] for row in rows if row["strategy"] == s} for s in (ours, theirs))
    return np.array([np.log(first[seed] / second[seed]) for seed in sorted(first.keys() & second.keys())])


def _better(ours: str, theirs: str, rows: Sequence[Row]) -> str:
    """Return on how many of the seeds that both have the first has the lower error, and on how many the same."""
    ratios = _pairs(ours, theirs, rows)
    equal = int((ratios == 0).sum())
    return f"{int((ratios < 0).sum())} of {len(ratios)}" + (f", {equal} equal" if equal else "")


def _verdict(equation: str, rows: Sequence[Row], praised: Sequence[str] = EVOLVED) -> str:
    """Return how what is `praised` compares with the best of its rivals, by the median error."""
    found = {
        strategy: [row["error"] for row in rows if row["strategy"] == strategy]
        for strategy in (*STRATEGIES, WHOLE)
        if any(row["strategy"] == strategy for row in rows)
    }
    medians = {strategy: float(np.median(errors)) for strategy, errors in found.items()}
    ours = {strategy: medians.pop(strategy) for strategy in praised if strategy in medians}
    if not ours or not medians:
        return f"{equation}: not measured against anything."
    best = min(medians, key=lambda strategy: medians[strategy])
    parts = []
    for strategy, error in ours.items():
        ratios = _pairs(strategy, best, rows)
        p, lower = signed_rank_p(ratios), error < medians[best]
        said = "is ahead, within chance" if lower else "**does not win**"
        if lower and p < ALPHA and np.median(ratios) < 0:
            said = "wins"
        parts.append(
            f"`{strategy}` has {error:.1e} and {said} (lower on {_better(strategy, best, rows)} seeds, p = {p:.2g})"
        )
    return f"{equation}: the best of the rivals by its median error, `{best}`, has {medians[best]:.1e}; {'; '.join(parts)}."


def _whole(rows: Sequence[Row]) -> list[str]:
    """Return what whole searches reach beside long trainings without any; nothing where none was run."""
    part = [row for row in rows if row["strategy"] == WHOLE]
    if not part:
        return []
    judged = [row for row in part if row["equation"] == AIM_OF]
    what = f"{AIM_OF}, {POPULATION} x 3, median of {len(judged)}"
    aims = [
        Aim(f"{what}: {said}", aim, float(np.median([row[name] for row in judged])), at_least=False, unit=unit)
        for name, said, aim, unit in (("error", "error", AIM_ERROR, ""), ("cpu_seconds", "one core", AIM_SECONDS, " s"))
        if judged
    ]
    lines, verdicts = [], []
    for equation in dict.fromkeys(row["equation"] for row in part):
        own = [row for row in rows if row["equation"] == equation and row["strategy"] in (WHOLE, LONG, LONGER)]
        lines += [
            (equation, *_line(strategy, own, WHOLE)) for strategy in dict.fromkeys(row["strategy"] for row in own)
        ]
        verdicts.append(_verdict(equation, own, (WHOLE,)))
    heads = ("equation", *HEADS[:4], *HEADS[6:-1], "`whole search` is better")
    return [
        "## A whole search",
        f"`evokan search --equation FILE.py --population {POPULATION} --generations 3`, all other settings as they "
        "are: evolution on rungs, the front and the survivors trained again with fresh seeds, the final fits, "
        f"{LONGER_FIT} times as long as a training of the search. It spends what these take, and the network is the one that it "
        "chooses. Seconds are those of the processor, without the start of Python; pictures and formula are left out.",
        aims_table(aims),
        table(heads, [(*line[:5], *line[7:]) for line in lines]),
        "\n".join(f"- {verdict}" for verdict in verdicts),
    ]
