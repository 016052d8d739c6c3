"""Dates written as whole numbers make one series; where a series is cut, that is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evokan.datasets.user_series import series_from_frame

DAYS = pd.date_range("2023-12-20", periods=80, freq="D")
WHOLE = {
    "days": DAYS.strftime("%Y%m%d"),
    "months": pd.date_range("2019-11-01", periods=60, freq="MS").strftime("%Y%m"),
    "hours": pd.date_range("2024-02-28", periods=60, freq="h").strftime("%Y%m%d%H"),
    "minutes": pd.date_range("2024-02-28 23:30", periods=60, freq="min").strftime("%Y%m%d%H%M"),
    "seconds": pd.date_range("2024-12-31 23:59:30", periods=60, freq="s").strftime("%Y%m%d%H%M%S"),
}


def frame(moments) -> pd.DataFrame:
    return pd.DataFrame({"when": moments, "a": np.sin(np.arange(len(moments)))})


@pytest.mark.parametrize("unit", WHOLE)
@pytest.mark.parametrize("kind", [str, np.int64, np.float64])
def test_whole_number_dates_are_one_series(unit, kind):
    moments = WHOLE[unit].astype(np.int64).astype(kind)
    table = series_from_frame(frame(moments).sample(frac=1, random_state=0), "when")
    assert (len(table.y), set(table.series)) == (len(moments) - 1, {0})
    (note,) = table.notes
    assert note.startswith("time column 'when': ")
    assert note.endswith(f"and the like are read as dates, in {unit}")


@pytest.mark.parametrize("start", [0, 1, 2024, 202390, 20240125, 1_700_000_000, 20_240_131_235_950])
def test_counters_stay_numbers(start):
    table = series_from_frame(frame(np.arange(start, start + 60)), "when")
    assert (len(table.y), set(table.series), table.notes) == (59, {0}, ())


def test_gaps_are_told_with_their_place():
    weeks = [year * 100 + week for year in (2021, 2022, 2023, 2024, 2025) for week in range(1, 53)]
    table = series_from_frame(frame(weeks), "when")
    assert table.series.max() == 4
    assert table.notes == (
        "time column 'when': 4 gaps longer than 1.5 usual steps, where the series is cut: between 202152 and 202201 "
        "(rows 52 and 53), between 202252 and 202301 (rows 104 and 105), between 202352 and 202401 (rows 156 and 157) "
        "and 1 more",
    )
    holed = series_from_frame(frame(DAYS).drop(index=[5, 6]), "when")
    assert holed.notes[0].startswith("time column 'when': 1 gap longer than 1.5 usual steps")
