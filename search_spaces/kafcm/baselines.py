"""What the paper compares with: a classical fuzzy cognitive map, and a perceptron with two hidden layers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evokan.problem.baselines import in_units
from evokan.problem.metrics import evaluate_predictions
from evokan.problem.problem import Problem
from evokan.seeding import derive_seed
from search_spaces.kafcm.classical import train_classical

HIDDEN = (64, 64)


def fit_family_baselines(problem: Problem, seed: int) -> dict[str, dict[str, Any]]:
    """Fit both on the development rows and score them on the test part; figures by name."""
    test = problem.test
    y = np.asarray(problem.table.y, dtype=np.float64)
    mlp = two_layers(HIDDEN, seed)
    (inputs, _), (targets, unit) = in_units(problem)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp.fit(inputs[problem.development], targets[problem.development])
    predictions = {
        "fcm_scalar_weights": train_classical(problem, seed).predict(problem.table.X[test]),
        "mlp_two_layers": np.ldexp(mlp.predict(inputs[test]), unit),
    }
    own = problem.table.in_units
    return {
        name: dict(evaluate_predictions(problem.task, own(y[test]), own(values)))
        for name, values in predictions.items()
    }


def two_layers(hidden: tuple[int, int], seed: int, **settings: Any) -> BaseEstimator:
    """Return a perceptron with two hidden layers on standardised inputs and targets, not fitted.

    `settings` are those of scikit-learn's ``MLPRegressor``.
    """
    random_state = derive_seed("mlp", seed) % 2**32
    network = MLPRegressor(hidden_layer_sizes=hidden, random_state=random_state, **{"max_iter": 1000, **settings})
    return TransformedTargetRegressor(make_pipeline(StandardScaler(), network), transformer=StandardScaler())
