"""Intervals and paired tests against SciPy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.gakan.statistics import against, holm, paired_p, shown, t_interval


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30).filter(lambda v: np.std(v) > 1e-6))
def test_the_interval_is_that_of_a_t_test(values):
    mean, low, high = t_interval(values)
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)
    assert mean == pytest.approx(np.mean(values), abs=1e-9)


def test_shared_rows_make_the_interval_wider():
    values = [0.9, 0.92, 0.95, 0.91]
    mean, low, high = t_interval(values, overlap=0.75)
    plain = t_interval(values)
    assert (high - mean) / (plain[2] - plain[0]) == pytest.approx(2.0)  # sqrt((1/4 + 3/4) / (1/4))
    assert mean - low == pytest.approx(high - mean)


def test_one_value_has_no_interval_and_none_no_mean():
    mean, low, high = t_interval([0.5])
    assert mean == 0.5
    assert math.isnan(low)
    assert math.isnan(high)
    assert all(math.isnan(value) for value in t_interval([]))


def test_pairs_without_equal_ones_are_scipys_exact_test():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 12))
    assert paired_p(a, b) == pytest.approx(stats.wilcoxon(a, b, method="exact").pvalue)
    assert paired_p(a, b) == paired_p(b, a)


def test_equal_pairs_and_rounding():
    a = np.array([0.9, 0.95, 1.0, 0.85] * 5)
    assert paired_p(a, a) == 1.0
    assert paired_p(a, a + 1e-15) == 1.0
    # 0.3 - 0.2 and 0.2 - 0.1 differ in the last bit; as steps of an accuracy they are ties.
    pairs = [(0.3, 0.2), (0.1, 0.2), (0.2, 0.1), (0.2, 0.3)] * 5
    first, second = np.array(pairs).T
    assert paired_p(first, second) == pytest.approx(1.0)


def test_holm_by_hand():
    # 4 x 0.005, 3 x 0.01, 2 x 0.03, then at least as large as before.
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert list(found) == ["a", "b", "c", "d"]
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_the_raw_p_and_bonferronis_and_keeps_the_order(p_values):
    p = np.array(p_values)
    corrected = np.array(list(holm({str(place): value for place, value in enumerate(p_values)}).values()))
    assert (corrected >= p - 1e-15).all()
    assert (corrected <= np.minimum(len(p) * p, 1.0) + 1e-15).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(corrected[order]) >= 0).all()


def test_against_pairs_by_index_and_leaves_out_what_has_no_pair():
    frame = pd.DataFrame(
        [{"split": s, "model": "ours", "x": float(s)} for s in range(8)]
        + [{"split": s, "model": "better", "x": s + 1.0 + s / 10} for s in reversed(range(8))]
        + [{"split": s, "model": "same", "x": float(s)} for s in range(8)]
        + [{"split": 99, "model": "elsewhere", "x": 1.0}]
    )
    found = against(frame, "ours", ["better", "same", "elsewhere", "unknown"], "x", index="split", label="model")
    raw = stats.wilcoxon(np.arange(8) / 10 + 1.0).pvalue
    assert found == pytest.approx({"better": 2 * raw, "same": 1.0})
    assert against(frame, "nobody", ["better"], "x", index="split", label="model") == {}
    assert shown(None) == ""
    assert shown(found["better"]) == "0.016"
