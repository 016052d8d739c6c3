"""Where the folds of `fkan` stop: each at its own lowest loss, or all at one common iteration; on tables.

It decides a default: see `decision` for the rule and when it was written. Split seeds are below 300. Twice: of networks drawn as
those of a first generation the best by its folds is taken, a search at a small part of its cost; and by whole searches, fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from evokan.evaluation.folds import aggregate
from evokan.problem.problem import Problem
from evokan.spaces.threads import single_threaded_math
from evokan.spaces.training import Budget, FoldStop, TrainingJob
from experiments import study
from experiments.fkan.calibration import FOLDS, MOST_ROWS, NETWORKS, drawn, part_of, tested
from experiments.fkan.rule import RULE, SHARED, Ratios
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, table, write_page
from experiments.study import Piece
from search_spaces.fkan import FKAN

TABLES = ("iris", "wine", "wdbc", "raisin", "rice", "concrete", "dee", "laser", "machineCPU", "stock")
SPLITS = range(20, 40)
"""Others than those of `fkan-calibration`."""
SEARCHED = {name: range(20, 30) for name in ("iris", "wine")}
"""Tables of whole searches, all rows of them, and their splits."""
SEARCH = {"population": 20, "generations": 5}
DRAWN, WHOLE = "drawn", "search"
SEARCHES = (
    f"`evokan search --space fkan --population {SEARCH['population']} --generations {SEARCH['generations']} --fold-stop STOP` on all "
    "rows of a table, all else as it comes; the loss over the folds is that of fresh seeds and cuts."
)
HISTORY = (
    "The part about networks drawn was written before any figures; that about searches after those of networks drawn, which alone would have "
    "said `common`, and before any search. Searches began on iris, wine, raisin and wdbc, splits 20 to 24. After 24 of these 40 (12 pairs: "
    "median ratio 0.998, p = 0.73, so `common` by this rule) they were cut, for want of time, to iris and wine, splits 20 to 29. The "
    "two pairs of raisin that were there count too. So tables and splits of the searches were chosen with figures in sight."
)
STOPS: tuple[FoldStop, ...] = get_args(FoldStop)
COMMON, OWN = "common", "own"


def run(context: Context) -> Sequence[Path]:
    """Train what is missing, and write the page."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "stopping.csv", ("way", "table", "split", "stop"))
    tables = ["iris"] if context.quick else TABLES
    searched = {} if context.quick else SEARCHED
    count = 1 if context.quick else context.seeds or len(SPLITS)
    keys = [(DRAWN, name, split, stop) for split in SPLITS[:count] for name in tables for stop in STOPS]
    keys += [
        (WHOLE, name, split, stop) for name, splits in searched.items() for split in splits[:count] for stop in STOPS
    ]
    page = folder / "stopping.md"

    def write() -> None:
        title = "Where the folds of `fkan` stop on tables"
        write_page(page, title, rows.values(), "one thread", report(rows.values()), folder="fkan")

    missing = rows.missing(keys)
    pieces = dict.fromkeys((name, split) for way, name, split, _ in missing if way == DRAWN)
    for name, split in context.each("tables", list(pieces)):
        rows.add(*measure(name, split, 2 if context.quick else NETWORKS))
        write()
    for _, name, split, stop in context.each("searches", [key for key in missing if key[0] == WHOLE]):
        rows.add(search(name, split, stop))
        write()
    write()
    return [rows.path, page]


def measure(name: str, split: int, networks: int) -> list[Row]:
    """Return for both stops what the best of the same trained networks promises, and what it keeps on test rows."""
    space = FKAN()
    problem = Problem.from_table(part_of(name, split), split_seed=split, folds=FOLDS)
    space.prepare(problem)
    rows: list[Row] = []
    with single_threaded_math():
        trained = [
            (network, space.train([TrainingJob(network, fold, 0) for fold in problem.folds], problem, Budget()))
            for network in drawn(space, problem, split, networks)
        ]
        for stop in STOPS:
            judged = [(aggregate(folds, stop), network) for network, folds in trained]
            figures, network = min(judged, key=lambda one: np.inf if one[0].reason else one[0].val_loss)
            iterations = max(figures.iterations, 1)
            loss, accuracy = tested(space, problem, network, iterations)
            rows.append(
                {
                    "way": DRAWN,
                    "table": name,
                    "split": split,
                    "stop": stop,
                    "rows": len(problem.table.y),
                    "val_loss": figures.val_loss,
                    "iterations": iterations,
                    "test_loss": loss,
                    "accuracy": accuracy,
                    "n_params": network.n_params,
                }
            )
    return rows


def search(name: str, split: int, stop: FoldStop) -> Row:
    """Return what the network that a whole search chooses promises, and what it keeps on test rows."""
    piece = Piece(stop, name, split, {"space": "fkan", "fold_stop": stop, **SEARCH}, ("one-se",), space=FKAN)
    outcome = study.search(piece)
    (product,) = outcome.products
    return {
        "way": WHOLE,
        "table": name,
        "split": split,
        "stop": stop,
        "rows": len(outcome.job.problem.table.y),
        "val_loss": product.member.val_loss_mean,
        "iterations": "",
        "test_loss": product.test.get("log_loss", product.test.get("rmse", float("nan"))),
        "accuracy": product.test.get("accuracy", ""),
        "n_params": product.network.n_params,
    }


def report(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the page."""
    drawn_rows, whole = ([row for row in rows if row["way"] == way] for way in (DRAWN, WHOLE))
    return [
        f"{NETWORKS} networks drawn as those of a first generation are trained on {FOLDS} folds. `own`: each fold counts with its own "
        "lowest validation loss, and the final fit takes as many iterations as the folds did in the mean. `common`: all folds count at "
        "the iteration with the lowest mean, and the final fit takes as many. The best by either is fitted on all rows that are not for "
        "the test, and tested. Losses are log-losses where there are classes, else mean squares of the scaled target (over the folds) and "
        f"RMSE in its own units (test). Of tables with more than {MOST_ROWS} rows so many are drawn. Means over the splits.",
        _means(drawn_rows),
        *(["## Whole searches", SEARCHES, _means(whole)] if whole else []),
        *decision(drawn_rows, whole),
    ]


def _means(rows: Sequence[Row]) -> str:
    """Return the table of means by table and stop."""
    lines: list[Sequence[str | float]] = []
    names = list(dict.fromkeys(row["table"] for row in rows))
    for name in names:
        for stop in STOPS:
            part = [row for row in rows if (row["table"], row["stop"]) == (name, stop)]
            if part:
                accuracy = _mean(part, "accuracy")
                lines.append(
                    (
                        name,
                        stop,
                        len(part),
                        *(_mean(part, figure) for figure in ("val_loss", "test_loss")),
                        f"{accuracy:.3f}" if np.isfinite(accuracy) else "",
                        *(
                            "" if np.isnan(mean := _mean(part, figure)) else mean
                            for figure in ("iterations", "n_params")
                        ),
                    )
                )
    heads = ("table", "stop", "splits", "loss over the folds", "test loss", "accuracy", "iterations", "parameters")
    return table(heads, lines)


def _mean(rows: Sequence[Row], figure: str) -> float:
    values = [float(row[figure]) for row in rows if row[figure] != "" and np.isfinite(row[figure])]
    return float(np.mean(values)) if values else float("nan")


def decision(drawn_rows: Sequence[Row], whole: Sequence[Row]) -> list[str]:
    """Return which stop the rule takes, and why; nothing where no split of networks drawn has both."""
    of_drawn, of_whole = (
        Ratios.of(rows, "stop", "test_loss", other=COMMON, default=OWN) for rows in (drawn_rows, whole)
    )
    if not of_drawn.logarithms:
        return []
    changes = of_drawn.changes and bool(of_whole.logarithms) and of_whole.median < 1
    return [
        "## The default",
        f"Rule: a common iteration takes the place of a stop of each fold where, of networks drawn, {RULE}, and where the median ratio is "
        f"below 1 over whole searches, too. {SHARED}",
        HISTORY,
        f"Networks drawn, median ratio of `common` to `own` {of_drawn.text}.",
        *([f"Whole searches, {of_whole.text}."] if of_whole.logarithms else []),
        f"So it is **{COMMON if changes else OWN}**.",
    ]


EXPERIMENT = Experiment("fkan-stopping", "where the folds of fkan stop on tables: each by itself, or all at once", run)
