"""What a search does to the user's rows without being asked is said, and kept with the run."""

from __future__ import annotations

import json

import pytest

TINY = ("--population", "4", "--generations", "0", "--steps", "1", "--workers", "1", "--formula-seconds", "0")


@pytest.fixture
def rare(tmp_path):
    lines = [f"{i * 7 % 11},{i % 5},{'yes' if i in (3, 30, 60) else 'no'}" for i in range(90)]
    (tmp_path / "rare.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
    return ("search", "--space", "gakan", "--data", "rare.csv", "--target", "y", *TINY)


def test_usual_folds_that_a_rare_class_cannot_fill_are_lowered(rare, evokan_here, tmp_path):
    result = evokan_here(*rare, "--out", "run")
    assert result.status == 0, result.err
    word = "2 folds instead of the usual 5: the rows outside the test part"
    assert word in result.out
    assert word in (tmp_path / "run" / "run.log").read_text()
    assert json.loads((tmp_path / "run" / "config.json").read_text())["settings"]["folds"] == 2
    resumed = evokan_here("resume", "run", "--generations", "1")
    assert resumed.status == 0, resumed.err
    refused = evokan_here(*rare, "--folds", "5", "--out", "other")
    assert (refused.status, len(refused.err.splitlines())) == (2, 1)
    assert "--folds 5: the rarest class has only 2 rows" in refused.err


def test_marks_are_kept_by_a_repeatable_option(evokan_here, tmp_path):
    words = ["NA", "EU", "None"]
    lines = [f"{words[i % 3]},{words[i // 3 % 3]},{i % 3 + i / 9}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["region,ill,y", *lines]) + "\n")
    search = ("search", "--space", "gakan", "--data", "t.csv", "--target", "y", *TINY, "--folds", "1")
    refused = evokan_here(*search)
    assert (refused.status, "--keep-na-in 'region'" in refused.err) == (2, True)
    result = evokan_here(*search, "--keep-na-in", "region", "--keep-na-in", "ill", "--out", "run")
    assert result.status == 0, result.err
    assert json.loads((tmp_path / "run" / "config.json").read_text())["settings"]["keep_na_in"] == ["region", "ill"]
    assert evokan_here("predict", "run", "--data", "t.csv", "--out", "p.csv").status == 0
    assert evokan_here("resume", "run", "--generations", "1").status == 0
    assert evokan_here(*search, "--keep-na", "--out", "all").status == 0


def test_a_search_on_a_series_says_how_many_series_and_steps_it_took(evokan_here, tmp_path):
    months = [100 * year + month for year in (2019, 2020, 2021, 2022, 2024) for month in range(1, 13)]
    lines = [f"{month},{i % 7},{i * 3 % 11}" for i, month in enumerate(months)]
    (tmp_path / "s.csv").write_text("\n".join(["month,a,b", *lines]) + "\n")
    tiny = (*TINY, "--folds", "1", "--out", "run")
    result = evokan_here("search", "--space", "kafcm", "--data", "s.csv", "--time", "month", *tiny)
    assert result.status == 0, result.err
    log = (tmp_path / "run" / "run.log").read_text()
    for text in (result.out, log):
        assert "2 series with 58 steps" in text
        assert "201901 and the like are read as dates, in months" in text
        assert "1 gap longer than 1.5 usual steps, where the series is cut: between 202212 and 202401" in text
    assert "taken from the target column" not in result.out


def test_whole_numbers_that_fall_together_are_said_at_search_and_at_prediction(evokan_here, tmp_path):
    lines = [f"{2**53 + i},{i % 7},{i / 3}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["id,b,y", *lines]) + "\n")
    result = evokan_here("search", "--space", "gakan", "--data", "t.csv", "--target", "y", *TINY, "--out", "run")
    assert result.status == 0, result.err
    word = "column 'id' holds whole numbers beyond 2^53, which are rounded"
    assert word in " ".join(result.out.split())
    assert word in json.loads((tmp_path / "run" / "config.json").read_text())["notes"][0]
    predicted = evokan_here("predict", "run", "--data", "t.csv", "--out", "p.csv", "--quiet")
    assert (predicted.status, len(predicted.err.splitlines())) == (0, 1)
    assert predicted.err.startswith(f"evokan: --data t.csv: {word}")
