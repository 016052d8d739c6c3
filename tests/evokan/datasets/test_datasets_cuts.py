"""Own tables: test rows of their own, groups, rows in order, and what is said of how columns were taken."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evokan.datasets import load_table, table_from_frame
from evokan.errors import InputError
from evokan.problem.problem import Problem


@pytest.fixture
def write(tmp_path):
    def write_table(name="t.csv", rows=60, **columns):
        rng = np.random.default_rng(0)
        frame = pd.DataFrame({"x": rng.normal(size=rows).round(3), "y": rng.choice(["a", "b"], rows), **columns})
        frame.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return write_table


def parts(problem):
    yield problem.train, problem.validation, problem.test
    yield from ((fold.train, fold.validation) for fold in problem.folds)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("folds", [1, 4])
def test_groups_stay_together(write, task, folds):
    who = np.repeat([f"p{number}" for number in range(12)], 5)
    y = {} if task == "classification" else {"y": np.arange(60.0) ** 0.5}
    table = load_table(write(who=who, **y), "y", group="who")
    assert table.feature_names == ("x",)
    problem = Problem.from_table(table, folds=folds, split_seed=3)
    for cut in parts(problem):
        groups = [set(who[rows]) for rows in cut]
        assert all(groups)
        assert sum(map(len, groups)) == len(set.union(*groups))
    assert sorted(np.concatenate([problem.train, problem.validation, problem.test])) == list(range(60))
    assert 2 <= len(set(who[problem.test])) <= 3


def test_groups_of_the_test_data_are_others(write):
    path = write(who=np.repeat(list("abcdef"), 10))
    problem = Problem.from_table(load_table(path, "y", group="who", test_data=write("t2.csv", 10, who=list("gh" * 5))))
    assert problem.test.tolist() == list(range(60, 70))
    clash = write("t2.csv", 10, who=list("ghghghgaga"))
    with pytest.raises(InputError, match="1 groups have rows in the test data and in the other"):
        Problem.from_table(load_table(path, "y", group="who", test_data=clash))


@pytest.mark.parametrize("split", ["time", "time:day"])
@pytest.mark.parametrize("folds", [1, 3])
def test_rows_in_order(write, split, folds):
    order = np.random.default_rng(1).permutation(60)
    days = {"day": [f"2024-01-{1 + place // 3:02d}T{8 * (place % 3):02d}:00" for place in order]}
    table = load_table(write(**(days if split != "time" else {})), "y", split=split)
    assert table.feature_names == ("x",)
    x = pd.read_csv(write())["x"].to_numpy()
    assert np.array_equal(table.X[:, 0], x if split == "time" else x[np.argsort(order)])
    problem = Problem.from_table(table, folds=folds)
    assert problem.test.tolist() == list(range(48, 60))
    assert problem.train.max() < problem.validation.min() <= problem.validation.max() < 48
    assert all((np.diff(fold.validation) == 1).sum() >= len(fold.validation) - 2 for fold in problem.folds)


def test_an_order_that_hides_a_class_is_refused(write):
    with pytest.raises(InputError, match="no row of class 'b' is in a train part"):
        Problem.from_table(load_table(write(y=["a"] * 50 + ["b"] * 10), "y", split="time"))


def test_the_fingerprint_knows_how_rows_are_cut(write):
    path = write(who=np.repeat(list("abcdef"), 10))
    found = {load_table(path, "y", **given).sha256 for given in ({}, {"group": "who"}, {"split": "time"})}
    found.add(load_table(write(who=np.repeat(list("abcdee"), 10)), "y", group="who").sha256)
    assert len(found) == 4


def test_test_data_keep_their_place_when_rows_fall_out(write):
    x = np.arange(60.0)
    x[::7] = np.nan
    test = write("test.csv", 10, x=[1.0, np.nan, *range(8)])
    table = load_table(write(x=x), "y", test_data=test, impute="drop")
    assert table.test_rows.tolist() == list(range(51, 60))
    assert table.X[table.test_rows, 0].tolist() == [1.0, *map(float, range(8))]


def test_faults_in_test_data_name_its_rows(write, tmp_path):
    test = write("test.csv", 10, x=["1", "", *"34567890"])
    with pytest.raises(InputError, match=r"row 2 of test\.csv"):
        load_table(write(), "y", test_data=test)
    lacking = tmp_path / "lacking.csv"
    lacking.write_text("y\na\n")
    with pytest.raises(InputError, match=r"--test-data lacking\.csv: column 'x' is missing"):
        load_table(write(), "y", test_data=lacking)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"group": "hwo"}, "--group: unknown column 'hwo'.*did you mean 'who'"),
        ({"group": "y"}, "--group y: is the target"),
        ({"split": "time:dya"}, "--split time: unknown column 'dya'"),
        ({"group": "gap"}, "--group gap: no value in row 1"),
        ({"split": "time:who"}, "must hold numbers or dates"),
    ],
)
def test_columns_that_cannot_say_it(write, given, said):
    path = write(who=np.repeat(list("abcdef"), 10), gap=[None, *range(59)])
    with pytest.raises(InputError, match=said):
        load_table(path, "y", **given, impute="median")


def notes(path, **given):
    return "; ".join(load_table(path, "y", **given).notes)


def test_what_was_taken_is_said(write):
    classes = np.arange(60) % 6
    assert "6 different whole numbers, each taken for a class; --task regression" in notes(write(y=classes))
    assert notes(write(y=classes), task="classification") == ""
    assert "'row' looks like an identifier" in notes(write(row=np.arange(60) + 5))
    assert "'Kunden_ID' looks like an identifier" in notes(write(Kunden_ID=np.arange(60) * 17))
    assert notes(write(speed=np.arange(60) * 17)) == ""
    assert "'day' looks like a date" in notes(write(day=[f"{1 + row % 9}.1.2024" for row in range(60)]))
    assert "'pay' has a heavy tail: its farthest" in notes(write(rows=1000, pay=[*[1, 2] * 499, 3, 900]))
    assert notes(write()) == ""


def test_what_was_taken_for_values_or_could_be_a_logarithm_is_said(write):
    single = [*np.arange(58) % 6, 7, 8]
    said = notes(write(y=single))
    assert "8 different numbers, taken for values, since not all are whole and there twice; --task" in said
    assert notes(write(y=single), task="regression") == ""
    wide = np.exp(np.linspace(-3, 8, 60))
    assert "target 'y' has a heavy tail: its largest value is 5.99e+04 times" in notes(write(y=wide))
    assert "--log-target" in notes(write(y=wide))
    said = notes(write(y=wide), log_target=True)
    assert "heavy" not in said
    assert "target 'y': its natural logarithm is fitted" in said
    assert notes(write(y=wide - 1)) == ""


@pytest.mark.parametrize(
    ("day", "said", "split"),
    [
        ([f"2024-01-{1 + row % 9:02}" for row in range(60)], "looks like a date, and each of its days is taken", True),
        ([f"2024/1/{1 + row % 9}" for row in range(60)], "looks like a date, and each of its days is taken", False),
        ([20240101 + row % 9 for row in range(60)], "looks like a date, and is taken for a number", True),
    ],
)
def test_columns_of_dates_are_named_with_what_helps(write, day, said, split):
    path = write(day=day)
    found = notes(path)
    assert said in found
    assert "--drop 'day'" in found
    assert ("--split 'time:day'" in found) is split
    if split:
        assert load_table(path, "y", split="time:day").in_order


def test_dates_of_a_frame_are_named(tmp_path):
    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=60), "x": np.arange(60) * 7 % 5})
    frame["y"] = ["a", "b"] * 30
    with pytest.raises(InputError, match=r"^column 'day' holds dates: leave it out .*--split 'time:day'"):
        table_from_frame(frame, "y")
    frame.to_parquet(tmp_path / "t.parquet")
    assert load_table(tmp_path / "t.parquet", "y", split="time:day").in_order
    with pytest.raises(InputError, match=r"an identifier \(--drop 'who'\)"):
        table_from_frame(frame.assign(day=frame.index % 3, who=[f"n{row}" for row in range(60)]), "y")


def test_rows_to_validate_on_are_the_one_hold_out(write, tmp_path):
    path = write()
    later = pd.read_csv(path)[40:]
    later.to_csv(tmp_path / "later.csv", index=False)
    table = load_table(path, "y", val_data=tmp_path / "later.csv")
    rows = np.arange(len(table.y))
    assert table.validation_rows.tolist() == rows[-len(later) :].tolist()
    assert table.sha256 != load_table(path, "y", test_data=tmp_path / "later.csv").sha256
    problem = Problem.from_table(table, test_size=0.2, folds=5, fewer_folds=True)
    assert len(problem.folds) == 1
    assert problem.validation.tolist() == table.validation_rows.tolist()
    assert len(problem.test) == round(0.2 * 60)
    assert sorted([*problem.train, *problem.validation, *problem.test]) == rows.tolist()
    with pytest.raises(InputError, match="--folds 5: validation rows of your own are one hold-out"):
        Problem.from_table(table, folds=5)
    later[["y"]].to_csv(tmp_path / "later.csv", index=False)
    with pytest.raises(InputError, match=r"--val-data later\.csv: column '.*' is missing"):
        load_table(path, "y", val_data=tmp_path / "later.csv")
