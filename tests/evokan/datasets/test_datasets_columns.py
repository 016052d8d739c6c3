"""The column schema: its JSON form, the inputs it gives, and what it refuses in new rows."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.datasets import ColumnSchema
from evokan.datasets.columns import CategoricalColumn, NumericColumn
from evokan.errors import InputError


def schema(impute=None):
    return ColumnSchema(
        task="classification",
        target="kind",
        class_names=("no", "yes"),
        impute=impute,
        columns=(
            NumericColumn(name="size", median=2.5),
            CategoricalColumn(name="colour", levels=("blue", "green", "red"), most_frequent="green"),
            NumericColumn(name="age", median=40),
        ),
    )


ROWS = pd.DataFrame({"size": [1.5, 2.0], "colour": ["red", "blue"], "age": [30, 50]})
INPUTS = [[1.5, 0, 0, 1, 30], [2.0, 1, 0, 0, 50]]


def faults_of(frame, impute=None):
    with pytest.raises(InputError) as error:
        schema(impute).transform(frame)
    assert all("\n" not in fault for fault in error.value.faults)
    return error.value.faults


def test_feature_names_and_inputs_follow_the_schema():
    assert schema().feature_names == ("size", "colour=blue", "colour=green", "colour=red", "age")
    got = schema().transform(ROWS)
    assert got.dtype == np.float64
    assert got.tolist() == INPUTS


@pytest.mark.parametrize(
    "frame",
    [
        ROWS[["age", "colour", "size"]],
        ROWS.assign(kind="no", other=[pd.Timestamp(0), None]),
        ROWS.set_index(pd.Index(["p", "q"])),
        ROWS.astype({"size": str, "age": str}),
        ROWS.astype({"size": "Float64", "age": "Int64", "colour": "category"}),
        ROWS.astype(object),
    ],
)
def test_order_extra_columns_index_and_dtypes_do_not_matter(frame):
    assert schema().transform(frame).tolist() == INPUTS


def test_the_frame_given_is_left_alone():
    frame = ROWS.set_index(pd.Index([5, 7]))
    before = frame.copy()
    schema("median").transform(frame)
    pd.testing.assert_frame_equal(frame, before)


names = st.text(min_size=1, max_size=5)
numeric = st.builds(NumericColumn, name=names, median=st.floats(allow_nan=False, allow_infinity=False))
categorical = st.lists(names, min_size=1, max_size=4, unique=True).flatmap(
    lambda levels: st.builds(
        CategoricalColumn, name=names, levels=st.just(tuple(levels)), most_frequent=st.sampled_from(levels)
    )
)
schemas = st.builds(
    ColumnSchema,
    task=st.sampled_from(["classification", "regression"]),
    target=names,
    columns=st.lists(st.one_of(numeric, categorical), max_size=4).map(tuple),
    class_names=st.lists(names, max_size=3).map(tuple),
    impute=st.sampled_from([None, "median", "drop"]),
)


@given(schemas)
def test_json_round_trip(made):
    assert ColumnSchema.from_dict(json.loads(json.dumps(made.to_dict()))) == made


@pytest.mark.parametrize(
    "change",
    [
        {"columns": 3},
        {"task": "guess"},
        {"more": 1},
        {"columns": [{"kind": "numeric", "name": "a", "median": float("nan")}]},
    ],
)
def test_a_damaged_schema_is_refused(change):
    with pytest.raises(InputError, match="this is no column schema") as error:
        ColumnSchema.from_dict(schema().to_dict() | change)
    assert "\n" not in str(error.value)


def test_missing_values_are_filled_only_by_a_schema_made_so():
    frame = pd.DataFrame({"size": [np.nan, 1], "colour": ["red", None], "age": [None, None]})
    assert schema("median").transform(frame).tolist() == [[2.5, 0, 0, 1, 40], [1, 0, 1, 0, 40]]
    for impute in (None, "drop"):
        faults = faults_of(frame, impute)
        assert [fault.split(":")[0] for fault in faults] == [
            "column 'size' has no value in row 1",
            "column 'colour' has no value in row 2",
            "column 'age' has no value in rows 1, 2",
        ]


def test_of_many_known_categories_the_first_are_named():
    column = CategoricalColumn(name="town", levels=tuple(f"t{number:02d}" for number in range(50)), most_frequent="t00")
    with pytest.raises(InputError) as error:
        column.encode(pd.Series(["t01", "t77"]), schema())
    assert str(error.value).endswith("Known: " + ", ".join(f"t{number:02d}" for number in range(20)) + " and 30 more")


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"size": ["1", "many"]}, ["column 'size' must hold numbers, but row 2 holds 'many'"]),
        ({"size": [True, False]}, ["column 'size' must hold numbers, but row 1 holds 'True'"]),
        ({"size": pd.to_datetime(["2020-01-01", "2020-01-02"])}, ["column 'size' must hold numbers, but row 1"]),
        ({"size": ["1_0", "2"]}, ["column 'size' must hold numbers, but row 1 holds '1_0'"]),
        ({"age": [np.inf, 1]}, ["column 'age' holds an infinite value in row 1"]),
        (
            {"colour": ["red", "gren"]},
            [
                "column 'colour' holds the unknown category 'gren' in row 2: "
                "did you mean 'green'? Known: blue, green, red"
            ],
        ),
        (
            {"colour": ["pink", "pink"], "size": ["x", 1]},
            ["column 'size' must", "column 'colour' holds the unknown category 'pink' in rows 1, 2: Known: blue"],
        ),
    ],
)
def test_bad_values_are_named_by_column_value_and_row(change, faults):
    for impute in (None, "median"):
        got = faults_of(ROWS.assign(**change), impute)
        assert len(got) == len(faults)
        assert all(fault.startswith(start) for fault, start in zip(got, faults, strict=True))


def test_a_missing_column_is_not_mistaken_for_another_known_one():
    made = ColumnSchema(
        task="classification",
        target="petal",
        class_names=("no", "yes"),
        columns=tuple(NumericColumn(name=name, median=0) for name in ("petal length", "petal width")),
    )
    frame = pd.DataFrame({"petal width": [1], "petal": ["no"]})
    with pytest.raises(InputError) as error:
        made.transform(frame)
    assert error.value.faults == ("column 'petal length' is missing",)
    with pytest.raises(InputError, match="did you mean 'petal lenght'"):
        made.transform(frame.assign(**{"petal lenght": 1}))


def test_rows_are_counted_from_1_whatever_the_index():
    assert "in row 2" in faults_of(ROWS.assign(colour=["red", "pink"]).set_index(pd.Index([70, 80])))[0]


def test_many_unknown_categories_are_cut_short():
    frame = pd.DataFrame({"size": 1, "colour": [f"c{i}" for i in range(20)], "age": 2})
    faults = faults_of(frame)
    assert len(faults) == 6
    assert faults[-1] == "column 'colour' holds 15 more unknown categories"


def test_missing_and_repeated_columns_are_named():
    frame = ROWS.rename(columns={"size": "Sise"}).drop(columns="age")
    assert faults_of(frame) == ("column 'size' is missing: did you mean 'Sise'?", "column 'age' is missing")
    assert faults_of(pd.concat([ROWS, ROWS[["age"]]], axis=1)) == ("column 'age' is there more than once",)
