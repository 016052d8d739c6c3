"""The user's own table: encoding, missing values, and every fault of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evokan.datasets import ColumnSchema, load_dataset, load_table, read_frame, table_from_frame
from evokan.errors import InputError
from evokan.problem.problem import Problem

GOOD = pd.DataFrame(
    {
        "size": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "colour": ["red", "blue", "red", "green", "red", "blue"],
        "old": [True, False, False, True, True, False],
        "kind": ["a", "b", "a", "b", "a", "b"],
    }
)
NAMES = ("size", "colour=blue", "colour=green", "colour=red", "old=False", "old=True")
INPUTS = [
    [1, 0, 0, 1, 0, 1],
    [2, 1, 0, 0, 1, 0],
    [3, 0, 0, 1, 1, 0],
    [4, 0, 1, 0, 0, 1],
    [5, 0, 0, 1, 0, 1],
    [6, 1, 0, 0, 1, 0],
]


def faults_of(frame, target="kind", **options):
    with pytest.raises(InputError) as error:
        table_from_frame(frame, target, **options)
    assert all("\n" not in fault for fault in error.value.faults)
    return error.value.faults


def only_fault(frame, target="kind", **options):
    (fault,) = faults_of(frame, target, **options)
    return fault


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_the_same_table_from_every_kind_of_file(tmp_path, suffix):
    path = tmp_path / f"mine.{suffix}"
    if suffix == "parquet":
        GOOD.to_parquet(path)
    else:
        GOOD.to_csv(path, index=False, sep="," if suffix == "csv" else "\t")
    table = load_table(path, "kind")
    assert (table.name, table.task, table.target_name) == ("mine", "classification", "kind")
    assert table.feature_names == NAMES
    assert table.X.tolist() == INPUTS
    assert table.X.dtype == np.float64
    assert table.class_names == ("a", "b")
    assert table.y.tolist() == [0, 1, 0, 1, 0, 1]
    assert (table.test_size, table.validation_size, table.test_rows) == (0.2, 0.2, None)
    assert table.sha256 == table_from_frame(GOOD, "kind").sha256


def test_new_rows_of_a_file_go_through_the_stored_schema(tmp_path):
    table = table_from_frame(GOOD, "kind")
    new = GOOD.drop(columns="kind")[["old", "colour", "size"]].iloc[3:]
    new.to_csv(tmp_path / "new.csv", index=False)
    got = ColumnSchema.from_dict(table.schema).transform(read_frame(tmp_path / "new.csv"))
    assert got.tolist() == INPUTS[3:]


def test_a_known_table_written_to_a_file_comes_back(tmp_path):
    iris = load_dataset("iris")
    frame = pd.DataFrame(iris.X, columns=list(iris.feature_names))
    frame["class"] = [iris.class_names[number] for number in iris.y]
    frame.to_csv(tmp_path / "iris.csv", index=False)
    own = load_table(tmp_path / "iris.csv", "class")
    assert own.sha256 == iris.sha256
    assert Problem.from_table(own).n_outputs == 3


def test_regression_keeps_values_and_constant_columns():
    frame = pd.DataFrame({"a": [1, 1, 1], "b": ["x", "x", "x"], "y": [0.1, 0.2, 0.4]})
    table = table_from_frame(frame, "y")
    assert (table.task, table.class_names) == ("regression", ())
    assert table.y.tolist() == [0.1, 0.2, 0.4]
    assert table.X.tolist() == [[1, 1]] * 3


def test_levels_stand_in_the_order_of_their_text_or_category():
    text = GOOD.assign(colour=["b10", "b9", "b10", "B", "B", "b9"])
    assert table_from_frame(text, "kind").feature_names[1:4] == ("colour=B", "colour=b10", "colour=b9")
    grades = pd.Categorical(["lo", "hi", "lo", "lo", "hi", "lo"], categories=["lo", "mid", "hi"])
    graded = table_from_frame(GOOD.assign(colour=grades), "kind")
    assert graded.feature_names[1:3] == ("colour=lo", "colour=hi")


def test_the_frame_given_is_left_alone():
    before = GOOD.copy()
    table_from_frame(GOOD, "kind", impute="drop")
    pd.testing.assert_frame_equal(GOOD, before)


HOLES = GOOD.assign(size=[None, 2, 3, 4, 5, 60], colour=["red", None, "red", "green", "red", "blue"])


def test_missing_values_are_refused_by_name_and_row():
    assert only_fault(HOLES).startswith("missing values in columns 'size' (row 1), 'colour' (row 2): ")
    assert only_fault(HOLES.drop(columns="colour")).startswith("missing values in column 'size' (row 1)")


def test_median_and_most_frequent_level_fill_gaps():
    table = table_from_frame(HOLES, "kind", impute="median")
    assert table.X[0].tolist() == [4, *INPUTS[0][1:]]
    assert table.X[1].tolist() == [2, 0, 0, 1, 1, 0]
    new = GOOD.assign(size=None, colour=None).iloc[:1]
    assert ColumnSchema.from_dict(table.schema).transform(new).tolist() == [[4, 0, 0, 1, 0, 1]]


def test_drop_leaves_rows_out_and_their_levels_too():
    frame = GOOD.assign(size=[1, 2, 3, None, 5, 6], kind=["a", "b", "a", "b", None, "b"])
    table = table_from_frame(frame, "kind", impute="drop")
    assert table.X[:, 0].tolist() == [1, 2, 3, 6]
    assert "colour=green" not in table.feature_names
    assert table.y.tolist() == [0, 1, 0, 1]
    with pytest.raises(InputError, match="has no value in row 1"):
        ColumnSchema.from_dict(table.schema).transform(frame.iloc[3:4])


@pytest.mark.parametrize("impute", [None, "median"])
def test_a_missing_target_is_never_filled_in(impute):
    frame = GOOD.assign(kind=["a", "b", "a", "b", None, None])
    fault = only_fault(frame, impute=impute)
    assert "'kind' has no value in rows 5, 6: a missing target is never filled in" in fault
    assert "--impute drop" in fault


def test_nothing_left_after_drop():
    assert "every row has a missing value" in only_fault(
        GOOD.assign(size=[None, 1, None, 1, None, 1], colour=["x", None] * 3), impute="drop"
    )


@pytest.mark.parametrize("impute", [None, "median", "drop"])
def test_a_column_without_any_value(impute):
    for name, advice in (("size", "leave it out"), ("kind", "nothing to learn")):
        fault = only_fault(GOOD.assign(**{name: None}), impute=impute)
        assert fault == f"column '{name}' holds no value at all: {advice}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": [1, 2, np.inf, 4, -np.inf, 6]}, "column 'size' holds an infinite value in rows 3, 5"),
        ({"colour": [*"pqrstu"]}, "column 'colour' has a different value in every row and is not numeric"),
        ({"size": pd.date_range("2020-01-01", periods=6)}, "column 'size' holds dates: leave it out"),
        ({"size": [[1]] * 6}, "column 'size' holds mixed values"),
        ({"colour=red": [1, 2, 3, 4, 5, 7]}, "two inputs would be called 'colour=red'"),
        ({"kind": "a"}, "target column 'kind' holds 'a' in every row"),
        ({"kind": [*"aabbbc"]}, "class 'c' has a single row"),
        ({"kind": [*"abcdef"]}, "'kind' is different in every row"),
    ],
)
def test_bad_columns(change, message):
    assert message in only_fault(GOOD.assign(**change))


@pytest.mark.parametrize(("levels", "accepted"), [(50, True), (51, False)])
def test_at_most_fifty_levels(levels, accepted):
    frame = pd.DataFrame({"code": [f"c{i % levels}" for i in range(2 * levels)], "y": [0, 1] * levels})
    if accepted:
        assert table_from_frame(frame, "y").X.shape == (100, 50)
    else:
        assert "has 51 different values" in only_fault(frame, "y")


def test_a_number_gone_wrong_is_found_but_coarse_codes_are_categories():
    numbers = pd.DataFrame({"a": [*map(str, range(29)), "1,5"], "y": [0, 1] * 15})
    assert "holds 29 numbers and 1 texts (row 30 holds '1,5')" in only_fault(numbers, "y")
    codes = numbers.assign(a=pd.Categorical(range(100, 130))).loc[[*range(30)] * 2]
    assert table_from_frame(codes, "y").X.shape == (60, 30)
    coarse = pd.DataFrame({"children": ["0", "1", "2", "3+"] * 3, "y": [0, 1] * 6})
    features = table_from_frame(coarse, "y").feature_names
    assert features == ("children=0", "children=1", "children=2", "children=3+")


def test_the_target_must_be_there():
    assert only_fault(GOOD, "kinds").startswith("unknown target column 'kinds': did you mean 'kind'?")
    assert "no column besides the target 'kind'" in only_fault(GOOD[["kind"]])


def test_regression_on_text_is_refused():
    assert "regression needs numbers, but row 1 holds 'a'" in only_fault(GOOD, task="regression")


def test_options_with_a_slip():
    faults = faults_of(GOOD, task="clasification", impute="mean")
    assert "did you mean 'classification'" in faults[0]
    assert "unknown imputation 'mean'" in faults[1]


def test_all_faults_come_together(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(
        "a,a,,b,c,d,e,kind\n"
        + "".join(f"1,1,1,{'' if i == 2 else i},{'inf' if i == 3 else i},id{i},,{'xxxyyz'[i]}\n" for i in range(6))
    )
    with pytest.raises(InputError) as error:
        load_table(path, "kind")
    parts = [
        "column 3 has no name",
        "'a' is there more than once",
        "'e' holds no value",
        "column 'b' (row 3)",
        "'c' holds an infinite value in row 4",
        "'d' has a different value in every row",
        "class 'z' has a single row",
    ]
    faults = error.value.faults
    assert len(faults) == len(parts)
    assert all(part in fault for part, fault in zip(parts, faults, strict=True))


def test_faults_of_features_are_found_although_the_target_is_unknown():
    faults = faults_of(GOOD.assign(size=np.inf), "knd")
    assert len(faults) == 2


def test_a_table_without_rows():
    assert only_fault(GOOD.iloc[:0]) == "table 'data' holds no rows"
