"""Which model to take for a table: searches, their cheap rivals, the usual models and glass boxes, with equal time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from evokan.cli.printing import console
from evokan.plots.style import save
from experiments.comparison import calibration
from experiments.comparison.methods import Task, measure, present
from experiments.comparison.page import page
from experiments.comparison.pictures import critical_differences, front
from experiments.comparison.standings import Standings, numbers
from experiments.comparison.tables import CLASSIFICATION, MADE, REGRESSION, SPLITS, register, split_seeds
from experiments.harness import Context, Experiment, Rows
from experiments.pages import Measurements, conditions
from experiments.parallel import in_order
from experiments.study import at_hand

SECONDS, QUICK_SECONDS = 20.0, 0.5
"""Processor seconds of one core for each piece."""
QUICK = ("iris", "friedman-3")


def run(context: Context) -> Sequence[Path]:
    """Calibrate and run what is missing, and write rows, page and pictures."""
    folder = context.results / ("comparison-quick" if context.quick else "comparison")
    register()
    wanted = QUICK if context.quick else (*CLASSIFICATION, *REGRESSION, *MADE)
    names, methods = at_hand(wanted, silent=context.silent), present(silent=context.silent)
    seconds = QUICK_SECONDS if context.quick else SECONDS
    most = 1 if context.quick else context.seeds or SPLITS

    measured = Measurements(folder / "calibration.csv", ("table", "method"))
    left = measured.missing([(name, method) for name in names for method in methods])
    costs = in_order(calibration.measure, [calibration.Key(*key, seconds) for key in left], context.workers)
    for _ in context.each("calibration", left):
        measured.add(next(costs))

    known = calibration.costs(measured.values())
    pieces = calibration.plan(names, methods, known, partial(split_seeds, most=most), seconds)
    kept = calibration.affordable(pieces)
    if not context.silent:
        console().print(calibration.expectation(pieces, kept, seconds), soft_wrap=True)

    rows = Rows(folder / "comparison.csv", ("table", "split", "method"))
    steps = {piece[:3]: piece.steps for piece in kept}
    missing = rows.missing([piece[:3] for piece in kept])
    machines = Rows(folder / "conditions.csv", ("conditions",))
    if missing:
        machines.add(*({"conditions": line} for (line,) in machines.missing([(conditions(),)])))
    # In their order, so that the same seeds give the same file whatever the number of processes.
    results = in_order(measure, [Task(*key, steps[key]) for key in missing], context.workers)
    for _ in context.each("models", missing):
        rows.add(next(results))

    standings = Standings(numbers(rows.read()))
    ranks, sizes = folder / "ranks.png", folder / "front.png"
    save(critical_differences(standings), ranks)
    save(front(standings), sizes)
    target = folder / "comparison.md"
    text = page(standings, seconds, [line["conditions"] for line in machines.read()])
    target.write_text(text, encoding="utf-8")
    return [rows.path, measured.path, target, ranks, sizes]


EXPERIMENT = Experiment(
    "comparison", "which model to take for a table: searches, usual models and glass boxes with equal time", run
)
