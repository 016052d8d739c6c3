"""GA-KAN's tables at the paper's own size, 100 x 20, on ten splits a table, beside the rows of `gakan-tables`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import pandas as pd

from experiments.gakan.grid_extension import GRIDS
from experiments.gakan.published import PUBLISHED
from experiments.gakan.tables import FIRST_SPLIT, QUICK_SEARCH, Part, measure
from experiments.gakan.tables_models import (
    DEEP_EXTENDED,
    DEEP_PAPER,
    EVOLVED,
    EVOLVED_PAPER,
    EVOLVED_SMALL,
    WIDE_EXTENDED,
    WIDE_PAPER,
)
from experiments.gakan.tables_report import report
from experiments.harness import Context, Experiment, Rows
from experiments.pages import Measurements
from experiments.parallel import in_order
from experiments.study import at_hand, part_sizes

SPLITS = 10
SEARCH = {"population": 100, "generations": 20}
PARTS = (EVOLVED, EVOLVED_PAPER, WIDE_EXTENDED, DEEP_EXTENDED, WIDE_PAPER, DEEP_PAPER)
NOTE = (
    f"The other full KANs and the baselines are those of `tables.md`, on the same splits; *{EVOLVED_SMALL}* are its searches, "
    "so the p beside them says what the larger search is worth. *grid extension*: a full KAN on grids "
    f"{', '.join(map(str, GRIDS))}, each beginning as what the one before has learned, and the grid with the lowest validation "
    "loss over five seeds taken; *paper preset* of a full KAN: raw features, one hold-out, grid 5."
)


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, all tables' first split first, and write rows, times and page after each split of a table."""
    folder = context.folder("gakan")
    names = ["iris", "wine"] if context.quick else at_hand(PUBLISHED, silent=context.silent)
    size = QUICK_SEARCH if context.quick else SEARCH
    splits = [FIRST_SPLIT + number for number in range(2 if context.quick else context.seeds or SPLITS)]
    rows, seconds = rows_of(folder), seconds_of(folder)
    page = folder / "tables_full.md"
    missing = rows.missing([(name, split, part) for split in splits for name in names for part in PARTS])
    results = in_order(measure, [Part(*piece, size) for piece in missing], context.workers)
    for piece, after in zip_longest(context.each("searches", missing), missing[1:]):
        found, spent = next(results)
        rows.add(*found)
        seconds.add(dict(zip(("dataset", "split", "part"), piece, strict=True)) | {"cpu_seconds": round(spent, 1)})
        if after is None or after[:2] != piece[:2]:
            _write(page, folder, rows, seconds, size)
    _write(page, folder, rows, seconds, size)
    return [rows.path, seconds.path, page]


def rows_of(folder: Path) -> Rows:
    """Return the file of figures."""
    return Rows(folder / "tables_full.csv", ("dataset", "split", "part"))


def seconds_of(folder: Path) -> Measurements:
    """Return the file of times and conditions."""
    return Measurements(folder / "tables_full_seconds.csv", ("dataset", "split", "part"))


def _write(page: Path, folder: Path, rows: Rows, seconds: Measurements, size: dict[str, int]) -> None:
    frame = beside(pd.DataFrame(rows.read()), folder / "tables")
    sizes = {name: part_sizes(name) for name in dict.fromkeys(frame["dataset"])}
    text = report(frame, pd.DataFrame(seconds.values()), size, sizes, "GA-KAN's tables at the paper's own size", NOTE)
    page.write_text(text, encoding="utf-8")


def beside(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Return rows with those that `gakan-tables` has of the same splits, its searches under a name of their own."""
    parts = [frame]
    for name in dict.fromkeys(frame["dataset"]):
        path = folder / f"{name}.csv"
        if path.exists():
            known = pd.read_csv(path, dtype=str, keep_default_na=False)
            known = known[known["split"].isin(frame.loc[frame["dataset"] == name, "split"])]
            known = known[known["model"] != EVOLVED_PAPER]
            parts.append(known.assign(model=known["model"].replace(EVOLVED, EVOLVED_SMALL)))
    return pd.concat(parts, ignore_index=True)


EXPERIMENT = Experiment("gakan-tables-full", "GA-KAN's tables at the paper's own size, 100 x 20, ten splits", run)
