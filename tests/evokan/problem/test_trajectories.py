"""Tables in time order: how they are cut, scaled, scored and read from a user's file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.multioutput import MultiOutputRegressor
from sklearn.svm import SVR

from evokan.datasets import load_series, make_table, series_from_frame
from evokan.errors import InputError
from evokan.problem.baselines import fit_baselines
from evokan.problem.metrics import evaluate_predictions
from evokan.problem.problem import Problem
from evokan.problem.table import Table
from evokan.settings.job import load
from evokan.settings.layers import build_config
from evokan.testing.problems import small_problem


def trajectory(*lengths: int, **changes) -> Table:
    """Series of so many steps, two concepts; the first concept counts the moments of all series."""
    rng = np.random.default_rng(sum(lengths))
    parts = [np.column_stack([1000.0 * s + np.arange(n + 1), rng.normal(size=n + 1)]) for s, n in enumerate(lengths)]
    x, y = (np.concatenate([part[slice_] for part in parts]) for slice_ in (slice(None, -1), slice(1, None)))
    series = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    return make_table(
        "steps", "trajectory", x, y, feature_names=("clock", "u"), target_name="", series=series, **changes
    )


# ---------------------------------------------------------------- the split


def test_each_series_is_cut_in_the_order_of_time():
    problem = Problem.from_table(trajectory(10, 20), test_size=0.2, validation_size=0.25, split_seed=9)
    assert problem.train.tolist() == [*range(6), *range(10, 22)]
    assert problem.validation.tolist() == [6, 7, *range(22, 26)]
    assert problem.test.tolist() == [8, 9, *range(26, 30)]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.floats(0.05, 0.6), st.floats(0.05, 0.6))
def test_nothing_is_trained_on_that_lies_behind_what_is_tested(lengths, test_size, validation_size):
    table = trajectory(*lengths)
    try:
        problem = Problem.from_table(table, test_size=test_size, validation_size=validation_size)
    except InputError:
        assume(False)
    assert np.array_equal(
        np.sort(np.concatenate([problem.train, problem.validation, problem.test])), np.arange(len(table.y))
    )
    assert table.series is not None
    for number in range(len(lengths)):
        parts = [rows[table.series[rows] == number] for rows in (problem.train, problem.validation, problem.test)]
        ends = [int(row) for part in parts if len(part) for row in (part[0], part[-1])]
        assert ends == sorted(ends)


def test_of_series_too_short_to_be_cut_the_last_ones_are_held_out():
    problem = Problem.from_table(trajectory(*[2] * 10), test_size=0.2, validation_size=0.25)
    assert problem.test.tolist() == [16, 17, 18, 19]
    assert problem.validation.tolist() == [12, 13, 14, 15]


def test_published_test_rows_stay_and_the_validation_part_lies_before_the_end_of_the_rest():
    problem = Problem.from_table(trajectory(10, 5, test_rows=np.arange(10, 15)), validation_size=0.3)
    assert (problem.train.tolist(), problem.validation.tolist()) == ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9])
    assert problem.test.tolist() == [10, 11, 12, 13, 14]


@pytest.mark.parametrize("lengths", [(40,), (7,) * 6])
def test_folds_are_blocks_of_moments(lengths):
    problem = Problem.from_table(trajectory(*lengths), folds=4)
    held = [fold.validation for fold in problem.folds]
    assert np.array_equal(np.sort(np.concatenate(held)), problem.development)
    assert max(map(len, held)) - min(map(len, held)) <= 1
    for fold in problem.folds:
        assert np.array_equal(np.setdiff1d(problem.development, fold.train), fold.validation)
    if len(lengths) == 1:  # an interval of time each, one of them around the end of the ring
        breaks = [int((np.diff(np.searchsorted(problem.development, rows)) > 1).sum()) for rows in held]
        assert sum(breaks) <= 1
    again, other = problem.refold(3), problem.refold(4)
    assert all(np.array_equal(a.validation, b.validation) for a, b in zip(again, problem.refold(3), strict=True))
    assert any(not np.array_equal(a.validation, b.validation) for a, b in zip(again, other, strict=True))


def test_too_few_moments_are_refused():
    with pytest.raises(InputError, match="cannot be split: of the moments in time"):
        Problem.from_table(trajectory(2))
    with pytest.raises(InputError, match="--folds 7: only 5 rows"):
        Problem.from_table(trajectory(6), folds=7)


# ---------------------------------------------------------------- scales, outputs, fingerprint


def test_targets_are_scaled_concept_by_concept():
    problem = Problem.from_table(trajectory(50), folds=1)
    scaled = problem.scaled_targets
    assert problem.n_outputs == 2
    assert problem.table.output_names == ("clock", "u")
    assert scaled.shape == (50, 2)
    assert np.allclose(scaled[problem.train].mean(axis=0), 0)
    assert np.allclose(scaled[problem.train].std(axis=0), 1)
    assert np.allclose(problem.target_scaler.inverse(scaled), problem.table.y)
    arrays = problem.arrays(problem.folds[0], np.float32)
    assert (arrays.y_train.shape, arrays.y_train.dtype) == ((len(problem.train), 2), np.float32)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda x, y, s: (x, y[:, :1], s), "must have the shape"),
        (lambda x, y, s: (x, y, None), "needs the number of the series"),
        (lambda x, y, s: (x, y, s[:-1]), "needs the number of the series"),
        (lambda x, y, s: (x, y, s[::-1].copy()), "series by series"),
        (lambda x, y, s: (x, y, s * 0), "must be the state of the next row"),
    ],
)
def test_a_loader_that_mixes_up_the_rows_is_told(change, fault):
    table = trajectory(3, 4)
    x, y, series = change(table.X, table.y, table.series)
    with pytest.raises(ValueError, match=fault):
        make_table("steps", "trajectory", x, y, feature_names=("a", "b"), target_name="", series=series)


def test_series_belong_to_trajectories_and_enter_the_fingerprint():
    one, two = trajectory(8), trajectory(8)
    assert one.sha256 == two.sha256
    parted = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    assert (
        make_table(
            "steps", "trajectory", one.X, one.y, feature_names=one.feature_names, target_name="", series=parted
        ).sha256
        != one.sha256
    )
    with pytest.raises(ValueError, match="only a trajectory has series"):
        make_table(
            "steps", "regression", one.X, one.y[:, 0], feature_names=one.feature_names, target_name="y", series=parted
        )


# ---------------------------------------------------------------- figures and baselines


def test_figures_are_means_over_the_outputs():
    rng = np.random.default_rng(0)
    y, scores = rng.normal(size=(30, 3)), rng.normal(size=(30, 3))
    whole = evaluate_predictions("trajectory", y, scores)
    single = [evaluate_predictions("regression", y[:, j], scores[:, j]) for j in range(3)]
    for name, value in whole.items():
        assert value == pytest.approx(np.mean([figures[name] for figures in single]))


def test_figures_refuse_scores_of_another_shape():
    with pytest.raises(InputError, match=r"targets of shape \(4, 3\), scores of shape \(3, 4\)"):
        evaluate_predictions("trajectory", np.zeros((4, 3)), np.zeros((3, 4)))


@pytest.mark.parametrize("tune", [False, True])
def test_baselines_predict_every_concept(tune):
    problem = small_problem("trajectory", rows=60)
    found = fit_baselines(problem, tune=tune)
    assert set(found) == {"persistence", "ridge", "svr", "random_forest", "knn", "mlp", "hist_gradient_boosting"}
    assert all("error" not in figures for figures in found.values())
    test = problem.test
    assert found["persistence"]["rmse"] == pytest.approx(
        np.mean(np.sqrt(np.mean((problem.table.y[test] - problem.table.X[test]) ** 2, axis=0)))
    )
    rows = problem.development

    def unit(values, of):
        return (values - of.mean(axis=0)) / of.std(axis=0)

    x, y = problem.table.X, problem.table.y
    by_hand = MultiOutputRegressor(SVR()).fit(unit(x[rows], x[rows]), unit(y[rows], y[rows]))
    predicted = by_hand.predict(unit(x[test], x[rows])) * y[rows].std(axis=0) + y[rows].mean(axis=0)
    if not tune:
        assert found["svr"]["rmse"] == pytest.approx(np.mean(np.sqrt(np.mean((predicted - y[test]) ** 2, axis=0))))


# ---------------------------------------------------------------- the user's file


def frame(rows: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({"hour": np.arange(rows), "load": rng.normal(size=rows), "heat": rng.normal(size=rows)})


def test_rows_in_any_order_become_steps():
    given_frame = frame()
    table = series_from_frame(given_frame.sample(frac=1, random_state=3), "hour")
    assert (table.task, table.feature_names) == ("trajectory", ("load", "heat"))
    assert np.array_equal(table.X, given_frame[["load", "heat"]].to_numpy()[:-1])
    assert np.array_equal(table.y, given_frame[["load", "heat"]].to_numpy()[1:])
    assert not table.series.any()


def test_a_gap_in_time_or_a_dropped_row_parts_a_series():
    whole = frame()
    cut = series_from_frame(whole.drop(index=[5, 6]), "hour")
    assert cut.series.tolist() == [0] * 4 + [1] * 4
    holed = whole.copy()
    holed.loc[5, "heat"] = np.nan
    assert series_from_frame(holed, "hour", impute="drop").series.tolist() == [0] * 4 + [1] * 5
    filled = series_from_frame(holed, "hour", impute="median")
    assert len(filled.y) == 11
    assert filled.y[4, 1] == pytest.approx(whole["heat"].drop(index=5).median())


def test_a_column_tells_the_series_apart():
    one, two = frame(5), frame(8)
    both = pd.concat([one.assign(who="b"), two.assign(who="a")])
    table = series_from_frame(both, "hour", "who")
    assert table.series.tolist() == [0] * 4 + [1] * 7
    assert np.array_equal(table.X[:4], one[["load", "heat"]].to_numpy()[:-1])


def test_dates_are_moments():
    dated = frame().assign(hour=pd.date_range("2024-01-30", periods=12, freq="D").strftime("%Y-%m-%d"))
    assert np.array_equal(series_from_frame(dated, "hour").X, series_from_frame(frame(), "hour").X)


@pytest.mark.parametrize(
    ("change", "arguments", "faults"),
    [
        (lambda f: f, ("our",), ["unknown time column 'our': did you mean 'hour'? Known: heat, hour, load"]),
        (lambda f: f, ("hour", "hour"), ["column 'hour' cannot be both the time and the series"]),
        (lambda f: f[["hour"]], ("hour",), ["there is no column besides 'hour': no concept to learn"]),
        (
            lambda f: f.assign(hour=0),
            ("hour",),
            ["time column 'hour': rows 1 and 2 are the same moment; name the column of the series by --series"],
        ),
        (
            lambda f: f.assign(heat="warm", load=1.5),
            ("hour",),
            [
                "column 'load' holds '1.5' in every row: nothing to learn, leave it out",
                "column 'heat': a concept needs numbers, but row 1 holds 'warm'; leave the column out, or name "
                "it by --series if it tells the series apart",
            ],
        ),
        (
            lambda f: f.assign(heat=[np.inf, *range(11)], load=[np.nan, *range(11)], hour=[None, *range(11)]),
            ("hour",),
            [
                "missing values in column 'load' (row 1): fill them in (--impute last) or leave their rows "
                "out (--impute drop)",
                "column 'heat' holds an infinite value in row 1: correct it or leave the row out",
                "time column 'hour' has no value in row 1",
            ],
        ),
        (
            lambda f: f.assign(hour="late"),
            ("hour",),
            [
                "time column 'hour' must hold numbers or dates such as 2024-05-17 or 2024-05-17T08:30, but row 1 "
                "holds 'late'; other spellings need --time-format, such as %d.%m.%Y"
            ],
        ),
        (
            lambda f: f.assign(who=[str(i) for i in range(12)]),
            ("hour", "who"),
            ["no two rows are consecutive moments: a trajectory needs at least two moments in a series"],
        ),
    ],
)
def test_every_fault_gets_a_sentence(change, arguments, faults):
    with pytest.raises(InputError) as caught:
        series_from_frame(change(frame()), *arguments)
    assert list(caught.value.faults) == faults


def test_a_file_is_read_as_the_settings_say(tmp_path):
    path = tmp_path / "plant.csv"
    pd.concat([frame().assign(who=1), frame().assign(who=2)]).to_csv(path, index=False)
    table = load(build_config({"space": "kafcm", "data": path, "time": "hour", "series": "who"}))
    assert (table.name, len(table.y), table.series.max()) == ("plant", 22, 1)
    assert replace(load_series(path, "hour", "who"), schema={}).sha256 == table.sha256


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"data": "x.csv", "time": "t", "target": "y"}, "--target and --time exclude each other"),
        ({"data": "x.csv", "target": "y", "series": "s"}, "--series goes with --time"),
        ({"data": "x.csv", "time": "t", "task": "regression"}, "a time series is a trajectory"),
        ({"dataset": "wine", "time": "t"}, "--time goes with --data"),
        ({"data": "x.csv"}, "by --time the column"),
    ],
)
def test_settings_that_contradict_one_another(settings, fault):
    with pytest.raises(InputError, match=fault):
        build_config({"space": "kafcm", **settings})
