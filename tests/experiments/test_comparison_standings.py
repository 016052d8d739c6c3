"""Calibration errors, ranks and tests of the comparison, against references."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import friedmanchisquare
from sklearn.calibration import calibration_curve

from experiments.comparison.scores import calibration_error
from experiments.comparison.standings import alike, critical_difference, friedman_p, ranks_of


def test_calibration_error_of_known_probabilities():
    sure = np.tile([0.25, 0.75], (8, 1))
    assert calibration_error([1, 1, 1, 0] * 2, sure) == 0.0
    assert calibration_error([1] * 8, sure) == pytest.approx(0.25)
    assert calibration_error([0] * 8, sure) == pytest.approx(0.75)
    # Two bins, one too sure by 0.1 and one too modest by 0.35: their mean by rows.
    p = np.array([[0.4, 0.6]] * 2 + [[0.05, 0.95]] * 6)
    assert calibration_error([1, 0, 1, 1, 1, 1, 1, 0], p) == pytest.approx((2 * 0.1 + 6 * abs(0.95 - 5 / 6)) / 8)


def test_calibration_error_is_that_of_scikit_learns_curve():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1.0, 500)
    y = (rng.random(500) < p**2).astype(int)
    shares, means = calibration_curve(y, p, n_bins=10)
    counts = np.histogram(p, np.linspace(0, 1, 11))[0]
    expected = float((np.abs(shares - means) * counts[counts > 0]).sum() / 500)
    assert calibration_error(y, np.column_stack([1 - p, p])) == pytest.approx(expected)


def test_ranks_share_ties_and_put_what_failed_last():
    errors = pd.DataFrame({"a": [0.1, 0.2], "b": [0.1, np.nan], "c": [0.3, 0.1]})
    assert ranks_of(errors).to_numpy().tolist() == [[1.5, 1.5, 3.0], [2.0, 3.0, 1.0]]


def test_friedman_is_scipys_and_equal_columns_are_equal():
    errors = pd.DataFrame(np.random.default_rng(0).random((12, 4)), columns=list("abcd"))
    expected = friedmanchisquare(*(errors[name] for name in errors)).pvalue
    assert friedman_p(ranks_of(errors)) == pytest.approx(float(expected))
    assert friedman_p(ranks_of(pd.DataFrame(np.ones((5, 3)), columns=list("abc")))) == 1.0
    assert np.isnan(friedman_p(ranks_of(errors[["a", "b"]])))


@pytest.mark.parametrize(("count", "q"), [(2, 1.960), (3, 2.343), (5, 2.728), (10, 3.164)])
def test_critical_differences_are_demsars(count, q):
    # Table 5 of Demsar (2006).
    assert critical_difference(count, 14) == pytest.approx(q * (count * (count + 1) / (6 * 14)) ** 0.5, rel=1e-3)


def test_methods_alike_are_the_largest_groups():
    means = {"a": 1.0, "b": 1.5, "c": 2.2, "d": 4.0}
    assert alike(means, 1.0) == [("a", "b"), ("b", "c")]
    assert alike(means, 1.3) == [("a", "b", "c")]
    assert alike(means, 0.1) == []
