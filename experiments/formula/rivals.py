"""Other ways from data to formula: gplearn (genetic programming) and pykan's prune and auto_symbolic."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.problem.problem import Problem

Found = tuple[str, NDArray[np.float64]]
"""A formula as text, and its values on the test rows."""
GENERATIONS_AT_ONCE = 5


def gplearn_formula(problem: Problem, seed: int, seconds: float) -> Found:
    """Return the best program of gplearn after `seconds` of processor time, or when it is exact.

    Population 1,000, its default rates, all its functions that the laws need and exp; raw inputs.

    Raises
    ------
    ImportError
        gplearn is not installed: pip install 'evokan[bench]'.
    """
    try:
        from gplearn.functions import make_function
        from gplearn.genetic import SymbolicRegressor
    except ImportError as error:
        raise ImportError("gplearn is not installed: pip install 'evokan[bench]'") from error
    table = problem.table
    exp = make_function(function=_protected_exp, name="exp", arity=1)
    model = SymbolicRegressor(
        population_size=1000,
        generations=GENERATIONS_AT_ONCE,
        warm_start=True,
        metric="mse",
        stopping_criteria=1e-12,
        function_set=("add", "sub", "mul", "div", "sqrt", "log", "sin", "cos", "neg", "inv", exp),
        const_range=(-5.0, 5.0),
        parsimony_coefficient=0.001,
        n_jobs=1,
        random_state=seed,
    )
    rows = problem.development
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while True:
            model.fit(table.X[rows], table.y[rows])
            best = model._program.raw_fitness_
            if best < 1e-12 or time.process_time() - began > seconds:
                break
            model.generations += GENERATIONS_AT_ONCE
        return str(model._program), np.asarray(model.predict(table.X[problem.test]), dtype=np.float64)


def _protected_exp(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(np.clip(x, -50.0, 50.0))


def pykan_formula(problem: Problem, seed: int, seconds: float) -> Found:
    """Return what pykan's documented way gives: train, prune, train, auto_symbolic, train; no time limit.

    A [n, 2, 1] network, grid 5, scaled inputs, 50 L-BFGS steps each time; the grid is updated in the first training.

    Raises
    ------
    ImportError
        pykan is not installed: pip install 'evokan[bench]'.
    """
    try:
        from kan import KAN
    except ImportError as error:
        raise ImportError("pykan is not installed: pip install 'evokan[bench]'") from error
    import torch

    train = torch.tensor(problem.scaled_inputs[problem.development], dtype=torch.float32)
    y = torch.tensor(problem.scaled_targets[problem.development, None], dtype=torch.float32)
    x_test = torch.tensor(problem.scaled_inputs[problem.test], dtype=torch.float32)
    dataset: dict[str, Any] = {"train_input": train, "train_label": y, "test_input": train, "test_label": y}
    here = Path.cwd()
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        torch.random.fork_rng(),
    ):
        warnings.simplefilter("ignore")
        try:
            # pykan litters the current folder.
            os.chdir(folder)
            model = KAN(width=[problem.n_features, 2, 1], grid=5, k=3, seed=seed)
            _train(model, dataset, lamb=1e-3)
            model(train)
            with contextlib.suppress(AttributeError):
                # Version 0.2.1 cannot prune a network whose base weights are one number; it goes on unpruned.
                model = model.prune()
            # Updates of a grid that has been trained on end in a matrix that cannot be solved, on five laws of six.
            _train(model, dataset, update_grid=False)
            model.auto_symbolic(lib=["x", "x^2", "x^3", "exp", "log", "sqrt", "sin", "1/x", "tanh", "abs"])
            _train(model, dataset, update_grid=False)
            text = str(model.symbolic_formula()[0][0])
            with torch.no_grad():
                values = model(x_test).numpy().astype(np.float64)
        finally:
            os.chdir(here)
    return text, problem.target_scaler.inverse(values)[:, 0]


def _train(model: Any, dataset: dict[str, Any], **options: Any) -> None:
    train = model.fit if hasattr(model, "fit") else model.train
    train(dataset, opt="LBFGS", steps=50, **options)
