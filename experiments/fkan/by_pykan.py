"""pykan's networks on the law of the fKAN paper, as its notebook ``run-KAN`` trains them, where pykan is installed."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from evokan.problem.problem import Problem

NAME = "KAN (pykan)"
GRID, ORDER, STEPS = 5, 3, 20
PUBLISHED_NOTE = (
    "medians of the root mean square errors of seven runs in the notebook `run-KAN`; its noise is one number a set of rows, "
    "near 0.33 for those trained on and 0.17 for the test, so 0.16 is the least that any network could have there"
)


def installed() -> tuple[str, ...]:
    """Return `NAME` where pykan is installed, else nothing."""
    return (NAME,) if importlib.util.find_spec("kan") else ()


def train(widths: Sequence[int], seed: int, problem: Problem) -> dict[str, Any]:
    """Return test MAE and size of a network trained by L-BFGS on all rows that are not for the test, NaN for a failure.

    Raises
    ------
    ImportError
        pykan is not installed: pip install 'evokan[bench]'.
    """
    from kan import KAN

    x, y = (torch.tensor(values, dtype=torch.float32).reshape(-1, 1) for values in (problem.table.X, problem.table.y))
    rows = problem.development
    data = {"train_input": x[rows], "train_label": y[rows], "test_input": x[rows], "test_label": y[rows]}
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        torch.random.fork_rng(),
    ):
        warnings.simplefilter("ignore")
        model = KAN(width=list(widths), grid=GRID, k=ORDER, seed=seed, auto_save=False)
        try:
            model.fit(data, opt="LBFGS", steps=STEPS)
        except (RuntimeError, ValueError, IndexError):
            return {"mae": float("nan"), "n_params": 0, "network": ""}
        with torch.no_grad():
            found = model(x[problem.test])[:, 0].numpy()
    return {
        "mae": float(np.abs(found - problem.table.y[problem.test]).mean()),
        "n_params": sum(part.numel() for part in model.parameters() if part.requires_grad),
        "network": "-".join(map(str, widths)),
    }
