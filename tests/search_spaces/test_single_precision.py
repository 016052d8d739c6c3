"""A network that its user turns into single precision."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from evokan.problem.prediction import predict
from evokan.spaces.registry import make_space
from evokan.spaces.training import Budget, TrainingJob
from evokan.testing.problems import small_problem


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("name", ["fkan", "gakan", "hkan", "kafcm"])
def test_single_precision_is_close_to_double(name, task):
    space, problem = make_space(name), small_problem(task)
    if task not in space.tasks:
        pytest.skip(f"{name} knows no {task}")
    space.prepare(problem)
    layout, rng = space.layout(problem), np.random.default_rng(3)
    architecture = space.decode(rng.integers(0, 2, layout.length).astype(bool), problem)
    job = TrainingJob(architecture, problem.folds[0], 0, keep_weights=True)
    trained = space.train([job], problem, Budget(steps=5))[0]
    assert trained.weights is not None, trained.reason
    model = space.model(architecture, problem, trained.weights)
    X = problem.table.X
    wanted = predict(model, X)
    single = copy.deepcopy(model).float()
    with torch.no_grad():
        found = [single(torch.as_tensor(X, dtype=dtype)) for dtype in (torch.float32, torch.float64)]
    for values in found:
        assert values.dtype == torch.float32
        assert torch.isfinite(values).all()
        if name != "hkan":  # its regressions cancel far more digits than single precision has
            assert np.allclose(values.numpy(), wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max())
