"""The tables that come with scikit-learn, read without it."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.datasets import bundled


@pytest.mark.parametrize("name", ["iris", "wine", "wdbc"])
def test_files_hold_what_scikit_learn_returns(name):
    (X, y, *names), (their_X, their_y, *their_names) = bundled.content(name), bundled.imported(name)
    assert (X.dtype, X.tobytes()) == (their_X.dtype, their_X.tobytes())
    assert y.dtype == their_y.dtype
    np.testing.assert_array_equal(y, their_y)
    assert names == their_names


@pytest.mark.parametrize(
    ("content", "name"),
    [(None, "iris"), ("3,13,a,b,c\n" + "1," * 13 + "0\n", "wine"), ("1,5,a,b\n1,2,3,4,5,0\n", "wdbc")],
    ids=["no file", "too few rows", "other columns"],
)
def test_other_files_are_left_to_scikit_learn(content, name, monkeypatch, tmp_path):
    class Found:
        origin = str(tmp_path / "__init__.py")

    if content is not None:
        (tmp_path / "datasets" / "data").mkdir(parents=True)
        (tmp_path / "datasets" / "data" / bundled._FILES[name]).write_text(content)
    monkeypatch.setattr(bundled, "find_spec", lambda _: Found)
    monkeypatch.setattr(bundled, "imported", lambda name: f"imported {name}")
    assert bundled.content(name) == f"imported {name}"
