"""The target: which task it calls for, how it is encoded, what is refused."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.datasets.target import encode_target, infer_task
from evokan.errors import InputError


def column(values, **kind):
    return pd.Series(values, index=range(1, len(values) + 1), **kind)


NUMBERS = st.one_of(
    st.lists(st.integers(-3, 3), min_size=1, max_size=20),
    st.lists(st.integers(0, 25), min_size=20, max_size=80),
    st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0]), min_size=1, max_size=12),
    st.integers(1, 24).flatmap(lambda n: st.permutations([*range(n), *range(n)])),
)


@given(NUMBERS, st.booleans())
def test_numbers_are_classes_where_they_are_whole_few_and_repeated(values, as_text):
    counts = Counter(values)
    classes = all(value == int(value) for value in values) and len(counts) <= 20 and min(counts.values()) >= 2
    target = column([str(value) for value in values]) if as_text else column(values)
    assert infer_task(target) == ("classification" if classes else "regression")


@pytest.mark.parametrize(("n", "task"), [(20, "classification"), (21, "regression")])
def test_at_most_twenty_numbered_classes(n, task):
    assert infer_task(column([*range(n)] * 2)) == task


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=30))
def test_text_is_always_classes(values):
    assert infer_task(column(values)) == "classification"
    assert infer_task(column(values, dtype="category")) == "classification"


@pytest.mark.parametrize("kind", ["bool", "boolean", "object"])
def test_booleans_are_classes(kind):
    assert infer_task(column([True, False], dtype=kind)) == "classification"


def test_numbers_as_categories_are_classes():
    assert infer_task(column([1.5, 2.5, 3.5], dtype="category")) == "classification"


@pytest.mark.parametrize(
    ("values", "kind", "names", "y"),
    [
        (["b", "a", "b", "a"], None, ("a", "b"), [1, 0, 1, 0]),
        ([10, 9, 9, 10], None, ("9", "10"), [1, 0, 0, 1]),
        (["10", "9", "9", "10"], None, ("9", "10"), [1, 0, 0, 1]),
        (["1.0", "0", "1", "0.0"], None, ("0", "1.0"), [1, 0, 1, 0]),
        ([1.0, 0.0, 1.0, 0.0], None, ("0", "1"), [1, 0, 1, 0]),
        ([True, False, True, False], None, ("False", "True"), [1, 0, 1, 0]),
        (["lo", "hi", "hi", "lo"], pd.CategoricalDtype(["lo", "mid", "hi"]), ("lo", "hi"), [0, 1, 1, 0]),
    ],
)
def test_class_names_and_numbers(values, kind, names, y):
    encoded = encode_target(column(values, dtype=kind), "t", None)
    assert encoded.task == "classification"
    assert encoded.class_names == names
    assert encoded.y.tolist() == y
    assert encoded.y.dtype == np.int64


def test_a_task_asked_for_wins_over_the_rule():
    assert encode_target(column([1, 1, 2, 2]), "t", "regression").y.dtype == np.float64
    categories = column([2.5, 1.5, 0.5], dtype="category")
    assert encode_target(categories, "t", "regression").y.tolist() == [2.5, 1.5, 0.5]
    assert encode_target(column([0.5, 0.5, 1.25, 1.25]), "t", "classification").class_names == ("0.5", "1.25")


@pytest.mark.parametrize("text", ["0.1", "-1e-300", "3.141592653589793238", "+5", "1e22", "9007199254740993"])
def test_numbers_written_as_text_are_read_exactly(text):
    assert encode_target(column([text, "2.5"]), "t", None).y[0] == float(text)


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        ([5.0, 5.0, 5.0], None, "'t' holds '5.0' in every row"),
        (["1", "1.0"], None, "'t' holds '1' in every row"),
        (["a", "a"], None, "'t' holds 'a' in every row"),
        (["a", "b", "c"], None, "'t' is different in every row"),
        ([1.5, 2.5, 3.5], "classification", "'t' is different in every row"),
        (["a", "a", "b"], None, "class 'b' has a single row"),
        ([0, 0, 1, 2, 2], "classification", "class '1' has a single row"),
        ([*"aabcdefgh"], None, "class 'b', 'c', 'd', 'e', 'f' and 2 more has a single row"),
        (["1", "x", "2"], "regression", "regression needs numbers, but row 2 holds 'x'"),
        ([True, False, True], "regression", "regression needs numbers, but row 1 holds 'True'"),
        ([1.0, np.inf, 2.0, -np.inf], None, "'t' holds an infinite value in rows 2, 4"),
        (["1", "1e999", "2"], None, "'t' holds an infinite value in row 2"),
        (
            [*map(str, range(30)), "n.a.", "n.a."],
            None,
            r"holds 30 numbers and 2 texts \(row 31 holds 'n.a.'\): correct these cells, or leave their rows out$",
        ),
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), None, "holds datetime64 values"),
        ([[1], [2]], None, "'t' holds mixed values"),
    ],
)
def test_what_is_refused(values, task, message):
    with pytest.raises(InputError, match=message) as error:
        encode_target(column(values), "t", task)
    assert len(error.value.faults) == 1
