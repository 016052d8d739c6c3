"""The command line with --ray: the files of a thread run, and one line where no cluster answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

TINY = (
    "search",
    "--space",
    "gakan",
    "--dataset",
    "iris",
    "--population",
    "8",
    "--generations",
    "1",
    "--folds",
    "2",
    "--formula-seconds",
    "0",
    "--steps",
    "1",
    "--quiet",
)


def evokan(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evokan", *arguments], cwd=folder, check=False, capture_output=True, text=True
    )


def test_a_search_on_ray_leaves_the_files_of_a_search_on_threads(tmp_path: Path) -> None:
    for name, options in (("threads", ("--workers", "2")), ("ray", ("--ray", "--workers", "1"))):
        done = evokan(*TINY, *options, "--out", name, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    for name in ("evaluations.csv", "history.csv", "pareto.csv"):
        tables = [pd.read_csv(tmp_path / run / name).drop(columns="seconds") for run in ("threads", "ray")]
        pd.testing.assert_frame_equal(*tables, check_exact=True)
    metrics = [json.loads((tmp_path / run / "best" / "metrics.json").read_text()) for run in ("threads", "ray")]
    assert metrics[0] == metrics[1]


def test_an_unreachable_cluster_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    done = evokan(*TINY, "--ray-address", "127.0.0.1:1", "--out", "run", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("evokan: ")
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())
