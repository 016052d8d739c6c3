"""Python is told of keywords, never of options."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pandas as pd
import pytest

import evokan
from evokan.errors import EvokanWarning, InputError
from evokan.settings.spoken import as_keywords


@pytest.mark.parametrize(
    ("option", "keyword"),
    [
        ("--time-limit 5: too short", "time_limit=5: too short"),
        ("--data needs --target: name it", "data needs target: name it"),
        (
            "fill them in (--impute median) or leave them out (--impute drop)",
            "fill them in (impute='median') or leave them out (impute='drop')",
        ),
        ("--group and --split time exclude each other", "group and split='time' exclude each other"),
        ("(--drop 'x') or (--split 'time:x')", "(drop='x') or (split='time:x')"),
        ("--choose smallest:x: write", "choose='smallest:x': write"),
        ("give --no-ray to train here", "give ray=False to train here"),
        ("--objectives val_loss,n_params", "objectives='val_loss,n_params'"),
        ("--race judges: give --folds 2 or more", "race judges: give folds=2 or more"),
        ("--lags -3: a cause, or 1,2", "lags=-3: a cause, or 1,2"),
        ("give --generations N", "give generations=N"),
        ("--out /a/b: is a file", "out='/a/b': is a file"),
        ("--space-option for 'gakan': max_depth", "space_options for 'gakan': max_depth"),
        (
            "unknown option '--val-sis': did you mean '--val-size'?",
            "unknown keyword 'val_sis': did you mean 'val_size'?",
        ),
        ("column 'a--drop' and --nothing else", "column 'a--drop' and --nothing else"),
    ],
)
def test_options_become_keywords(option, keyword):
    assert as_keywords(option) == keyword


def test_settings_may_go_by_another_name():
    assert as_keywords("--workers 0: at least 1", {"workers": "n_jobs"}) == "n_jobs=0: at least 1"


@pytest.mark.parametrize(
    "given",
    [
        {"time_limit": -1},
        {"dataset": "iris", "impute": "mean"},
        {"data": "a.csv"},
        {"dataset": "iris", "folds": 100},
        {"dataset": "iris", "valsize": 0.2},
        {"dataset": "iris", "task": "regression"},
        {"dataset": "iris", "generations": "many", "race": "perhaps"},
        {"data": (np.full((30, 1), np.nan), np.arange(30.0)), "task": "regression"},
    ],
)
def test_errors_of_search_name_keywords(given):
    with pytest.raises(InputError) as raised:
        evokan.search(space="gakan", **given)
    assert not re.search(r"--[a-z]", str(raised.value))
    assert str(raised.value) == "\n".join(raised.value.faults)


def test_errors_of_estimators_name_their_parameters():
    with pytest.raises(InputError, match=r"^n_jobs: must be at least 1"):
        evokan.EvoKANRegressor(n_jobs=0).fit(np.eye(20), np.arange(20.0))
    with pytest.raises(InputError, match=r"fill them in \(impute='median'\)"):
        evokan.EvoKANRegressor().fit(pd.DataFrame({"a": [None, *range(29)]}), np.arange(30.0))


def test_signatures_stay():
    assert list(inspect.signature(evokan.search).parameters)[:3] == ["observer", "callbacks", "config"]
    assert "generations" in inspect.signature(evokan.resume).parameters


def test_what_was_taken_is_warned_of(tmp_path):
    frame = pd.DataFrame({"customer_id": np.arange(60), "x": np.arange(60) * 7 % 11, "y": np.arange(60) % 3})
    small = {"population": 4, "generations": 0, "steps": 1, "folds": 2, "workers": 1, "formula_seconds": 0}
    small |= {"space": "gakan", "baselines": "none", "report": False}
    with pytest.warns(EvokanWarning) as warned:
        evokan.search(**small, data=frame, target="y", out=tmp_path / "told")
    texts = [str(one.message) for one in warned]
    assert any("task='regression' takes them for values" in text for text in texts)
    assert any("leave it out with drop='customer_id'" in text for text in texts)
    evokan.search(**small, data=frame, target="y", out=tmp_path / "quiet", observer=evokan.Observer())
