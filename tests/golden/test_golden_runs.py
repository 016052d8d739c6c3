"""Short searches give the records that are kept, straight through and after a kill."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import golden_runs
import pytest

MOMENTS = random.Random(20261129)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("golden")
    golden_runs.write_tables(path)
    return path


RAY = [
    pytest.mark.faults,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO:FutureWarning"),
]
ALL = [pytest.param(name, marks=RAY if "ray" in golden_runs.CASES[name] else []) for name in golden_runs.CASES]


SMOKE = ("gakan-ga", "gakan-nsga2", "hkan-regression", "fkan-classes", "fkan-equation", "kafcm-series")


@pytest.mark.smoke
@pytest.mark.parametrize("name", SMOKE)
def test_every_family_gives_the_records_that_are_kept(folder, name):
    assert golden_runs.differences(name, golden_runs.run_case(name, folder)) == []


@pytest.mark.parametrize("name", [case for case in ALL if case.values[0] not in SMOKE])
def test_a_search_gives_the_records_that_are_kept(folder, name):
    assert golden_runs.differences(name, golden_runs.run_case(name, folder)) == []


def test_rungs_give_the_same_on_a_cluster():
    assert golden_runs.kept("gakan-rungs-ray") == golden_runs.kept("gakan-rungs")


@pytest.mark.faults
@pytest.mark.parametrize("name", ALL)
def test_a_search_that_was_killed_goes_on_to_the_same_records(folder, tmp_path, name):
    import evokan

    golden_runs.write_tables(tmp_path)
    settings = golden_runs.CASES[name]
    moment = MOMENTS.randint(1, settings["population"] * (settings["generations"] + 1))
    done = subprocess.run(
        [sys.executable, golden_runs.__file__, "kill", name, str(tmp_path), str(moment)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    run = tmp_path / name
    assert len((run / "evaluations.csv").read_text().splitlines()) == 1 + moment
    evokan.resume(run)
    assert golden_runs.differences(name, run) == []


def test_what_has_changed_is_named(folder, tmp_path):
    name = "gakan-paper"
    run = golden_runs.run_case(name, folder, **{"seed": 99, "out": tmp_path / "other"})
    assert golden_runs.differences(name, run)
