"""Delays: which moments stand beside which, by hand; what cannot be is one sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.datasets import load_dataset, series_from_frame
from evokan.datasets.lagged import delays_of, with_lags
from evokan.errors import InputError
from evokan.testing.problems import small_problem


def frame(*lengths: int, gap: int | None = None) -> pd.DataFrame:
    rows = [(f"s{s}", t, 100 * s + t, np.sin(t)) for s, length in enumerate(lengths) for t in range(length)]
    found = pd.DataFrame(rows, columns=["who", "t", "x", "y"])
    return found if gap is None else found.drop(index=gap)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True), st.lists(st.integers(2, 12), min_size=1))
def test_every_cause_lies_as_many_steps_back_as_its_delay_says(lags, lengths):
    table = series_from_frame(frame(*lengths), "t", "who") if max(lengths) > 1 else None
    delays = delays_of(lags, 1)
    if max(lengths) <= delays[-1]:
        with pytest.raises(InputError, match=r"give shorter --lags"):
            with_lags(table, delays)
        return
    found = with_lags(table, delays)
    wanted = [
        ([100 * s + t - lag for lag in delays], 100 * s + t)
        for s, length in enumerate(lengths)
        for t in range(delays[-1], length)
    ]
    assert found.y[:, 0].tolist() == [effect for _, effect in wanted]
    assert found.X[:, ::2].tolist() == [causes for causes, _ in wanted]
    assert found.feature_names[::2] == tuple(f"x(t-{lag})" for lag in delays)
    assert found.output_names == ("x", "y")
    assert len(set(found.series.tolist())) == sum(length > delays[-1] for length in lengths)
    short = sum(length <= delays[-1] for length in lengths)
    assert (f"{short} of {len(lengths)} series are left out" in " ".join(found.notes)) == (short > 0)


def test_a_delay_of_one_step_is_the_table_without_delays():
    plain = small_problem("trajectory").table
    found = with_lags(plain, (1,))
    assert np.array_equal(found.X, plain.X)
    assert np.array_equal(found.y, plain.y)
    assert found.sha256 != plain.sha256


@pytest.mark.parametrize(
    ("lags", "horizon", "delays"),
    [(3, 1, (1, 2, 3)), ([7, 1, 2], 1, (1, 2, 7)), (18, 6, tuple(range(6, 25))), (None, 4, (4,)), ([4, 9], 4, (4, 9))],
)
def test_delays_are_a_number_of_them_or_a_list(lags, horizon, delays):
    assert delays_of(lags, horizon) == delays


@pytest.mark.parametrize(
    ("lags", "horizon", "fault"),
    [
        (0, 1, "--lags 0: give a number of delays between 1 and 10000: a cause lies at least one step back"),
        ([1, 1], 1, "--lags 1,1: name each delay once"),
        ([0, 1], 1, "--lags 0,1: a delay is a number of steps between 1 and 10000"),
        (
            [2, 7],
            6,
            "--lags 2,7: with --horizon 6 nothing less than 6 steps before the value predicted is known: leave out 2",
        ),
    ],
)
def test_delays_that_cannot_be(lags, horizon, fault):
    with pytest.raises(InputError) as caught:
        delays_of(lags, horizon)
    assert caught.value.faults == (fault,) or list(caught.value.faults) == [fault]


def test_mackey_glass_has_the_same_values_with_delays_of_its_own():
    plain, found = load_dataset("mackey-glass"), load_dataset("mackey-glass", lags=18)
    assert found.lags == tuple(range(6, 25))
    assert np.array_equal(found.y[:, 0], plain.y)
    assert np.array_equal(found.test_rows, plain.test_rows)
    wanted = [found.lags.index(lag) for lag in (24, 18, 12, 6)]
    assert np.array_equal(found.X[:, wanted], plain.X)
    with pytest.raises(InputError, match="--lags goes with a series: data set 'iris'"):
        load_dataset("iris", lags=2)


def test_a_gap_cuts_the_windows():
    found = with_lags(series_from_frame(frame(12, gap=5), "t", "who"), (1, 3))
    assert found.y[:, 0].tolist() == [3, 4, 9, 10, 11]


# ---------------------------------------------------------------- missing values


@given(st.data())
def test_what_is_filled_in_never_comes_from_later_moments(data):
    """Changing anything after a moment leaves what was filled in up to there as it was."""
    values = np.random.default_rng(data.draw(st.integers(0, 99))).normal(size=(16, 2))
    holes = data.draw(st.lists(st.integers(1, 15), min_size=1, max_size=5, unique=True))
    values[holes, 0] = np.nan
    how = data.draw(st.sampled_from(["last", "median"]))
    moment = data.draw(st.integers(1, 15))
    other = values.copy()
    other[moment:] = np.where(np.isnan(other[moment:]), np.nan, other[moment:] * 10 + 3)

    def states(of: np.ndarray) -> np.ndarray:
        table = series_from_frame(pd.DataFrame({"t": range(16), "a": of[:, 0], "b": of[:, 1]}), "t", impute=how)
        return np.vstack([table.X, table.y[-1:]])

    assert np.array_equal(states(values)[:moment], states(other)[:moment])


def test_missing_values_go_on_in_their_own_series_and_are_counted():
    table = pd.DataFrame(
        {"t": [0, 1, 2, 3] * 2, "s": list("aaaabbbb"), "x": [1.0, np.nan, 3, 4, np.nan, 6, np.nan, 8], "y": range(8)}
    )
    found = series_from_frame(table, "t", "s", impute="last")
    assert found.X[:, 0].tolist() == [1, 1, 3, 6, 6]
    assert found.y[:, 0].tolist() == [1, 3, 4, 6, 8]
    assert found.notes[0] == (
        "3 missing values in column 'x' go on with the last value before them; 1 moments at the beginning of a series "
        "have nothing before them and are left out"
    )


def test_moments_at_uneven_distances_are_refused_with_their_number():
    steps = np.where(np.arange(60) % 3 == 0, 5, 1)
    table = pd.DataFrame({"t": np.cumsum(steps), "x": np.random.default_rng(0).normal(size=60)})
    with pytest.raises(InputError, match=r"19 of 59 steps are longer than 1.5 usual steps.* into 20 series"):
        series_from_frame(table, "t")


def test_dates_may_be_spelled():
    table = pd.DataFrame({"t": ["01.02.2024", "02.02.2024", "03.02.2024"], "x": [1.0, 2, 4]})
    assert series_from_frame(table, "t", time_format="%d.%m.%Y").X[:, 0].tolist() == [1, 2]
    with pytest.raises(InputError, match=r"--time-format %Y: row 1 holds '01.02.2024'"):
        series_from_frame(table, "t", time_format="%Y")


def uneven(seed: int = 0) -> pd.DataFrame:
    """Two subjects, measured at random moments, some twenty a day."""
    rng = np.random.default_rng(seed)
    parts = []
    for who in ("ann", "bob"):
        at = pd.Timestamp("2024-03-01") + pd.to_timedelta(np.sort(rng.uniform(0, 10 * 24, 200)), unit="h")
        parts.append(
            pd.DataFrame(
                {"at": at.astype(str), "who": who, "pulse": rng.normal(70, 5, 200), "load": rng.normal(size=200)}
            )
        )
    return pd.concat(parts).sample(frac=1, random_state=seed)


def test_rows_at_uneven_moments_become_means_of_what_was_before():
    table = pd.DataFrame({"t": [0.0, 0.4, 0.9, 1.0, 1.7, 2.0, 3.0, 9.5], "a": [1.0, 2, 3, 4, 5, 6, 7, 8]})
    found = series_from_frame(table, "t", resample="1")
    assert found.X[:, 0].tolist() == [1, 3, 5.5], "0; 0.4 to 1; 1.7 and 2; ..."
    assert found.y[:, 0].tolist() == [3, 5.5, 7]
    assert "8 rows are taken together to 5 moments at even steps, each the mean of up to 3 rows since" in found.notes[0]
    assert "6 steps have no row" in found.notes[0]
    full = series_from_frame(table, "t", resample="1", impute="last")
    assert full.y[:, 0].tolist() == [3, 5.5, 7, *[7] * 6, 8]


def test_subjects_are_resampled_each_by_itself_and_never_from_later_rows():
    table = uneven()
    found = series_from_frame(table, "at", "who", resample="6h", impute="last")
    assert np.bincount(found.series).tolist() == [len(found.X) // 2] * 2
    assert list(found.feature_names) == ["pulse", "load"]
    late = pd.to_datetime(table["at"]) > pd.Timestamp("2024-03-08")
    other = table.assign(pulse=table["pulse"].where(~late, 500.0))
    moved = series_from_frame(other, "at", "who", resample="6h", impute="last")
    first = 4 * 7 - 2
    for number in (0, 1):
        one, two = (part.X[part.series == number] for part in (found, moved))
        assert np.array_equal(one[:first], two[:first])
        assert not np.array_equal(one, two)
    ann = table[table["who"] == "ann"].sort_values("at")
    hours = (pd.to_datetime(ann["at"]) - pd.to_datetime(ann["at"].iloc[0])).dt.total_seconds() / 3600
    numbers = pd.factorize(table["who"])[0][table["who"] == "ann"][0]
    assert found.X[found.series == numbers][3, 0] == pytest.approx(ann["pulse"][(hours > 12) & (hours <= 18)].mean())


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("0", "--resample 0: for time column 'at' give a span of time such as 1h, 15min or 7D, above 0"),
        ("soon", "--resample soon: for time column 'at' give a span of time"),
        ("1ms", "--resample: of .* such steps only .* have any row: give a longer step"),
    ],
)
def test_steps_that_cannot_be(step, fault):
    with pytest.raises(InputError, match=fault):
        series_from_frame(uneven(), "at", "who", resample=step)


def test_steps_of_numbers_are_numbers():
    table = pd.DataFrame({"t": np.arange(20.0) ** 2, "a": np.arange(20.0)})
    with pytest.raises(InputError, match="or take them together by --resample STEP"):
        series_from_frame(
            pd.DataFrame({"t": np.arange(60.0) ** 2 * (1 + np.arange(60) % 2), "a": np.arange(60.0)}), "t"
        )
    with pytest.raises(InputError, match="--resample 1h: for time column 't' give a number of steps"):
        series_from_frame(table, "t", resample="1h")
    assert len(series_from_frame(table, "t", resample="40").X) == 10, "361 is beyond nine times 40"
