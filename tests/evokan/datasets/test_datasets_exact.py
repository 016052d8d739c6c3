"""Labels and times keep their exact values, whatever float64 makes of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from evokan.datasets.moments import since_first
from evokan.datasets.target import infer_task
from evokan.datasets.user_series import load_series, series_from_frame
from evokan.datasets.user_table import load_table, table_from_frame
from evokan.datasets.values import exact_numbers, levels_of
from evokan.errors import InputError

BASE = 2**53
COUNTS = {BASE: 72, BASE + 1: 51, BASE + 2: 14, BASE + 3: 23}


def frame(labels) -> pd.DataFrame:
    return pd.DataFrame({"a": np.random.default_rng(0).normal(size=len(labels)), "y": labels})


@pytest.fixture
def labels() -> list[int]:
    found = [value for value, count in COUNTS.items() for _ in range(count)]
    return np.random.default_rng(1).permutation(np.array(found, dtype=object)).tolist()


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
@pytest.mark.parametrize("sign", [1, -1])
def test_classes_beyond_2_53_stay_apart_in_every_kind_of_file(tmp_path, labels, suffix, sign):
    path = tmp_path / f"t.{suffix}"
    table = frame([sign * value for value in labels])
    if suffix == "parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False, sep="," if suffix == "csv" else "\t")
    found = load_table(path, "y")
    order = sorted(COUNTS, key=lambda value: sign * value)
    assert found.class_names == tuple(str(sign * value) for value in order)
    assert np.bincount(found.y).tolist() == [COUNTS[value] for value in order]


@pytest.mark.parametrize("kind", ["int64", "uint64", "Int64", object, str])
def test_classes_of_a_frame_stay_apart(labels, kind):
    table = frame(labels)
    table["y"] = table["y"].astype(kind)
    assert np.bincount(table_from_frame(table, "y").y).tolist() == [*COUNTS.values()]


def test_whole_numbers_beside_gaps_of_a_parquet_file_stay_whole(tmp_path, labels):
    table = frame(labels)
    table["y"] = pd.array([None, *labels[1:]], dtype="Int64")
    table.to_parquet(tmp_path / "t.parquet")
    names = load_table(tmp_path / "t.parquet", "y", impute="drop").class_names
    assert names == tuple(map(str, COUNTS))


def test_many_different_ones_are_a_regression_and_equal_floats_nothing_to_learn():
    labels = [2**60 + value for value in range(40)]
    assert infer_task(pd.Series(labels)) == "regression"
    with pytest.raises(InputError, match="target column 'y' differs beyond the 16 digits"):
        table_from_frame(frame(labels), "y")


def test_numbers_that_float64_holds_are_read_as_before():
    column = pd.Series(["1.5", "2", "2.0", "1e3"])
    assert exact_numbers(column).dtype == np.float64
    assert levels_of(column) == ("1.5", "2", "1e3")


def test_exact_values_mix_whole_numbers_and_fractions():
    column = pd.Series(["9007199254740993", "0.5", "1e17", "inf"])
    assert exact_numbers(column).tolist() == [BASE + 1, Fraction(1, 2), 10**17, np.inf]


def test_moments_too_far_apart_for_int64_are_rounded():
    exact = np.array([10**30, 2 * 10**30, 0], dtype=object)
    assert since_first(exact).tolist() == [1e30, 2e30, 0.0]


MOMENTS = {
    "nanoseconds": [1_700_000_000_000_000_000 + step for step in range(40)],
    "seconds with nine places": [f"1700000000.{step:09d}" for step in range(40)],
    "dates with nine places": [f"2024-01-01T00:00:00.{step:09d}" for step in range(39)]
    + ["2024-01-01T00:00:00.000000039"],
    "years of nanoseconds": [1_600_000_000_000_000_000 + 10**9 * step for step in range(40)],
}


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize("start", [[], [0]])
def test_fine_moments_do_not_fall_together(tmp_path, name, start):
    moments = MOMENTS[name]
    if start:  # a first moment long before all others
        early = "2001-01-01" if name.startswith("dates") else type(moments[0])(0)
        moments = [early, *moments]
    table = pd.DataFrame({"t": moments, "a": np.sin(np.arange(len(moments)))}).sample(frac=1, random_state=0)
    found = series_from_frame(table, "t")
    table.to_csv(tmp_path / "s.csv", index=False)
    for read in (found, load_series(tmp_path / "s.csv", "t")):
        assert read.X[:, 0].tolist() == np.sin(np.arange(len(start), len(moments) - 1)).tolist()
        assert set(read.series) == {0}


@pytest.mark.parametrize("kind", ["int64", str])
def test_columns_whose_values_fall_together_are_named(kind):
    moments = BASE + np.arange(80)
    table = pd.DataFrame({"t": moments, "y": np.arange(80.0) * 2}).astype({"t": kind})
    (note,) = table_from_frame(table, "y", task="regression").notes
    assert note.startswith("column 't' holds whole numbers beyond 2^53, which are rounded: ")
    assert f"{80 - len(np.unique(moments.astype(float)))} of its 80 different values fall together" in note
    assert not table_from_frame(table.assign(t=np.arange(80) * 2**60 + 2**62), "y", task="regression").notes
    (note,) = table_from_frame(table.rename(columns={"t": "y", "y": "x"}), "y", task="regression").notes
    assert note.startswith("column 'y' holds whole numbers")
    series = pd.DataFrame({"t": range(80), "x": BASE + np.arange(80) % 7})
    assert any("column 'x' holds whole numbers" in note for note in series_from_frame(series, "t").notes)
