"""Runs that experiments share are kept, and made anew where they would come out differently today."""

from __future__ import annotations

import shutil

import pytest

from experiments.formula import searches
from experiments.formula.searches import searched

SETTINGS = {"dataset": "iris", "population": 4, "generations": 0, "steps": 1, "formula_seconds": 0.0}


def test_a_run_is_made_once_and_anew_for_other_settings(tmp_path, monkeypatch):
    runs, copy = tmp_path / "runs", tmp_path / "copy"
    run, seconds = searched(runs, "iris-0", SETTINGS)
    assert seconds > 0

    def forbidden(**settings):
        raise AssertionError("searched again")

    monkeypatch.setattr(searches, "search", forbidden)
    again, known = searched(runs, "iris-0", SETTINGS)
    assert (again.path, known) == (run.path, seconds)
    for change in ({"generations": 1}, {"steps": 2}, {"space_options": {"ridge": 0.5}}):
        shutil.copytree(runs, copy)
        with pytest.raises(AssertionError, match="searched again"):
            searched(copy, "iris-0", {**SETTINGS, **change})
        assert not (copy / "iris-0").exists()
        shutil.rmtree(copy)
