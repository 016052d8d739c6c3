"""The logistic regression in the last layer's place."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

from search_spaces.hkan import HKANLayer, head
from search_spaces.hkan.fitting import fit, predict
from search_spaces.hkan.head import fit_classes, with_logits

CUTOFF = 4e-15


def rows(n=240, columns=4, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.random((n, columns))
    score = 3 * x[:, 0] + 2 * np.sin(6 * x[:, 1]) + 0.5 * rng.normal(size=n)
    return x, np.digitize(score, np.quantile(score, np.arange(1, classes) / classes))


def cross_entropy(logits, labels):
    return -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean()


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("weighted", [False, True])
def test_on_the_columns_themselves_it_is_scikit_learns(classes, weighted, monkeypatch):
    monkeypatch.setattr(head, "PENALTIES", (1.0,))
    x, y = rows(classes=classes)
    weights = np.random.default_rng(1).random(240) + 0.5 if weighted else None
    heavy = np.ones(240) if weights is None else weights
    layers, logits = fit_classes([HKANLayer(classes, "identity")], x, y, classes, 0, CUTOFF, weights)
    mean = np.average(x, axis=0, weights=heavy)
    z = (x - mean) / np.sqrt(np.average((x - mean) ** 2, axis=0, weights=heavy))
    # Of two classes scikit-learn fits one column; the penalty on two is the same as half of it on the difference.
    model = LogisticRegression(C=1.0 if classes > 2 else 2.0, tol=1e-10, max_iter=10_000).fit(z, y, weights)
    found = np.exp(log_softmax(predict(layers, x), axis=1))
    np.testing.assert_allclose(found, model.predict_proba(z), atol=2e-4)
    np.testing.assert_allclose(logits, predict(layers, x), atol=1e-12)


def test_each_class_has_blocks_of_its_own():
    x, y = rows()
    layers = [HKANLayer(9, "tanh", 4, 5, "random", 0.1), HKANLayer(3, "sigmoid", 3, 4, "random", 0.01)]
    before = fit(layers, x, np.eye(3)[y], 4, CUTOFF)
    after, logits = fit_classes(layers, x, y, 3, 4, CUTOFF)
    for name in ("centres", "coefficients"):  # the blocks are those of the least squares
        assert np.array_equal(getattr(before.layers[-1], name), getattr(after[-1], name))
    assert np.array_equal(before.layers[0].weights, after[0].weights)
    assert (logits.argmax(axis=1) == y).mean() > 0.8


def test_no_direction_of_the_weights_does_better_at_the_chosen_penalty(monkeypatch):
    monkeypatch.setattr(head, "PENALTIES", (3.0,))
    x, y = rows()
    found = fit([HKANLayer(3, "sigmoid", 3, 6, "random", 0.01)], x, np.eye(3)[y], 4, CUTOFF)
    layer = with_logits(found.layers[-1], found.below, y, 0, None)
    blocks = np.stack([*layer.blocks(found.below)])
    spread = blocks.std(axis=2)

    def loss(weights, bias):
        logits = np.einsum("qp,qpr->rq", weights, blocks) + bias
        return 240 * cross_entropy(logits, y) + 1.5 * ((weights * spread) ** 2).sum()

    best = loss(layer.weights, layer.bias)
    rng = np.random.default_rng(0)
    for _ in range(30):
        step = 1e-2 * rng.normal(size=layer.weights.shape) / spread
        assert loss(layer.weights + step, layer.bias) > best - 1e-4
        assert loss(layer.weights, layer.bias + 0.01 * rng.normal(size=3)) > best - 1e-4


def test_many_nodes_are_no_reason_for_overconfidence():
    x, y = load_wine(return_X_y=True)
    x = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    known = np.random.default_rng(0).permutation(len(y)) < 120
    layers = [HKANLayer(100, "sigmoid", 3, 6, "data", 0.1), HKANLayer(3, "identity")]
    found, logits = fit_classes(layers, x[known], y[known], 3, 0, CUTOFF)
    held_out = cross_entropy(predict(found, x[~known]), y[~known])
    assert held_out < 0.2  # with one factor to logits: above 1
    assert cross_entropy(logits, y[known]) > 1e-3


def test_blocks_that_say_nothing_and_classes_of_one_row():
    x, y = rows(40)
    x = np.column_stack([x, np.full(40, 0.3), x[:, 0]])
    y[y == 2] = 1
    y[0] = 2
    layers, logits = fit_classes([HKANLayer(3, "identity")], x, y, 3, 0, CUTOFF)
    assert np.isfinite(logits).all()
    assert (layers[0].weights[:, 4] == 0).all()
    np.testing.assert_allclose(layers[0].weights[:, 5], layers[0].weights[:, 0], rtol=1e-6)  # shared


def test_weights_come_from_part_of_very_many_rows(monkeypatch):
    x, y = rows(2000)
    whole = fit_classes([HKANLayer(3, "identity")], x, y, 3, 0, CUTOFF)[1]
    monkeypatch.setattr(head, "HEAD_ROWS", 1000)
    part = fit_classes([HKANLayer(3, "identity")], x, y, 3, 0, CUTOFF)[1]
    assert part.shape == (2000, 3)
    assert not np.array_equal(whole, part)
    assert cross_entropy(part, y) < 1.05 * cross_entropy(whole, y)
