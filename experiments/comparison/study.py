"""Which model to take for a table: searches, their cheap rivals, the usual models and glass boxes, with equal time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evokan.plots.style import save
from experiments.comparison import calibration
from experiments.comparison.methods import Task, measure, unfinished
from experiments.comparison.page import page
from experiments.comparison.pictures import critical_differences, front
from experiments.comparison.standings import Standings, numbers, whole_splits
from experiments.harness import Context, Experiment, Rows
from experiments.pages import conditions
from experiments.parallel import guarded


def run(context: Context) -> Sequence[Path]:
    """Calibrate and run what is missing, and write rows, page and pictures: anew whenever a split of a table is whole."""
    wanted = calibration.intended(context)
    folder, seconds = wanted.folder, wanted.seconds
    measured = calibration.calibrated(context, wanted)
    pieces, kept = calibration.planned(context, wanted, measured)

    rows = Rows(folder / "comparison.csv", ("table", "split", "method"))
    steps = {piece[:3]: piece.steps for piece in kept}
    missing = rows.missing([piece[:3] for piece in kept])
    machines = Rows(folder / "conditions.csv", ("conditions",))
    if missing:
        machines.add(*({"conditions": line} for (line,) in machines.missing([(conditions(),)])))
    # In their order, so that the same seeds give the same file whatever the number of processes.
    tasks = [Task(*key, steps[key]) for key in missing]
    results = guarded(measure, tasks, context.workers, calibration.LIMIT, unfinished)
    for task, after in zip(context.each("models", tasks), [*tasks[1:], None], strict=True):
        rows.add(next(results))
        if after is not None and after[:2] != task[:2]:
            _write(folder, rows, machines, seconds, len(pieces))
    return [rows.path, measured.path, *_write(folder, rows, machines, seconds, len(pieces))]


def _write(folder: Path, rows: Rows, machines: Rows, seconds: float, planned: int) -> list[Path]:
    """Write page and pictures of the splits that are whole, and return where they are; nothing where there is none."""
    found = rows.read()
    frame = whole_splits(numbers(found))
    if frame.empty:
        return []
    standings = Standings(frame)
    target, ranks, sizes = folder / "comparison.md", folder / "ranks.png", folder / "front.png"
    save(critical_differences(standings), ranks)
    save(front(standings), sizes)
    under = [line["conditions"] for line in machines.read()]
    text = page(standings, seconds, calibration.LIMIT, under, (len(found), planned))
    target.write_text(text, encoding="utf-8")
    return [target, ranks, sizes]


EXPERIMENT = Experiment(
    "comparison", "which model to take for a table: searches, usual models and glass boxes with equal time", run
)
