"""Which model to take for a table: searches, their cheap rivals, the usual models and glass boxes, with equal time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from evokan.errors import InputError
from evokan.plots.style import save
from experiments.comparison import calibration
from experiments.comparison.methods import METHODS, Task, measure, unfinished
from experiments.comparison.page import Progress, page
from experiments.comparison.pictures import critical_differences, front
from experiments.comparison.standings import Standings, numbers, whole_splits
from experiments.harness import Context, Experiment, Rows
from experiments.pages import conditions
from experiments.parallel import guarded


def run(context: Context) -> Sequence[Path]:
    """Calibrate and run what is missing, and write rows, page and pictures: anew whenever a split of all tables is whole."""
    wanted = calibration.intended(context)
    folder, seconds = wanted.folder, wanted.seconds
    measured = calibration.calibrated(context, wanted)
    pieces, kept = calibration.planned(context, wanted, measured)

    rows = Rows(folder / "comparison.csv", ("table", "split", "method"))
    tasks = {piece[:3]: piece for piece in kept}
    _of_these_budgets(rows, tasks)
    missing = rows.missing(list(tasks))
    machines = Rows(folder / "conditions.csv", ("conditions",))
    if missing:
        here = conditions(*filter(None, (METHODS[name].package for name in wanted.methods)))
        machines.add(*({"conditions": line} for (line,) in machines.missing([(here,)])))
    # In their order, so that the same seeds give the same file whatever the number of processes.
    left = [tasks[key] for key in missing]
    results = guarded(measure, left, context.workers, calibration.GUARD, unfinished)
    far = Progress(len(kept), len(pieces), wanted.lacking)
    for task, after in zip(context.each("models", left), [*left[1:], None][: len(left)], strict=True):
        rows.add(next(results))
        if after is not None and after.split != task.split:
            _write(folder, rows, machines, seconds, far)
    return [rows.path, measured.path, *_write(folder, rows, machines, seconds, far)]


def _of_these_budgets(rows: Rows, tasks: Mapping[tuple[str, int, str], Task]) -> None:
    """Check that the rows that are there have the budgets of the calibration that is.

    Raises
    ------
    InputError
        They have others: `calibration.csv` is not the one that they were made with.
    """
    for row in rows.read():
        task = tasks.get((row["table"], int(row["split"]), row["method"]))
        if task is not None and str(task.steps) != row["steps"]:
            raise InputError(
                f"{rows.path}: {task.method} has {row['steps']} steps on {task.table}, by {calibration.FILE} it is to have "
                f"{task.steps}: the rows are of another calibration; bring that one back, or name another --out"
            )


def _write(folder: Path, rows: Rows, machines: Rows, seconds: float, far: Progress) -> list[Path]:
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
    text = page(standings, seconds, under, far, done=len(found))
    target.write_text(text, encoding="utf-8")
    return [target, ranks, sizes]


EXPERIMENT = Experiment(
    "comparison", "which model to take for a table: searches, usual models and glass boxes with equal time", run
)
