"""The comparison of two runs file by file: what it lets pass, and what it must not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.benchmarks.ray_search import differing


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    for name, workers, seconds in (("threads", 2, 0.1), ("ray", 3, 0.2)):
        best = tmp_path / name / "best"
        best.mkdir(parents=True)
        (tmp_path / name / "config.json").write_text(json.dumps({"settings": {"seed": 1, "workers": workers}}))
        (tmp_path / name / "history.csv").write_text(f"generation,best,seconds\n0,0.5,{seconds}\n")
        (tmp_path / name / "run.log").write_text(f"took {seconds} s")
        (tmp_path / name / ".lock").write_text(name)
        (best / "model.safetensors").write_bytes(b"\x00\x01")
    return tmp_path / "threads", tmp_path / "ray"


def test_where_and_how_long_a_run_was_trained_does_not_count(runs: tuple[Path, Path]) -> None:
    assert differing(*runs) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", '{"settings": {"seed": 2, "workers": 2}}'),
        ("history.csv", "generation,best,seconds\n0,0.6,0.1\n"),
        ("history.csv", "generation,best,seconds\n0,0.5,0.1\n1,0.5,0.1\n"),
        ("best/model.safetensors", "other"),
        ("best/formula.txt", "only one run has it"),
    ],
)
def test_anything_else_does(runs: tuple[Path, Path], name: str, content: str) -> None:
    (runs[1] / name).write_text(content)
    assert differing(*runs) == differing(*runs[::-1]) == [name]
