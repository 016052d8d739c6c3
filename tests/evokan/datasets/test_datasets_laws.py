"""The laws: hand-checked points, domains, scaling, seeds."""

from __future__ import annotations

import random
from math import cos, e, exp, pi, sin, sqrt

import numpy as np
import pytest

from evokan.datasets import laws, load_dataset

NAMES = [law.name for law in laws.LAWS]


@pytest.mark.parametrize(
    ("function", "point", "value"),
    [
        (laws.exp_sin, (0, 0), 1),
        (laws.exp_sin, (0.5, 0), e),
        (laws.exp_sin, (-0.5, 1), 1),
        (laws.exp_sin, (1, -1), e),
        (laws.product, (0.5, -0.4), -0.2),
        (laws.product, (1, 1), 1),
        (laws.tf1, (0, 0), 1),
        (laws.tf1, (1, 0), -1),
        (laws.tf1, (0.5, 0.9), 0),
        (laws.tf1, (0.75, 1), 0.5),
        (laws.tf3, (0, 0), 0),
        (laws.tf3, (420.968746, 420.968746), -2 * 418.98288727),
        (laws.tf3, (-100, 400), -(-100 * sin(10) + 400 * sin(20))),
        (laws.tf4, (0,) * 10, 0),
        (laws.tf4, (1,) + (0,) * 9, -0.1),
        (laws.tf4, (3, 4) + (0,) * 8, -0.5),
        (laws.tf4, (0.5,) * 10, 1 - cos(2 * pi * sqrt(2.5)) - 0.1 * sqrt(2.5)),
        (laws.tf5, (0, 0), 0),
        (laws.tf5, (2.202906, 1.570796), -1.801303410),
        (laws.tf5, (pi / 2, pi / 2), -(sin(pi / 4) ** 20) - 1),
        (laws.tf5, (2.202906, 1.570796, 1.284992, 1.923058, 1.720470), -4.687658),
    ],
)
def test_hand_checked_points(function, point, value):
    assert function(np.array([point], dtype=float))[0] == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "train", "test", "inputs"),
    [
        ("exp-sin", 1000, 1000, 2),
        ("product", 1000, 1000, 2),
        ("tf1", 5000, 10000, 2),
        ("tf3", 5000, 10000, 2),
        ("tf4", 3750, 1250, 10),
        ("tf5", 5000, 10000, 2),
        ("tf5-5", 7500, 2500, 5),
    ],
)
def test_sizes(name, train, test, inputs):
    table = load_dataset(name)
    assert table.X.shape == (train + test, inputs)
    assert np.array_equal(table.test_rows, np.arange(train, train + test))
    assert table.validation_size == 0.2
    assert table.task == "regression"


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("exp-sin", -1, 1),
        ("product", -1, 1),
        ("tf1", 0, 1),
        ("tf3", 0, 1),
        ("tf4", 0, 1),
        ("tf5", 0, 1),
        ("tf5-5", 0, 1),
    ],
)
def test_inputs_fill_their_range_evenly_and_independently(name, low, high):
    table = load_dataset(name)
    place = (table.X - low) / (high - low)
    assert place.min() >= 0
    assert place.max() <= 1
    # Within 5 standard errors of a uniform draw's mean, variance and correlation.
    assert np.abs(place.mean(axis=0) - 0.5).max() < 5 * sqrt(1 / 12 / len(place))
    assert np.abs(place.var(axis=0) - 1 / 12).max() < 5 * sqrt(1 / 180 / len(place))
    between = np.corrcoef(place.T) - np.eye(place.shape[1])
    assert np.abs(between).max() < 5 / sqrt(len(place))


@pytest.mark.parametrize("law", [law for law in laws.LAWS if not law.scaled], ids=lambda law: law.name)
def test_unscaled_values_are_those_of_the_law(law):
    table = law.sample(4)
    assert np.array_equal(table.y, law.function(table.X))


def test_unscaled_ranges():
    y = load_dataset("exp-sin").y
    assert exp(-1) <= y.min() < 0.5
    assert 6 < y.max() <= exp(2)
    y = load_dataset("tf1").y
    assert -1 <= y.min() < -0.9
    assert 0.9 < y.max() <= 1


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("tf3", -500, 500),
        ("tf4", -4, 4),
        ("tf5", 0, pi),
        ("tf5-5", 0, pi),
    ],
)
def test_scaled_values_are_the_law_by_minimum_and_maximum(name, low, high):
    table = load_dataset(name)
    assert (table.y.min(), table.y.max()) == (0, 1)
    law = next(law for law in laws.LAWS if law.name == name)
    raw = law.function(low + (high - low) * table.X)
    assert table.y == pytest.approx((raw - raw.min()) / (raw.max() - raw.min()), abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_rows_depend_on_the_seed_alone(name):
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - the global state is the point
    before = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    table = load_dataset(name, seed=7)
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    again, other = load_dataset(name, seed=7), load_dataset(name, seed=8)
    assert again.sha256 == table.sha256
    assert np.array_equal(again.X, table.X)
    assert other.sha256 != table.sha256
    assert not np.isin(other.X[:, 0], table.X[:, 0]).any()


def test_laws_with_one_domain_do_not_share_their_rows():
    assert not np.isin(load_dataset("product").X[:, 0], load_dataset("exp-sin").X[:, 0]).any()


def test_test_rows_are_fresh():
    table = load_dataset("product")
    assert not np.isin(table.X[1000:, 0], table.X[:1000, 0]).any()
