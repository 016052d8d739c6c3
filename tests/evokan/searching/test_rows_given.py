"""Rows in memory in place of files: every kind of frame, and a run that goes on without them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import evokan
from evokan.cli.app import main
from evokan.datasets.given import as_frame, frame_of, packed
from evokan.errors import InputError
from evokan.reports.repeat import repeating_command
from evokan.settings.given import with_files

SMALL = {"space": "gakan", "population": 4, "generations": 0, "steps": 1, "folds": 2, "workers": 1}
SMALL |= {"baselines": "none", "report": False, "formula_seconds": 0}


def rows(n=60):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=n), "step": np.arange(n) * 3 % 17})
    frame["grade"] = pd.Categorical(rng.choice([3, 1], n), categories=[3, 1])
    frame["kind"] = np.where(frame["size"] > 0, "big", "small")
    return frame.set_index(np.arange(n) + 7)


class Stream:
    """Rows that are known by the Arrow protocol alone."""

    def __init__(self, frame):
        self._table = pa.Table.from_pandas(frame, preserve_index=False)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


class Exchanged:
    """Rows that are known by the older protocol alone."""

    def __init__(self, frame):
        self._frame = frame

    def __dataframe__(self, *arguments, **more):
        return self._frame.__dataframe__(*arguments, **more)


class Converted:
    """Rows that know the way to pandas."""

    def __init__(self, frame):
        self._frame = frame

    def to_pandas(self):
        return self._frame


@pytest.mark.filterwarnings("ignore:.*interchange")
@pytest.mark.parametrize("kind", [Stream, Exchanged, Converted, pa.Table.from_pandas])
def test_frames_of_any_library(kind):
    frame = rows().drop(columns="grade").reset_index(drop=True)
    pd.testing.assert_frame_equal(as_frame(kind(frame)), frame, check_dtype=False)


def test_polars():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame({"a": [1.5, 2.0], "b": ["x", None]}).with_columns(
        c=polars.Series(["u", "v"], dtype=polars.Categorical)
    )
    found = as_frame(frame)
    assert found["a"].tolist() == [1.5, 2.0]
    assert found["b"].isna().tolist() == [False, True]
    assert isinstance(found["c"].dtype, pd.CategoricalDtype)


@pytest.mark.parametrize("column", [pd.Series([1.0, 2.0]), pa.chunked_array([[1.0, 2.0]]), np.zeros((2, 2)), "t.csv"])
def test_what_is_no_frame(column):
    assert as_frame(column) is None


def test_pairs_become_a_frame():
    x, y = np.arange(6.0).reshape(3, 2), np.array(["u", "v", "u"])
    frame, target = frame_of((x, y), None, "data")
    assert list(frame) == ["x0", "x1", "y"]
    assert target == "y"
    named = pd.DataFrame({1: [1, 2, 3], "y": [4, 5, 6]}, index=[7, 8, 9])
    frame, target = frame_of((named, pd.Series([1, 2, 3], name="y")), None, "data")
    assert list(frame) == ["1", "y", "y_"]
    assert target == "y_"
    assert frame["y_"].tolist() == [1, 2, 3]
    assert frame_of((x, y), "kind", "data")[1] == "kind"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"data": np.zeros((3, 2))}, "data: expected a path, a frame, or a pair"),
        ({"data": (np.zeros((3, 2)),)}, "data: expected a pair"),
        ({"data": (np.zeros(3), np.zeros(3))}, "X must have the shape"),
        ({"data": (np.zeros((3, 2)), np.zeros(2))}, "X has 3 rows, so y must have the shape"),
        ({"data": (np.zeros((3, 2)), np.zeros(3)), "target": "x0"}, "target 'x0' is a column of X"),
        ({"data": (np.zeros((3, 2)), np.zeros(3)), "time": "t"}, "a time series is one frame"),
        ({"data": pd.DataFrame({"a": [1, "x"], "b": [1, 2]})}, "column 'a' holds mixed-integer values"),
    ],
)
def test_what_is_no_table_is_said(given, said):
    with pytest.raises(InputError, match=said):
        with_files(given)


def test_what_is_kept_is_what_was_given():
    frame = rows()
    frame.attrs = {"who": object()}
    assert packed(frame) == packed(rows())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    return evokan.search(**SMALL, data=rows(), target="kind", out=folder / "run")


def test_a_run_keeps_the_rows_it_was_given(run, tmp_path, capsys):
    table = run.problem.table
    assert table.feature_names == ("size", "step", "grade=3", "grade=1")
    assert run.config["settings"]["data"] == "data.feather"
    assert run.config["data"]["name"] == "data"
    moved = tmp_path / "moved"
    run.path.rename(moved)
    try:
        assert evokan.load_run(moved).problem.table.sha256 == table.sha256
        assert main(["resume", str(moved), "--generations", "1", "--quiet"]) == 0
        assert len(evokan.load_run(moved).history) == 2
        assert str(moved / "data.feather") in repeating_command(run_config := evokan.load_run(moved).config, moved)
        assert "--data data.feather" not in repeating_command(run_config, moved)
        again = ["search", "--config", str(moved / "config.json"), "--out", str(tmp_path / "again"), "--quiet"]
        assert main(again) == 0
        assert evokan.load_run(tmp_path / "again").problem.table.sha256 == table.sha256
    finally:
        moved.rename(run.path)
    capsys.readouterr()


def test_the_same_call_goes_on_with_its_run(run):
    generations = len(run.history) - 1
    same = evokan.search(**SMALL | {"generations": generations}, data=rows(), target="kind", out=run.path)
    assert same.path == run.path
    other = rows().assign(size=0.5)
    other.loc[7, "size"] = 1.0
    with pytest.raises(InputError, match="holds another run already"):
        evokan.search(**SMALL, data=other, target="kind", out=run.path)


def test_rows_that_were_changed_or_taken_away_are_named(run, tmp_path):
    file = run.path / "data.feather"
    content = file.read_bytes()
    try:
        file.write_bytes(packed(rows().assign(step=1.0)))
        for call in (lambda: evokan.load_run(run.path).problem, lambda: evokan.resume(run.path, generations=5)):
            with pytest.raises(InputError, match=r"data\.feather: is not the file that the run began with"):
                call()
        file.unlink()
        with pytest.raises(InputError, match=r"data\.feather is missing: bring it back"):
            evokan.load_run(run.path).problem  # noqa: B018
        (tmp_path / "secret.feather").write_bytes(content)
        file.symlink_to(tmp_path / "secret.feather")
        with pytest.raises(InputError, match=r"data\.feather: is a link"):
            evokan.load_run(run.path).problem  # noqa: B018
    finally:
        file.unlink(missing_ok=True)
        file.write_bytes(content)


def test_parts_of_their_own(tmp_path):
    frame = rows()
    x, y = frame[["size", "step"]], frame["kind"]
    parts = {"data": (x[:30], y[:30]), "val_data": (x[30:45], y[30:45]), "test_data": frame[45:]}
    run = evokan.search(**{k: v for k, v in SMALL.items() if k != "folds"}, **parts, out=tmp_path / "run")
    problem = run.problem
    assert [len(problem.train), len(problem.validation), len(problem.test)] == [30, 15, 15]
    parts = ((problem.train, y[:30]), (problem.validation, y[30:45]), (problem.test, y[45:]))
    for numbers, kinds in parts:
        assert [("big", "small")[number] for number in problem.table.y[numbers]] == kinds.tolist()
    assert run.config["settings"]["refit"] == "holdout"
    assert evokan.resume(run.path, generations=1).finished


def test_a_series_is_a_frame():
    frame = pd.DataFrame({"t": np.arange(60), "a": np.sin(np.arange(60)), "b": np.cos(np.arange(60) / 2)})
    settings, kept = with_files({"space": "kafcm", "data": frame, "time": "t"})
    from evokan.settings.job import prepare, resolve

    assert prepare(resolve(settings), kept=kept).problem.table.feature_names == ("a", "b")
