"""The methods by name, what each takes for a budget, and the row that one gives of a split."""

from __future__ import annotations

import time
import warnings
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from evokan.cli.printing import console
from evokan.spaces.threads import single_threaded_math
from experiments.comparison import ebm, searches
from experiments.comparison.glass_boxes import GRIDS, PRUNED, glass_box
from experiments.comparison.products import Product, Work
from experiments.comparison.scores import BINS_COLUMN, FIGURES, figures
from experiments.comparison.tables import register
from experiments.comparison.usual import LONGER, SETTINGS, longer, usual

NETWORKS, USUAL, GLASS = "network", "usual model", "glass box"
GENERATIONS = 100
FAMILIES = ("gakan", "hkan", "fkan")


class Method(NamedTuple):
    """One way from a table to predictions.

    Attributes
    ----------
    kind
        `NETWORKS`, `USUAL` or `GLASS`.
    work
        What does it.
    least, most
        Steps of its budget. Of a search: generations, the first one counted. Of a model: settings compared, 0 for none;
        of EBM see `experiments.comparison.ebm`.
    probe
        Steps that a calibration measures; 0 for the models whose first fit is measured by itself.
    tried
        Settings of a model that a calibration compares; more where their costs differ much.
    after
        The method that it goes on from: it has at least the steps of that one.
    module, package
        What has to be installed, and how it is called there.
    """

    kind: str
    work: Work
    least: int
    most: int
    probe: int = 0
    tried: int = 2
    after: str = ""
    module: str = ""
    package: str = ""


METHODS: dict[str, Method] = {
    **{family: Method(NETWORKS, partial(searches.evolved, family), 2, GENERATIONS + 1, 4) for family in FAMILIES},
    "pruning alone": Method(NETWORKS, searches.pruned, 1, len(searches.GRIDS), 2),
    "tuned [n, m]": Method(NETWORKS, searches.tuned, 1, searches.TUNINGS, 2),
    **{name: Method(USUAL, partial(usual, name), 0, count) for name, count in SETTINGS.items()},
    **{
        f"{name} longer": Method(USUAL, partial(longer, name), 0, count, tried=16, after=name)
        for name, count in LONGER.items()
    },
    "ebm": Method(GLASS, ebm.boosted, 1, ebm.MOST, 4, module="interpret.glassbox", package="interpret-core"),
    "gam": Method(GLASS, partial(glass_box, "gam"), 0, len(GRIDS["gam"]), module="pygam", package="pygam"),
    "tree": Method(GLASS, partial(glass_box, "tree"), 0, PRUNED),
    "lasso": Method(GLASS, partial(glass_box, "lasso"), 0, len(GRIDS["lasso"])),
}


MOST_SECONDS = 150.0
"""Processor seconds that a piece may be expected to take; the least that some methods can do takes longer on large tables."""


class Task(NamedTuple):
    """What one process works on: a method on a split, with its budget in steps and the seconds that it should take."""

    table: str
    split: int
    method: str
    steps: int
    expected: float = 0.0

    @property
    def is_tried(self) -> bool:
        """Whether it is expected to take no more than `MOST_SECONDS`."""
        return self.expected <= MOST_SECONDS


TOO_LONG = "the least that it can do takes more than {:g} s of one core"


def present(*, silent: bool = False) -> list[str]:
    """Return the methods that can be run here; of each other one a line says what it lacks."""
    found = []
    for name, method in METHODS.items():
        if method.module and find_spec(method.module.partition(".")[0]) is None:
            if not silent:
                text = f"left out: {name} needs the package {method.package}, which is not installed (CONTRIBUTING.md, Versions)"
                console().print(text, soft_wrap=True)
        else:
            found.append(name)
    return found


def fit(table: str, split: int, method: str, steps: int) -> tuple[Product | None, str, float]:
    """Return what a method gives on a split, why it failed, and its processor seconds, kernels and imports not counted."""
    state = np.random.get_state()  # noqa: NPY002 - models that take no seed draw from it
    np.random.seed(split)  # noqa: NPY002
    began = time.process_time()
    product, reason = None, ""
    try:
        register()
        kind = METHODS[method]
        # torch too before the clock and the limits of threads, which it only keeps once it is there.
        for module in ("torch", kind.module):
            if module:
                import_module(module)
        began = time.process_time()
        with warnings.catch_warnings(), single_threaded_math():
            warnings.simplefilter("ignore")
            if kind.kind == NETWORKS:
                searches.job_of(method if method in FAMILIES else "gakan", table, split)
                began = time.process_time()
            product = kind.work(table, split, steps)
    except Exception as error:
        # Whatever a method stumbles over is a result: the row says it, and the others are measured.
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return product, reason, time.process_time() - began


def measure(task: Task) -> dict[str, Any]:
    """Return the row of a method on a split."""
    if not task.is_tried:
        return unfinished(task, f"not tried: {TOO_LONG.format(MOST_SECONDS)}", 0.0) | {"cpu_seconds": ""}
    product, reason, seconds = fit(*task[:4])
    row = unfinished(task, reason, seconds)
    if product is not None:
        problem = product.problem
        try:
            row |= figures(problem, product.scores)
        except ValueError as error:
            row["reason"] = f"ValueError: {error}"
        row |= {
            "task": str(problem.task),
            "fitted_rows": len(problem.development) if product.rows is None else product.rows,
            "test_rows": len(problem.test),
            "parameters": product.parameters,
            "terms": "" if product.terms is None else product.terms,
            "columns": product.columns,
        }
    return row


def unfinished(task: Task, reason: str, seconds: float) -> dict[str, Any]:
    """Return the row of a method that came to no end on a split, after so many processor seconds."""
    empty = ("task", "fitted_rows", "test_rows", "parameters", "terms", "columns")
    return {
        "table": task.table,
        "split": task.split,
        "method": task.method,
        **dict.fromkeys((*FIGURES, BINS_COLUMN), ""),
        **dict.fromkeys(empty, ""),
        "steps": task.steps,
        "cpu_seconds": round(seconds, 2),
        "reason": reason,
    }
