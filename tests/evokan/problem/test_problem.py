"""How a table is split, scaled and folded."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from evokan.datasets import load_dataset
from evokan.errors import InputError
from evokan.problem.problem import MOST_SHOWN, Problem
from evokan.problem.scaling import Scaler
from evokan.problem.splits import Fold
from evokan.problem.table import Table


def classes(counts: tuple[int, ...], **changes) -> Table:
    """A table of two columns with `counts` rows of each class, in shuffled order."""
    rng = np.random.default_rng(sum(counts))
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    x = rng.normal(size=(len(y), 2)) * [2.0, 30.0] + [5.0, -100.0]
    names = tuple("abcdef"[: len(counts)])
    return Table("classes", "classification", x, y, ("u", "v"), "kind", names, **changes)


def numbers(rows: int, **changes) -> Table:
    rng = np.random.default_rng(rows)
    x = rng.normal(size=(rows, 3))
    return Table("numbers", "regression", x, 7.0 + 3.0 * x[:, 0], ("u", "v", "w"), "y", **changes)


# ---------------------------------------------------------------- the split


@pytest.mark.parametrize(("test_size", "val_size", "sizes"), [(None, None, (80, 20, 50)), (0.2, 0.25, (90, 30, 30))])
@pytest.mark.parametrize("seed", [0, 5])
def test_classes_are_split_as_by_hand(test_size, val_size, sizes, seed):
    x, y = load_iris(return_X_y=True)
    table = Table(
        "iris",
        "classification",
        x,
        y,
        ("a", "b", "c", "d"),
        "species",
        ("s", "t", "v"),
        test_size=1 / 3,
        validation_size=0.2,
    )
    problem = Problem.from_table(table, test_size=test_size, validation_size=val_size, split_seed=seed)
    rest, test = train_test_split(np.arange(150), test_size=test_size or 1 / 3, random_state=seed, stratify=y)
    train, validation = train_test_split(rest, test_size=val_size or 0.2, random_state=seed, stratify=y[rest])
    assert (len(problem.train), len(problem.validation), len(problem.test)) == sizes
    assert problem.test.tolist() == sorted(test)
    assert problem.train.tolist() == sorted(train)
    assert problem.validation.tolist() == sorted(validation)
    assert problem.split_seed == seed


def test_numbers_are_split_as_by_hand():
    problem = Problem.from_table(numbers(100), split_seed=3)
    rest, test = train_test_split(np.arange(100), test_size=0.2, random_state=3)
    train, validation = train_test_split(rest, test_size=0.2, random_state=3)
    assert problem.test.tolist() == sorted(test)
    assert problem.train.tolist() == sorted(train)
    assert problem.validation.tolist() == sorted(validation)


def test_every_part_has_its_share_of_every_class():
    table = classes((50, 30, 20))
    problem = Problem.from_table(table, test_size=0.2, validation_size=0.25)
    for rows, size in ((problem.test, 20), (problem.validation, 20), (problem.train, 60)):
        assert np.bincount(table.y[rows]).tolist() == [size // 2, size * 3 // 10, size // 5]


def test_published_test_rows_are_kept_whatever_the_seed():
    published = np.array([40, 3, 17, 8])
    for seed in (0, 1):
        problem = Problem.from_table(numbers(50, test_rows=published), split_seed=seed, test_size=0.5)
        assert problem.test.tolist() == [3, 8, 17, 40]
        rest = np.setdiff1d(np.arange(50), published)
        train, validation = train_test_split(rest, test_size=0.2, random_state=seed)
        assert problem.train.tolist() == sorted(train)
        assert problem.validation.tolist() == sorted(validation)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(12, 25), min_size=2, max_size=4), st.integers(1, 5), st.integers(0, 99))
def test_parts_and_folds_partition_their_rows(counts, folds, seed):
    table = classes(tuple(counts))
    problem = Problem.from_table(table, folds=folds, split_seed=seed)
    parts = [problem.train, problem.validation, problem.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(table.y)))
    assert all(np.array_equal(part, np.unique(part)) for part in parts)
    assert problem.development.tolist() == sorted([*problem.train, *problem.validation])
    assert len(problem.folds) == folds
    for fold in problem.folds:
        assert not set(fold.train) & set(fold.validation)
        assert sorted([*fold.train, *fold.validation]) == problem.development.tolist()
        assert all(np.array_equal(part, np.unique(part)) for part in (fold.train, fold.validation))
    if folds == 1:
        assert problem.folds[0].train is problem.train
        assert problem.folds[0].validation is problem.validation
    else:
        seen = np.concatenate([fold.validation for fold in problem.folds])
        assert sorted(seen.tolist()) == problem.development.tolist()


def test_folds_are_cut_as_by_hand():
    table = classes((30, 20))
    problem = Problem.from_table(table, folds=4, split_seed=9)
    rows = problem.development
    for fold, (train, validation) in zip(
        problem.folds, StratifiedKFold(4, shuffle=True, random_state=9).split(rows, table.y[rows]), strict=True
    ):
        assert fold.train.tolist() == rows[train].tolist()
        assert fold.validation.tolist() == rows[validation].tolist()
    problem = Problem.from_table(numbers(60), folds=3, split_seed=9)
    rows = problem.development
    for fold, (_, validation) in zip(problem.folds, KFold(3, shuffle=True, random_state=9).split(rows), strict=True):
        assert fold.validation.tolist() == rows[validation].tolist()


def test_the_hold_out_does_not_depend_on_the_folds():
    one, five = (Problem.from_table(numbers(60), folds=folds) for folds in (1, 5))
    assert one.test.tolist() == five.test.tolist()
    assert one.validation.tolist() == five.validation.tolist()


# ---------------------------------------------------------------- scaling


@pytest.mark.parametrize("folds", [1, 3])
def test_only_rows_that_are_trained_on_decide_the_scaling(folds):
    table = numbers(60)
    problem = Problem.from_table(table, folds=folds)
    seen = problem.train if folds == 1 else problem.development
    assert np.allclose(problem.input_scaler.shift, table.X[seen].mean(axis=0), rtol=1e-12)
    assert np.allclose(problem.input_scaler.scale, table.X[seen].std(axis=0), rtol=1e-12)
    assert np.allclose(problem.target_scaler.shift, [table.y[seen].mean()], rtol=1e-12)
    assert np.allclose(problem.target_scaler.scale, [table.y[seen].std()], rtol=1e-12)
    unseen = np.setdiff1d(np.arange(60), seen)
    x, y = table.X.copy(), table.y.copy()
    x[unseen], y[unseen] = 1e6, -1e6
    other = Problem.from_table(replace(table, X=x, y=y), folds=folds)
    for name in ("input_scaler", "target_scaler"):
        assert np.array_equal(getattr(other, name).shift, getattr(problem, name).shift)
        assert np.array_equal(getattr(other, name).scale, getattr(problem, name).scale)


def test_scalers_by_hand():
    values = np.array([[1.0, 10.0, 3.0], [3.0, 30.0, 3.0]])
    standard = Scaler.fit(values, "standard")
    assert standard.shift.tolist() == [2.0, 20.0, 3.0]
    assert standard.scale.tolist() == [1.0, 10.0, 1.0]
    assert standard.transform(values).tolist() == [[-1.0, -1.0, 0.0], [1.0, 1.0, 0.0]]
    minmax = Scaler.fit(values, "minmax")
    assert minmax.transform(values).tolist() == [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
    none = Scaler.fit(values, "none")
    assert none.transform(values).tolist() == values.tolist()
    for scaler in (standard, minmax, none):
        assert np.allclose(scaler.inverse(scaler.transform(values)), values, rtol=1e-14)


@pytest.mark.parametrize("kind", ["standard", "minmax"])
@pytest.mark.parametrize("value", [0.0, 0.1, -7e30, 1e-300])
def test_a_column_that_does_not_vary_is_not_blown_up(kind, value):
    column = np.full((7, 1), value)
    column[0] = np.nextafter(value, np.inf) if value else 0.0  # rounding noise is no variation
    scaler = Scaler.fit(column, kind)
    assert scaler.scale.tolist() == [1.0]
    assert np.isfinite(scaler.transform(column)).all()


def test_a_tiny_column_that_does_vary_is_scaled():
    scaler = Scaler.fit(np.array([[1e-20], [3e-20]]), "standard")
    assert np.allclose(scaler.scale, 1e-20, rtol=1e-9)


@pytest.mark.parametrize("scaler", ["standard", "minmax", "none"])
def test_targets_are_standardised_whatever_the_inputs_are_and_classes_are_left(scaler):
    problem = Problem.from_table(numbers(60), scaler=scaler)
    assert np.isclose(problem.scaled_targets[problem.train].mean(), 0.0, atol=1e-12)
    assert np.isclose(problem.scaled_targets[problem.train].std(), 1.0, rtol=1e-12)
    back = problem.target_scaler.inverse(problem.scaled_targets[:, None])[:, 0]
    assert np.allclose(back, problem.table.y, rtol=1e-12)
    problem = Problem.from_table(classes((20, 20)), scaler=scaler)
    assert np.array_equal(problem.scaled_targets, problem.table.y)
    assert problem.scaled_targets.dtype == np.int64
    assert problem.target_scaler.inverse(np.array([[2.5]])).tolist() == [[2.5]]


# ---------------------------------------------------------------- what trainings get


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_arrays_are_the_scaled_rows_of_the_fold(dtype):
    for problem in (Problem.from_table(numbers(40)), Problem.from_table(classes((20, 15)), folds=2)):
        fold = problem.folds[-1]
        arrays = problem.arrays(fold, dtype)
        assert arrays.x_train.dtype == arrays.x_val.dtype == dtype
        assert arrays.y_train.dtype == (np.int64 if problem.task == "classification" else dtype)
        assert np.array_equal(arrays.x_train, problem.scaled_inputs[fold.train].astype(dtype))
        assert np.array_equal(arrays.y_val, problem.scaled_targets[fold.validation].astype(arrays.y_val.dtype))
        assert all(array.flags.c_contiguous for array in (arrays.x_train, arrays.y_train, arrays.x_val, arrays.y_val))


def test_a_fold_without_validation_rows_has_empty_arrays():
    problem = Problem.from_table(numbers(40))
    arrays = problem.arrays(Fold(problem.development, np.zeros(0, np.int64)))
    assert arrays.x_val.shape == (0, 3)
    assert arrays.y_val.shape == (0,)
    assert len(arrays.y_train) == len(problem.development)


def test_shapes_and_names():
    problem = Problem.from_table(classes((20, 15, 12)))
    assert (problem.name, problem.task, problem.n_features, problem.n_outputs) == ("classes", "classification", 2, 3)
    problem = Problem.from_table(numbers(40))
    assert (problem.name, problem.task, problem.n_features, problem.n_outputs) == ("numbers", "regression", 3, 1)


def test_a_problem_travels():
    problem = Problem.from_table(classes((20, 15)), folds=2)
    assert problem.scaled_inputs is problem.scaled_inputs  # also with what it has computed already
    there = pickle.loads(pickle.dumps(problem))
    assert np.array_equal(there.scaled_inputs, problem.scaled_inputs)
    assert all(np.array_equal(a.train, b.train) for a, b in zip(there.folds, problem.folds, strict=True))


@pytest.mark.parametrize("table", [classes((20, 2, 15)), numbers(30)])
@pytest.mark.parametrize("folds", [1, 2])
def test_a_test_part_of_nothing_leaves_all_rows_to_the_others(table, folds):
    problem = Problem.from_table(table, test_size=0, folds=folds)
    assert problem.test.shape == (0,)
    assert np.array_equal(problem.development, np.arange(len(table.y)))
    assert not set(problem.train) & set(problem.validation)
    assert len(problem.validation) == np.ceil(0.2 * len(table.y))
    if folds == 2:
        assert np.array_equal(np.sort(np.concatenate([f.validation for f in problem.folds])), problem.development)


# ---------------------------------------------------------------- what is refused


def test_without_a_test_part_a_class_needs_two_rows():
    with pytest.raises(
        InputError, match=r"class 'b' \(1\) has fewer than 2 rows, one for each of train and validation"
    ):
        Problem.from_table(classes((20, 1)), test_size=0)


def test_what_has_no_independent_rows_needs_a_test_part():
    for name in ("synthetic-map-10", "lane-emden-3"):
        with pytest.raises(InputError, match=r"--test-size 0: the task .* needs a test part"):
            Problem.from_table(load_dataset(name), test_size=0)


def test_rare_classes_are_named():
    with pytest.raises(InputError, match=r"class 'b' \(2\), 'd' \(1\) has fewer than 3 rows"):
        Problem.from_table(classes((20, 2, 20, 1)))


def test_rare_classes_are_one_sentence_that_does_not_grow():
    names = tuple(f"c{number}" for number in range(40))
    table = replace(classes((2,) * 40), class_names=names)
    with pytest.raises(InputError) as caught:
        Problem.from_table(table)
    assert caught.value.faults == (
        "data set 'classes': class 'c0' (2), 'c1' (2), 'c2' (2), 'c3' (2), 'c4' (2) and 35 more has fewer than 3 rows, "
        "one for each of train, validation and test: add rows or drop the class",
    )


def test_too_many_folds_are_refused_with_the_number_that_works():
    with pytest.raises(InputError, match=r"--folds 9: the rarest class has only 8 rows .* use at most --folds 8"):
        Problem.from_table(classes((40, 10)), folds=9)
    assert len(Problem.from_table(classes((40, 10)), folds=8).folds) == 8
    with pytest.raises(InputError, match=r"--folds 20: only 8 rows .* use at most --folds 8"):
        Problem.from_table(numbers(10), folds=20)


@pytest.mark.parametrize("sizes", [{"test_size": 1e-9}, {"test_size": 0.99}, {"validation_size": 1e-9}])
def test_parts_without_rows_are_refused(sizes):
    table = classes((6, 6))
    with pytest.raises(InputError, match=r"data set 'classes' with 12 rows cannot be split: .*--test-size"):
        Problem.from_table(table, **sizes)


@pytest.mark.parametrize(
    ("table", "sizes", "reason"),
    [
        (
            classes((40, 40)),
            {"test_size": 0.999},
            "of the 80 rows, 80 would be for the test and 0 for training and "
            "validation: each part needs one of each of the 2 classes",
        ),
        (
            classes((40, 40)),
            {"test_size": 0.98},
            "of the 80 rows, 79 would be for the test and 1 for training and "
            "validation: each part needs one of each of the 2 classes",
        ),
        (
            classes((40, 40)),
            {"validation_size": 0.001},
            "of the 64 rows outside the test part, 1 would be for validation and 63 for training: each part needs one "
            "of each of the 2 classes",
        ),
        (
            numbers(10),
            {"validation_size": 0.999},
            "of the 8 rows outside the test part, 8 would be for validation and 0 for training: each part needs one",
        ),
        (
            classes((60, 3)),
            {"test_size": 0.6},
            "class 'b' has only 1 row outside the test part: validation and training need one each",
        ),
    ],
)
def test_why_rows_cannot_be_split_is_said_in_our_words(table, sizes, reason):
    with pytest.raises(InputError) as caught:
        Problem.from_table(table, **sizes)
    assert caught.value.faults == (
        f"data set {table.name!r} with {len(table.y)} rows cannot be split: {reason}; "
        "change --test-size or --val-size, or give more rows",
    )


@pytest.mark.parametrize(("table", "sizes"), [(classes((6, 6)), (2, 2, 8)), (numbers(12), (1, 1, 10))])
def test_the_smallest_parts_are_split(table, sizes):
    test, validation, train = sizes
    problem = Problem.from_table(table, test_size=test / 12, validation_size=validation / (12 - test))
    assert (len(problem.test), len(problem.validation), len(problem.train)) == (test, validation, train)


def test_a_published_test_part_that_leaves_nothing_is_refused():
    with pytest.raises(InputError, match="cannot be split"):
        Problem.from_table(numbers(10, test_rows=np.arange(10)))


def test_of_many_rows_one_fold_judges() -> None:
    x = np.random.default_rng(0).normal(size=(200, 2))
    many = Problem.from_table(Table("made", "regression", x, x[:, 0], ("a", "b"), "y"), folds=4, rungs=20)
    few = many.with_rungs(0)
    assert (len(many.judged_on), len(few.judged_on)) == (1, 4)
    assert not few.cuts
    assert np.array_equal(many.refold(7)[0].validation, few.refold(7)[0].validation)
    assert (len(many.refold(7)), len(few.refold(7))) == (1, 4)
    again = few.with_rungs(20)
    assert all(np.array_equal(a[0].train, b[0].train) for a, b in zip(again.cuts, many.cuts, strict=True))


def test_refolding_cuts_the_same_rows_in_another_way() -> None:
    problem = Problem.from_table(load_dataset("wine"), folds=5)
    again = problem.refold(7)
    assert len(again) == 5
    assert np.array_equal(np.sort(np.concatenate([fold.validation for fold in again])), problem.development)
    assert not np.array_equal(again[0].validation, problem.folds[0].validation)
    assert np.array_equal(again[2].validation, problem.refold(7)[2].validation)
    hold_out = Problem.from_table(load_dataset("wine"))
    assert hold_out.refold(7) is hold_out.folds


def test_explanations_look_at_some_of_very_many_rows():
    def of(rows: int) -> Problem:
        return Problem.from_table(Table("long", "regression", np.zeros((rows, 1)), np.arange(float(rows)), ("a",), "y"))

    few, many = of(900), of(100_000)
    assert np.array_equal(few.shown, few.development)
    assert np.array_equal(few.read.train, few.train)
    assert 15_000 < len(many.shown) <= MOST_SHOWN
    assert set(many.shown) <= set(many.development)
    assert set(many.read.validation) <= set(many.validation)
    assert len(many.read.train) + len(many.read.validation) <= MOST_SHOWN + 1
