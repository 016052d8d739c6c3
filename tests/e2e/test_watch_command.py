"""``evokan watch``: a search seen from another process, to its end; and what notebooks show of a run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

import pytest

from evokan.runs.follow import follow
from evokan.runs.run import Run

TINY = ("--space", "gakan", "--population", "8", "--generations", "2", "--folds", "1", "--workers", "2")


def test_a_search_is_watched_to_its_end(evokan_here, tmp_path):
    words = [
        sys.executable,
        "-m",
        "evokan",
        "search",
        *TINY,
        "--dataset",
        "product",
        "--baselines",
        "none",
        "--out",
        "run",
        "--quiet",
    ]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL) as search:
        while not (tmp_path / "run" / "config.json").exists():
            assert search.poll() is None
            time.sleep(0.05)
        result = evokan_here("watch", "run", "--every", 0.1)
        assert search.wait(300) == 0
    assert (result.status, result.err) == (0, "")
    assert [line[:17] for line in result.out.splitlines() if line.startswith("generation")] == [
        f"generation {number} of 2" for number in range(3)
    ]
    assert "\nfinalists: " in result.out
    assert "Chosen network" in result.out


def test_a_finished_run_is_shown_at_once(evokan_here, as_json, iris_run):
    assert as_json(evokan_here("watch", iris_run.path, "--json").out)["state"] == "finished"
    assert "finished" in evokan_here("watch", iris_run.path, "--quiet").out


@pytest.fixture
def left_run(tmp_path, iris_run):
    """A run that its search has left."""
    path = tmp_path / "left"
    shutil.copytree(iris_run.path, path)
    (path / "manifest.json").unlink()
    return path


def test_a_run_that_was_left_ends_it(evokan_here, left_run):
    with (left_run / "run.log").open("a") as log:
        log.write("2026-01-01T00:00:00+0000 interrupted\n")
    result = evokan_here("watch", left_run)
    assert result.status == 3
    assert result.err == f"evokan: {left_run}: nobody searches there any more; go on with: evokan resume {left_run}\n"


def test_a_run_without_a_word_is_given_up_when_it_does_not_grow(left_run):
    waits = []
    sights = list(follow(Run(left_run), every=10, patience=60, sleep=waits.append))
    assert waits == [10] * 6
    assert [sight.state for sight in sights] == ["running"] * 6 + ["interrupted"]
    assert [row["generation"] for row in sights[0].rows] == [0, 1, 2]
    assert not any(sight.rows or sight.lines for sight in sights[1:])


def test_notebooks_show_runs_and_formulas(iris_run, left_run):
    run = Run(iris_run.path)
    text = run._repr_html_()
    assert "<b>gakan</b> on <b>iris</b>: finished" in text
    assert "<td>svm</td>" in text
    assert ": interrupted" in Run(left_run)._repr_html_()
    front = run.best.formulas()
    assert "<pre>score(setosa) = " in front.best._repr_html_()
    assert front._repr_html_().count("<tr>") == len(front) + 1
    assert "(the answer)" in front._repr_html_()
