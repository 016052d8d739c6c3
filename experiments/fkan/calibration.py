"""What the validation loss of `fkan` on small tables of classes promises, and what the test says, by penalty.

It decides between two penalties by a rule that was written down before: see `decision`. Split seeds are below 300. Networks
are drawn as those of a first generation, and the best by its folds is taken: what a search does, at a small part of its cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evokan.datasets import load_dataset
from evokan.datasets.tables import make_table
from evokan.errors import InvalidArchitecture
from evokan.evaluation.folds import aggregate
from evokan.problem.metrics import evaluate_predictions
from evokan.problem.prediction import predict
from evokan.problem.problem import Problem
from evokan.problem.table import Table
from evokan.seeding import generator
from evokan.spaces.threads import single_threaded_math
from evokan.spaces.training import Budget, TrainingJob
from experiments.fkan.rule import RULE, SHARED, Ratios
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, number, table, write_page
from search_spaces.fkan import FKAN, FKANOptions
from search_spaces.fkan.encoding import FKANArchitecture

RIDGES = (1e-3, 3e-3, 1e-2, 3e-2)
TABLES = ("iris", "wine", "wdbc", "raisin", "rice")
MOST_ROWS = 210
"""Of a table; of a larger one so many are drawn."""
SPLITS, NETWORKS, FOLDS, BEST = 20, 12, 5, 3
DEFAULT, OTHER = 1e-3, 1e-2


def run(context: Context) -> Sequence[Path]:
    """Train what is missing, and write the page."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "calibration.csv", ("table", "split", "ridge"))
    tables = ["iris"] if context.quick else list(TABLES)
    splits = range(1 if context.quick else context.seeds or SPLITS)
    keys = [(name, split, ridge) for split in splits for name in tables for ridge in RIDGES]
    page = folder / "calibration.md"

    def write() -> None:
        title = "What validation losses of `fkan` promise, by penalty"
        write_page(page, title, rows.values(), "one thread", report(rows.values()), folder="fkan")

    for name, split, ridge in context.each("tables", rows.missing(keys)):
        rows.add(measure(name, split, ridge, 2 if context.quick else NETWORKS))
        write()
    write()
    return [rows.path, page]


def part_of(name: str, split: int) -> Table:
    """Return a table, or `MOST_ROWS` of its rows, drawn by the split's seed."""
    whole = load_dataset(name)
    if len(whole.y) <= MOST_ROWS:
        return whole
    rows = np.sort(generator("calibration", name, split).permutation(len(whole.y))[:MOST_ROWS])
    return make_table(
        name,
        whole.task.value,
        whole.X[rows],
        whole.y[rows],
        feature_names=whole.feature_names,
        target_name=whole.target_name,
        class_names=whole.class_names,
    )


def measure(name: str, split: int, ridge: float, networks: int) -> Row:
    """Return what the best of some networks promises and keeps, and the same of the best few."""
    space = FKAN(FKANOptions(ridge=ridge))
    problem = Problem.from_table(part_of(name, split), split_seed=split, folds=FOLDS)
    space.prepare(problem)
    with single_threaded_math():
        found = sorted(
            (judged(space, problem, network) for network in drawn(space, problem, split, networks)),
            key=lambda one: one[0],
        )
        tests = [tested(space, problem, network, iterations) for _, network, iterations in found[:BEST]]
    best = tests[0]
    return {
        "table": name,
        "split": split,
        "ridge": ridge,
        "rows": len(problem.table.y),
        "val_loss": found[0][0],
        "log_loss": best[0],
        "accuracy": best[1],
        "log_loss_of_best": float(np.mean([loss for loss, _ in tests])),
        "n_params": found[0][1].n_params,
    }


def drawn(space: FKAN, problem: Problem, split: int, count: int) -> list[FKANArchitecture]:
    """Return networks as a first generation draws them, the same for every penalty."""
    rng, found = generator("calibration networks", split), list[FKANArchitecture]()
    while len(found) < count:
        try:
            found.append(space.decode(space.sample(problem, rng), problem))
        except InvalidArchitecture:
            continue
    return found


def judged(space: FKAN, problem: Problem, network: FKANArchitecture) -> tuple[float, FKANArchitecture, int]:
    """Return the mean loss over the folds, each at its lowest, the network, and the iterations of a final fit."""
    jobs = [TrainingJob(network, fold, 0) for fold in problem.folds]
    figures = aggregate(space.train(jobs, problem, Budget()), "own")
    return (np.inf if figures.reason else figures.val_loss), network, max(figures.iterations, 1)


def tested(space: FKAN, problem: Problem, network: FKANArchitecture, iterations: int) -> tuple[float, float]:
    """Return log-loss and accuracy on the test rows after the final fit; RMSE and NaN where there are no classes."""
    job = TrainingJob(network, problem.whole, 0, iterations, keep_weights=True)
    (trained,) = space.train([job], problem, Budget())
    if trained.weights is None:
        return float("nan"), float("nan")
    model = space.model(network, problem, trained.weights)
    scores = predict(model, problem.table.X[problem.test])
    figures = evaluate_predictions(problem.task, problem.table.y[problem.test], scores)
    loss, accuracy = figures.get("log_loss", figures.get("rmse")), figures.get("accuracy")
    return (float("nan") if loss is None else loss), (float("nan") if accuracy is None else accuracy)


def report(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the page."""
    names, ridges = (list(dict.fromkeys(row[key] for row in rows)) for key in ("table", "ridge"))

    def mean(figure: str, ridge: float, name: str | None = None) -> float:
        part = [row[figure] for row in rows if row["ridge"] == ridge and name in (None, row["table"])]
        return float(np.nanmean(part)) if np.isfinite(part).any() else float("nan")

    lines: list[Sequence[str | float]] = [
        (
            name,
            str(next(row["rows"] for row in rows if row["table"] == name)),
            *(f"{number(mean('val_loss', ridge, name))} / {number(mean('log_loss', ridge, name))}" for ridge in ridges),
        )
        for name in names
    ]
    whole: list[Sequence[str | float]] = [
        (
            f"{ridge:g}",
            *(mean(figure, ridge) for figure in ("val_loss", "log_loss", "log_loss_of_best")),
            float(np.nanmax([row["log_loss"] for row in rows if row["ridge"] == ridge])),
            f"{mean('accuracy', ridge):.3f}",
        )
        for ridge in ridges
    ]
    best = min(ridges, key=lambda ridge: mean("log_loss", ridge))
    return [
        f"{NETWORKS} networks drawn as those of a first generation, {FOLDS} folds, each at its lowest loss; the best by them is "
        f"fitted on all rows that are not for the test, and tested. Means over {len({row['split'] for row in rows})} splits, "
        "loss over the folds / log-loss on the test rows, by `ridge`:",
        table(("table", "rows", *(f"{ridge:g}" for ridge in ridges)), lines),
        f"Over all tables; the last but one is the worst of all splits, `best {BEST}` the mean over as many networks:",
        table(("ridge", "folds", "test", f"test, best {BEST}", "worst", "accuracy"), whole),
        f"The lowest mean test log-loss has a ridge of {best:g}.",
        *_promise(rows),
        *decision(rows),
    ]


def _promise(rows: Sequence[Row]) -> list[str]:
    """Return by how much the test log-loss is above what the folds promise, with the default penalty."""
    ratios: dict[str, list[float]] = {}
    for row in rows:
        if row["ridge"] == DEFAULT and np.isfinite(row["log_loss"]):
            ratios.setdefault(row["table"], []).append(float(row["log_loss"] / row["val_loss"]))
    if not ratios:
        return []
    by_table = ", ".join(f"{name} {number(float(np.median(part)))}" for name, part in ratios.items())
    most = max(max(part) for part in ratios.values())
    return [
        f"What the folds promise and the test keeps, with a ridge of {DEFAULT:g}: the median ratio of test log-loss to loss over "
        f"the folds is {by_table}; the largest of all splits {number(most)}."
    ]


def decision(rows: Sequence[Row]) -> list[str]:
    """Return which of the two penalties the rule takes, and why; nothing where they have no split in common."""
    ratios = Ratios.of(rows, "ridge", "log_loss", other=OTHER, default=DEFAULT)
    if not ratios.logarithms:
        return []
    return [
        "## The penalty for tables of classes",
        f"Rule, written before the figures were there: {OTHER:g} takes the place of {DEFAULT:g} where {RULE}. {SHARED}",
        f"Median ratio of {OTHER:g} to {DEFAULT:g} {ratios.text}. So it is **{OTHER if ratios.changes else DEFAULT:g}**.",
        *_others(rows),
    ]


def _others(rows: Sequence[Row]) -> list[str]:
    """Return the same of penalties that the rule does not ask about."""
    others = (ridge for ridge in RIDGES if ridge not in (DEFAULT, OTHER))
    found = {ridge: Ratios.of(rows, "ridge", "log_loss", other=ridge, default=DEFAULT) for ridge in others}
    told = [f"{ridge:g} {ratios.text}" for ridge, ratios in found.items() if ratios.logarithms]
    return [f"The rule does not ask about others: {'. '.join(told)}."] if told else []


EXPERIMENT = Experiment("fkan-calibration", "what validation losses of fkan promise on small tables, by penalty", run)
