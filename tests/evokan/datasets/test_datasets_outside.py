"""New rows unlike those of the training table: far outside, or of an unknown category; logarithms of targets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evokan.datasets import ColumnSchema, load_dataset, load_table, series_from_frame
from evokan.datasets.columns import NumericColumn
from evokan.datasets.outside import outside, outside_note
from evokan.errors import InputError


@pytest.fixture
def write(tmp_path):
    def write_csv(frame, **how):
        frame.to_csv(tmp_path / "t.csv", index=False)
        return load_table(tmp_path / "t.csv", "y", **how)

    return write_csv


def rows(n=40):
    return pd.DataFrame(
        {"size": np.linspace(10, 20, n), "kind": ["red", "blue"] * (n // 2), "y": np.exp(np.linspace(-3, 8, n))}
    )


def schema_of(table):
    return ColumnSchema.from_dict(table.schema)


def test_what_is_beyond_a_tenth_of_the_range_is_named(write):
    schema = schema_of(write(rows()))
    new = pd.DataFrame({"size": [15, 20.9, 21.5, 9.1, 8.5], "kind": "red"})
    assert outside(new, schema) == ["", "", "size: 21.5 above 20", "", "size: 8.5 below 10"]
    note = outside_note(outside(new, schema))
    assert note.startswith("2 of 5 rows lie far outside of what the search has seen (rows 3, 5; the first by size")
    assert outside_note(outside(new[:1], schema)) == outside_note(None) == ""


def test_text_and_missing_values_are_no_fault_of_it(write):
    schema = schema_of(write(rows(), impute="median"))
    assert outside(pd.DataFrame({"size": ["15", None, "30"]}), schema) == ["", "", "size: 30 above 20"]


def test_ranges_of_named_tables_and_series_are_known():
    column = schema_of(load_dataset("iris")).columns[0]
    assert isinstance(column, NumericColumn)
    assert (column.low, column.high) == (4.3, 7.9)
    frame = pd.DataFrame({"t": np.arange(30), "a": np.arange(30) % 7, "b": np.arange(30) % 5})
    assert outside(frame[:3].assign(a=9), schema_of(series_from_frame(frame, "t"))) == ["a: 9 above 6"] * 3
    assert outside(frame, schema_of(series_from_frame(frame, "t", lags=3))) is None


def test_schemas_of_earlier_versions_know_no_range(write):
    stored = schema_of(write(rows())).to_dict()
    for column in stored["columns"]:
        column.pop("low", None)
        column.pop("high", None)
    stored.pop("handle_unknown")
    stored.pop("log_target")
    schema = ColumnSchema.from_dict(stored)
    assert outside(rows(), schema) is None
    assert schema.transform(rows()).shape == (40, 3)


def test_an_unknown_category_is_refused_or_taken_for_none(write):
    new = pd.DataFrame({"size": [11.0, 12, 13], "kind": ["blue", "pink", "red"]})
    with pytest.raises(InputError, match="unknown category 'pink' in row 2"):
        schema_of(write(rows())).transform(new)
    schema = schema_of(write(rows(), handle_unknown="ignore"))
    assert schema.transform(new)[:, 1:].tolist() == [[1, 0], [0, 0], [0, 1]]
    (note,) = schema.notes(new)
    assert "column 'kind' holds categories that the search has not seen" in note
    assert note.endswith("'pink' (row 2)")
    assert schema.notes(new[:1]) == ()
    with pytest.raises(InputError, match="has no value in row"):
        schema.transform(new.assign(kind=None))


def test_the_logarithm_of_a_target(write):
    table = write(rows(), log_target=True)
    assert table.target_name == "log(y)"
    np.testing.assert_allclose(table.y, np.linspace(-3, 8, 40))
    np.testing.assert_allclose(table.in_units(table.y), rows()["y"])
    plain = write(rows())
    assert plain.in_units(plain.y) is plain.y
    assert table.sha256 != plain.sha256
    few = write(rows().assign(y=[1, 2, 3, 4] * 10), log_target=True)
    assert few.task == "regression"


@pytest.mark.parametrize(
    ("column", "how", "said"),
    [
        ([0.0, *range(1, 40)], {}, "target column 'y' needs values above 0, but row 1 holds '0"),
        ([*range(1, 40), -5], {}, "row 40 holds '-5'"),
        (["a", "b"] * 20, {}, "regression needs numbers"),
        ([1, 2] * 20, {"task": "classification"}, "--log-target goes with --task regression"),
    ],
)
def test_targets_without_a_logarithm_are_refused(write, column, how, said):
    with pytest.raises(InputError, match=said):
        write(rows().assign(y=column), log_target=True, **how)
