"""Figures of merit against scikit-learn and values worked out by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from evokan.errors import InputError
from evokan.problem.metrics import evaluate_predictions, prediction_loss
from evokan.problem.scaling import Scaler


def test_binary_figures_by_hand():
    # Class 1 is preferred in rows 1, 2 and 3; row 3 is wrong. Of 4 pairs (one, zero), 3 are in order.
    logits = np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 3.0], [0.0, 2.0]])
    figures = evaluate_predictions("classification", [0, 1, 1, 0], logits)
    loss = (
        math.log1p(math.exp(-2)) + math.log1p(math.exp(-1)) + math.log1p(math.exp(-3)) + math.log1p(math.exp(2))
    ) / 4
    assert figures["accuracy"] == 0.75
    assert figures["auc"] == 0.75
    assert figures["log_loss"] == pytest.approx(loss, rel=1e-12)


@given(st.integers(0, 10_000), st.integers(2, 5))
def test_classification_agrees_with_scikit_learn(seed, classes):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), rng.integers(0, classes, 20)])
    p = rng.dirichlet(np.ones(classes), len(y))
    figures = evaluate_predictions("classification", y, p, kind="probabilities")
    auc = (
        metrics.roc_auc_score(y, p[:, 1])
        if classes == 2
        else metrics.roc_auc_score(y, p, multi_class="ovr", average="macro")
    )
    assert figures["accuracy"] == metrics.accuracy_score(y, p.argmax(axis=1))
    assert figures["auc"] == pytest.approx(auc, abs=1e-12)
    assert figures["log_loss"] == pytest.approx(metrics.log_loss(y, p), rel=1e-9)
    again = evaluate_predictions("classification", y, np.log(p) + 7.0)
    assert again["accuracy"] == figures["accuracy"]
    assert again["auc"] == pytest.approx(figures["auc"], abs=1e-12)
    assert again["log_loss"] == pytest.approx(figures["log_loss"], rel=1e-9)


def test_confident_mistakes_stay_finite():
    assert evaluate_predictions("classification", [0], [[0.0, 5000.0]])["log_loss"] == 5000.0
    sure = evaluate_predictions("classification", [0, 1], [[0.0, 1.0], [0.0, 1.0]], kind="probabilities")
    assert sure["log_loss"] == pytest.approx(-math.log(np.finfo(float).eps) / 2)


def test_auc_is_absent_where_a_class_is():
    logits = np.eye(3)[[0, 1, 0]]
    figures = evaluate_predictions("classification", [0, 1, 0], logits)
    assert figures["auc"] is None
    assert figures["accuracy"] == 1.0
    assert evaluate_predictions("classification", [1, 1], [[0.0, 1.0], [1.0, 0.0]])["auc"] is None


def test_regression_by_hand_and_in_own_units():
    y = [10.0, 20.0, 30.0]
    figures = evaluate_predictions("regression", y, np.array([[12.0], [20.0], [26.0]]))
    assert figures == {
        "rmse": pytest.approx(math.sqrt(20 / 3)),
        "mae": pytest.approx(2.0),
        "r2": pytest.approx(0.9),
    }
    scaler = Scaler(np.array([20.0]), np.array([10.0]))
    scaled = evaluate_predictions("regression", y, [-0.8, 0.0, 0.6], target_scaler=scaler)
    assert scaled == {name: pytest.approx(value) for name, value in figures.items()}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(("task", "shape"), [("classification", (4, 2)), ("regression", (4, 1))])
def test_scores_that_are_not_finite_give_no_figures(task, shape, bad):
    scores = np.zeros(shape)
    scores[2, 0] = bad
    figures = evaluate_predictions(task, [0, 1, 0, 1], scores)
    assert set(figures.values()) == {None}
    json.dumps(figures, allow_nan=False)


def test_figures_that_overflow_do_not_exist():
    figures = evaluate_predictions("regression", [0.0, 1.0], [1e200, -1e200])
    assert figures == {"rmse": None, "mae": 1e200, "r2": None}


def test_one_row_and_no_row():
    assert evaluate_predictions("regression", [3.0], [1.0]) == {"rmse": 2.0, "mae": 2.0, "r2": None}
    assert set(evaluate_predictions("regression", [], np.zeros((0, 1))).values()) == {None}
    assert set(evaluate_predictions("classification", [], np.zeros((0, 3))).values()) == {None}


@pytest.mark.parametrize(
    ("task", "y", "scores"),
    [
        ("classification", [0, 1], np.zeros((3, 2))),
        ("classification", [0, 1], np.zeros(2)),
        ("classification", [0, 2], np.zeros((2, 2))),
        ("classification", [-1, 1], np.zeros((2, 2))),
        ("regression", [0.0, 1.0], np.zeros((2, 2))),
    ],
)
def test_shapes_that_do_not_fit_are_refused(task, y, scores):
    with pytest.raises(InputError):
        evaluate_predictions(task, y, scores)


@given(st.integers(0, 10**6), st.sampled_from(["classification", "regression", "outputs"]))
def test_the_loss_alone_is_that_of_all_figures(seed, task):
    rng = np.random.default_rng(seed)
    if task == "classification":
        y, scores = rng.integers(0, 3, 20), rng.normal(size=(20, 3)) * 10.0
    else:
        y = rng.normal(size=(20, 2) if task == "outputs" else 20)
        scores = rng.normal(size=(20, 2) if task == "outputs" else (20, 1))
        task = "regression"
    figures = evaluate_predictions(task, y, scores)
    expected = figures["log_loss" if task == "classification" else "rmse"]
    assert prediction_loss(task, y, scores) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_no_rows_and_no_numbers_have_no_loss(task):
    assert prediction_loss(task, np.zeros(0), np.zeros((0, 2 if task == "classification" else 1))) == math.inf
    assert prediction_loss(task, np.zeros(1), np.array([[np.nan]])) == math.inf
