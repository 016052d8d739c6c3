"""The search against its strongest cheap rivals on the same rows, and against itself with one part taken out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evokan.evaluation.executors import ThreadExecutor
from evokan.problem.baselines import fit_baselines
from evokan.searching import engine
from evokan.searching.choice import FrontMember, choose
from evokan.searching.finalists import Finalist, Finalizer
from evokan.settings.job import Job, prepare, resolve
from experiments.gakan import rivals
from experiments.gakan.rivalry_page import page
from experiments.gakan.rivalry_ways import BEFORE, PRUNING, RANDOM, SEARCH, SMALL, TUNED
from experiments.harness import Context, Experiment
from experiments.pages import Measurements
from experiments.parallel import as_done
from experiments.study import at_hand

CLASSIFICATION = ("wine", "wdbc", "iris", "raisin", "rice")
REGRESSION = ("concrete", "laser", "stock", "treasury", "auto_mpg", "machineCPU", "ele_2", "dee", "kinematics8nm")
FIRST_SPLIT, SPLITS = 300, 10
FEW = {"kinematics8nm": 3}
"""Splits of a table of 8,192 rows."""
DEAR = {(BEFORE, "kinematics8nm"): 1}
"""Splits of what takes half an hour of a core each."""
SIZE = {"population": 40, "generations": 10}
WAYS: dict[str, dict[str, Any]] = {
    SEARCH: {},
    RANDOM: {"algorithm": "random"},
    BEFORE: {
        "initial": "random",
        "move_rate": 0.0,
        "parsimony": "ties",
        "choose": "one-se",
        "space_options": {"ridge": 0.0003},
    },
    PRUNING: {},
    TUNED: {},
}
"""The settings of every way, beside the defaults; those of before are the defaults of version 0.1.0."""
PARTS: dict[str, dict[str, Any]] = {
    "no seeds": {"initial": "random"},
    "no moves": {"move_rate": 0.0},
    "survivors by loss": {"parsimony": "ties"},
}
"""The search with one part taken out; on the tables `ABLATED`."""
MODELS = {
    "logistic_regression": "linear",
    "ridge": "linear",
    "svm": "svm",
    "svr": "svm",
    "random_forest": "forest",
    "knn": "knn",
    "mlp": "mlp",
    "hist_gradient_boosting": "boosting",
}
"""Columns of the baselines: one for both tasks."""
ABLATED = ("wine", "wdbc", "raisin", "concrete", "laser")


class Task(NamedTuple):
    """What one process works on."""

    way: str
    dataset: str
    split: int
    search: Mapping[str, int]


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write rows and page."""
    folder = context.folder("gakan")
    size = {"population": 10, "generations": 2} if context.quick else SIZE
    wanted = ("iris",) if context.quick else CLASSIFICATION + REGRESSION
    names = at_hand(wanted, silent=context.silent)
    count = 1 if context.quick else context.seeds or SPLITS
    rows = Measurements(folder / "rivalry.csv", ("way", "dataset", "split"))
    splits = [
        (name, FIRST_SPLIT + number) for number in range(count) for name in names if number < FEW.get(name, count)
    ]
    splits.sort(key=lambda split: split[0] in FEW)  # large tables last
    keys = [
        (way, name, split)
        for name, split in splits
        for way in (*WAYS, *(PARTS if name in ABLATED or context.quick else ()))
        if split - FIRST_SPLIT < DEAR.get((way, name), count)
    ]
    missing = rows.missing(keys)
    results = as_done(measure, [Task(*key, size) for key in missing], context.workers)
    for _ in context.each("searches", missing):
        rows.add(next(results))
    models = Measurements(folder / "rivalry_baselines.csv", ("dataset", "split"))
    left = models.missing(splits)
    fitted = as_done(baselines, left, context.workers)
    for _ in context.each("tuned baselines", left):
        models.add(next(fitted))
    target = folder / "rivalry.md"
    target.write_text(page(rows.values(), models.values(), size), encoding="utf-8")
    return [rows.path, models.path, target]


def baselines(key: tuple[str, int]) -> dict[str, Any]:
    """Return the row of the usual models on one split, each tuned by five folds: test loss and accuracy of each."""
    dataset, split = key
    job = prepare(resolve({"space": "gakan", "dataset": dataset, "split_seed": split, "seed": split}))
    loss = "log_loss" if job.problem.task.has_classes else "rmse"
    row: dict[str, Any] = {"dataset": dataset, "split": split}
    for name, figures in fit_baselines(job.problem, split, tune=True).items():
        short = MODELS[name]
        row |= {f"{short}_loss": figures.get(loss, ""), f"{short}_accuracy": figures.get("accuracy", "")}
    return row


def measure(task: Task) -> dict[str, Any]:
    """Return the row of one way on one split: its network on the test rows, and the best small ones."""
    settings = {**WAYS, **PARTS}[task.way]
    where = {"space": "gakan", "dataset": task.dataset, "split_seed": task.split, "seed": task.split}
    job = prepare(resolve({**where, **task.search, **settings}))
    job.space.prepare(job.problem)
    began = time.process_time()
    with ThreadExecutor(1) as executor:
        if task.way == TUNED:
            trainer, finalist, spent = rivals.tuning(job, executor)
            finalists = [finalist]
        else:
            evolution = rivals.pruning(job, executor) if task.way == PRUNING else engine.evolve(job, executor)
            trainer, spent = engine.finalizer(job, executor), evolution.loss_evaluations
            finalists = engine.retrain(job, evolution, trainer)
        row = {"way": task.way, "dataset": task.dataset, "split": task.split}
        chosen = _picked(finalists, job.config.choose)
        row |= _figures("", job, trainer, chosen)
        row |= _figures("best_", job, trainer, _picked(finalists, "best-loss"))
        for limit in SMALL:
            small = [finalist for finalist in finalists if finalist.member.record.n_params <= limit]
            row |= _figures(f"small{limit}_", job, trainer, _picked(small, "best-loss") if small else None)
    return {
        **row,
        "depth": chosen.architecture.depth,
        "fresh_loss": chosen.member.val_loss_mean,
        "loss_evaluations": spent,
        "cpu_seconds": round(time.process_time() - began, 2),
    }


def _picked(finalists: Sequence[Finalist], rule: str) -> Finalist:
    members: list[FrontMember] = [finalist.member for finalist in finalists]
    chosen = choose(members, rule)
    return finalists[next(place for place, member in enumerate(members) if member is chosen)]


def _figures(name: str, job: Job, trainer: Finalizer, finalist: Finalist | None) -> dict[str, Any]:
    """Return test loss, accuracy and size of a network under names that begin with `name`; nothing where it has none."""
    measured: Mapping[str, float | None] = {}
    if finalist is not None:
        weights = trainer.fit([finalist])[0].weights
        if weights is not None:
            measured = trainer.metrics(finalist.architecture, weights, job.problem.test)
    loss = measured.get("log_loss" if job.problem.task.has_classes else "rmse")
    return {
        f"{name}loss": "" if loss is None else loss,
        f"{name}accuracy": measured.get("accuracy", ""),
        f"{name}params": "" if finalist is None else finalist.architecture.n_params,
    }


EXPERIMENT = Experiment("gakan-rivalry", "the search against pruning, tuned [n, m], random search, and its parts", run)
