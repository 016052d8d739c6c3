"""What has to be true of every network, every result and every explanation."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch

from evokan.arrays import FloatArray
from evokan.errors import InputError, InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import Bits
from evokan.spaces.explanation import Explanation
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, Trained, TrainingJob

COUNTS = ("n_params", "n_params_paper", "n_edges", "n_features", "depth", "grid")


def verdict(space: SearchSpace, bits: Bits, problem: Problem) -> Architecture | str:
    """Return the network that `bits` describe, or the reason why there is none."""
    try:
        found: Architecture = space.decode(bits, problem)
    except InvalidArchitecture as invalid:
        return str(invalid).strip()
    return found


def train_one(space: SearchSpace, problem: Problem, budget: Budget, job: TrainingJob) -> Trained:
    """Train one job; the unit of work of the test with threads."""
    return space.train([job], problem, budget)[0]


def check_counts(architecture: Architecture, problem: Problem) -> None:
    """Check the whole numbers that describe a network."""
    for name in COUNTS:
        value = getattr(architecture, name)
        assert isinstance(value, int), f"{name} must be an int, got {value!r}"
        assert value >= (0 if name == "grid" else 1), f"{name} is {value}"
    assert architecture.n_features <= problem.n_features


def check_result(job: TrainingJob, trained: Trained) -> None:
    """Check what has to be true of every result of a training."""
    assert trained.iterations >= 0
    assert trained.evaluations >= 0
    assert trained.seconds >= 0
    if trained.reason:
        assert trained.val_loss == trained.train_loss == np.inf
        assert trained.weights is None
        return
    assert np.isfinite(trained.val_loss), "a loss is not finite, but no reason is given"
    if trained.looks:
        assert trained.looks[trained.iterations - 1] == trained.val_loss, "the looks do not tell the kept loss"
        assert np.nanmin(trained.looks) == trained.val_loss, "a lower loss was seen than the one that was kept"
    assert np.isfinite(trained.train_loss), "a loss is not finite, but no reason is given"
    assert (trained.weights is not None) == job.keep_weights, "weights must come exactly where asked for"
    for name, value in (trained.weights or {}).items():
        assert isinstance(value, np.ndarray)
        assert np.isfinite(value).all(), f"{name} is not finite"


def _or_nothing(values: FloatArray | None) -> FloatArray:
    return np.zeros(0) if values is None else values


def check_same(left: Trained, right: Trained, *, weights: bool = True) -> None:
    """Check that two results agree in every bit but the time they took."""
    for name in (field.name for field in fields(Trained)):
        if name not in ("seconds", "weights", "attributions"):
            assert getattr(left, name) == getattr(right, name), name
    assert np.array_equal(_or_nothing(left.attributions), _or_nothing(right.attributions)), "attributions"
    if weights:
        check_weights(left, right)


def check_weights(left: Trained, right: Trained) -> None:
    """Check that two results have the same weights."""
    assert (left.weights is None) == (right.weights is None)
    if left.weights is not None and right.weights is not None:
        assert left.weights.keys() == right.weights.keys()
        assert all(np.array_equal(left.weights[name], right.weights[name]) for name in left.weights)


def check_explanation(found: Explanation, problem: Problem) -> None:
    """Check the explanation of one model."""
    table = problem.table
    assert found.input_names == table.feature_names
    assert found.output_names == table.output_names
    assert (found.widths[0], found.widths[-1]) == (len(found.input_names), len(found.output_names))
    assert found.importances.shape == (problem.n_features,)
    assert (found.importances >= 0).all()
    assert np.isclose(found.importances.sum(), 1.0) or not found.importances.any()
    places = [(edge.layer, edge.source, edge.target) for edge in found.edges]
    assert len(set(places)) == len(places), "an edge is named twice"
    for edge in found.edges:
        assert 0 <= edge.layer < len(found.widths) - 1
        assert 0 <= edge.source < found.widths[edge.layer]
        assert 0 <= edge.target < found.widths[edge.layer + 1]
        assert edge.x.shape == edge.y.shape == (edge.x.size,)
        assert edge.x.size >= 2
        assert np.isfinite(edge.x).all()
        assert np.isfinite(edge.y).all()
        assert 0 <= edge.weight <= 1
    if found.edges:
        assert max(edge.weight for edge in found.edges) in (0.0, pytest.approx(1.0))


def check_plain(space: SearchSpace, model: torch.nn.Module, x: FloatArray) -> None:
    """Check that the arrays and steps of a network, where its family gives them, compute what it computes."""
    try:
        plain = space.plain(model)
    except InputError:
        return
    for rows in (x, x.mean(axis=0) + 3 * (x - x.mean(axis=0))):
        with torch.no_grad():
            wanted = model(torch.as_tensor(rows)).numpy()
        np.testing.assert_allclose(plain(rows), wanted, rtol=1e-9, atol=1e-9 * np.abs(wanted).max())
