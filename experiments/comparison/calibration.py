"""What a method takes on a table, measured once and stored, and the budgets that follow from it.

Budgets follow from the file alone, so that a study run again with the same file does the same work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from evokan.cli.printing import console
from experiments.comparison.methods import METHODS, MOST_SECONDS, Task, fit, present
from experiments.comparison.tables import FIRST_SPLIT, SPLITS, in_turns, register, split_seeds
from experiments.harness import Context, Experiment
from experiments.pages import Measurements
from experiments.parallel import guarded
from experiments.study import at_hand

SECONDS, QUICK_SECONDS = 20.0, 0.5
"""Processor seconds of one core for each piece."""
FILE = "calibration.csv"
LIMIT = 2 * MOST_SECONDS
"""Processor seconds after which the measurement of a method is given up. A search does at most twice the least that it can do
there, so that the least of what is given up takes more than `MOST_SECONDS`. By the clock see `experiments.parallel.PATIENCE`."""
GUARD = 600.0
"""The same of the study: far above what is tried, so that no row depends on how fast a machine is."""
QUICK = ("iris", "friedman-3")
SPLIT = FIRST_SPLIT - 1
"""No row of the study is of this split."""
FOLDS = 5
TINY = 1e-4
"""Seconds of a step that takes less than can be told."""
MOST_HOURS = 20.0
OVER = 1.5
"""What takes more than so many times its seconds is said to."""


class Key(NamedTuple):
    """What one process measures, for a budget of so many processor seconds."""

    table: str
    method: str
    seconds: float


class Cost(NamedTuple):
    """Processor seconds of a method on a table: what it takes anyway, and for each step."""

    fixed: float
    step: float


class Plan(NamedTuple):
    """What is to be compared, with how much time, and where its files lie.

    Attributes
    ----------
    lacking
        Tables and methods of the study that are not here.
    """

    folder: Path
    tables: list[str]
    methods: list[str]
    seconds: float
    lacking: tuple[str, ...] = ()


def intended(context: Context) -> Plan:
    """Return the tables and methods that are here; of the others a line says why they are left out."""
    register()
    folder = context.folder("comparison")
    all_names = QUICK if context.quick else in_turns()
    names, methods = at_hand(all_names, silent=context.silent), present(silent=context.silent)
    lacking = tuple(name for name in (*all_names, *METHODS) if name not in {*names, *methods})
    return Plan(folder, names, methods, QUICK_SECONDS if context.quick else SECONDS, lacking)


def calibrated(context: Context, wanted: Plan) -> Measurements:
    """Measure what has not been measured, and return the file of all that has."""
    measured = Measurements(wanted.folder / FILE, ("table", "method"))
    left = measured.missing([(name, method) for name in wanted.tables for method in wanted.methods])
    keys = [Key(*key, wanted.seconds) for key in left]
    found = guarded(measure, keys, context.workers, LIMIT, unfinished)
    for _ in context.each("calibration", keys):
        measured.add(next(found))
    return measured


def measure(key: Key) -> dict[str, Any]:
    """Return the row of a calibration: seconds by one run of a search, of a model by a fit and, where it pays, some settings.

    A model that could not be tuned anyway in `Key.seconds` is fitted once: a setting takes four fifths of each of five fits.
    """
    method = METHODS[key.method]
    product, reason, seconds = fit(key.table, SPLIT, key.method, method.probe)
    if method.probe:
        step = seconds / method.probe if product is None else product.step
        cost = Cost(seconds - method.probe * step, step)
    else:
        cost = Cost(seconds, seconds * (FOLDS - 1))
        if steps(key.method, cost, key.seconds) > method.least:
            _, reason, tuned = fit(key.table, SPLIT, key.method, method.tried)
            cost = Cost(seconds, max(tuned - seconds, 0.0) / method.tried)
    return _row(key, cost, reason)


def unfinished(key: Key, reason: str, seconds: float) -> dict[str, Any]:
    """Return the row of what came to no end: of a search the least takes too long, a model is fitted once as it comes."""
    return _row(key, Cost(max(seconds, key.seconds) if METHODS[key.method].probe else key.seconds, 0.0), reason)


def _row(key: Key, cost: Cost, reason: str) -> dict[str, Any]:
    return {
        "table": key.table,
        "method": key.method,
        "fixed_seconds": round(cost.fixed, 3),
        "step_seconds": round(cost.step, 4),
        "reason": reason,
    }


def costs(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Cost]:
    """Return what each method takes on each table, from the rows of a calibration."""
    return {
        (str(row["table"]), str(row["method"])): Cost(float(row["fixed_seconds"]), float(row["step_seconds"]))
        for row in rows
    }


def steps(method: str, cost: Cost, seconds: float) -> int:
    """Return the steps of a method that `seconds` allow: at least the fewest that it can do, at most all of them.

    A model has no use of one setting to compare.
    """
    kind = METHODS[method]
    left = max(seconds - cost.fixed, 0.0)
    count = kind.most if left > 0 and left >= cost.step * kind.most else int(left / max(cost.step, TINY))
    return max(kind.least, 0 if kind.least == 0 and count < 2 else count)


def budget(table: str, method: str, known: Mapping[tuple[str, str], Cost], seconds: float) -> tuple[int, float]:
    """Return the steps of a method on a table, and the seconds that they should take; see `steps` and `Method.after`."""

    def of(name: str) -> tuple[int, float]:
        cost = known[table, name]
        count = steps(name, cost, seconds)
        return count, cost.fixed + count * cost.step

    own, after = of(method), METHODS[method].after
    return max(own, of(after), key=itemgetter(0)) if after else own


def plan(
    names: Sequence[str],
    methods: Sequence[str],
    known: Mapping[tuple[str, str], Cost],
    splits: Callable[[str], Sequence[int]],
    seconds: float,
) -> list[Task]:
    """Return all pieces of the study: all tables' first split first, all methods of a split together.

    Parameters
    ----------
    splits
        Gives the split seeds of a table.
    seconds
        Of one core, for each piece.
    """
    seeds = {name: list(splits(name)) for name in names}
    pieces = []
    for number in range(max(map(len, seeds.values()), default=0)):
        for name in names:
            for method in methods:
                if number < len(seeds[name]):
                    count, expected = budget(name, method, known, seconds)
                    pieces.append(Task(name, seeds[name][number], method, count, expected))
    return pieces


def affordable(pieces: Sequence[Task], hours: float = MOST_HOURS) -> list[Task]:
    """Return the pieces before the first split that would end beyond so many core hours."""
    kept: list[Task] = []
    left, place = hours * 3600, 0
    while place < len(pieces):
        group = [piece for piece in pieces[place:] if (piece.table, piece.split) == pieces[place][:2]]
        left -= sum(piece.expected for piece in group if piece.is_tried)
        if left < 0:
            break
        kept += group
        place += len(group)
    return kept


def expectation(pieces: Sequence[Task], kept: Sequence[Task], seconds: float) -> str:
    """Return in words what the pieces will take, and what is left out because it would be too much."""
    tried = [piece for piece in kept if piece.is_tried]
    hours = sum(piece.expected for piece in tried) / 3600
    above = sum(piece.expected > OVER * seconds for piece in tried)
    text = (
        f"{len(kept):,} pieces, {hours:.1f} core hours expected; {above:,} take more than {OVER * seconds:g} s "
        "with the smallest budget there is"
    )
    if len(tried) < len(kept):
        text += f"; {len(kept) - len(tried):,} are not tried, since they would take more than {MOST_SECONDS:g} s"
    by_split: dict[int, float] = {}
    for piece in tried:
        by_split[piece.split] = by_split.get(piece.split, 0.0) + piece.expected / 3600
    text += f"; core hours by split: {', '.join(f'{hours:.2f}' for hours in by_split.values())}"
    if len(kept) < len(pieces):
        text += f"; {len(pieces) - len(kept):,} left out, beyond {MOST_HOURS:g} core hours"
    return text


def planned(context: Context, wanted: Plan, measured: Measurements) -> tuple[list[Task], list[Task]]:
    """Return all pieces and those that are affordable, and print what they will take."""
    most = 1 if context.quick else context.seeds or SPLITS
    pieces = plan(
        wanted.tables, wanted.methods, costs(measured.values()), partial(split_seeds, most=most), wanted.seconds
    )
    kept = affordable(pieces)
    if not context.silent:
        console().print(expectation(pieces, kept, wanted.seconds), soft_wrap=True)
    return pieces, kept


def run(context: Context) -> Sequence[Path]:
    """Measure what has not been measured, and say what the study will take."""
    wanted = intended(context)
    measured = calibrated(context, wanted)
    planned(context, wanted, measured)
    return [measured.path]


EXPERIMENT = Experiment("comparison-calibration", "what each method of the comparison takes on each table", run)
