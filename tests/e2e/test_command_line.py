"""Help, listings, versions, and what happens when something of ours breaks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.smoke

COMMANDS = ("search", "resume", "show", "plot", "predict", "evaluate", "formula", "spaces", "datasets", "experiment")
HEAVY = {
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "torch",
    "numba",
    "matplotlib",
    "deap",
    "ray",
    "yaml",
    "pyarrow",
    "sympy",
}
TINY = (
    "search",
    "--space",
    "gakan",
    "--dataset",
    "iris",
    "--population",
    "6",
    "--generations",
    "1",
    "--folds",
    "1",
    "--formula-seconds",
    "0",
    "--out",
    "run",
)


@pytest.fixture
def broken_training(monkeypatch):
    from evokan.spaces.training import Trained
    from search_spaces.gakan import GAKAN

    monkeypatch.setattr(GAKAN, "train", lambda self, jobs, problem, budget: [Trained.failed("no luck") for _ in jobs])


def test_help_needs_nothing_heavy():
    script = (
        "import json, sys; from evokan.cli.app import main\n"
        "imported = {module.partition('.')[0] for module in sys.modules}\n"
        f"statuses = [main([*name, '--help']) for name in [[], *([name] for name in {COMMANDS})]]\n"
        "needed = {module.partition('.')[0] for module in sys.modules}\n"
        "print(json.dumps([sorted(imported), sorted(needed), statuses]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported, needed, statuses = json.loads(done.stderr)
    assert not HEAVY & set(imported)
    assert not HEAVY & set(needed)
    assert set(statuses) == {0}
    for name in COMMANDS:
        assert f"Usage: evokan {name}" in done.stdout


def test_every_setting_is_an_option_with_its_true_default():
    from evokan.cli.options import parameter
    from evokan.settings.config import SearchConfig

    told = {}
    for name in SearchConfig.model_fields:
        (option,) = parameter(name, with_default=True).annotation.__metadata__
        told[name] = option.help.partition(" (default ")[2].rstrip(")").partition(", or the search space's own")[0]
    assert told["population"] == "100"
    assert told["objectives"] == "val_loss"
    assert (told["distinct"], told["race"]) == ("distinct", "no")
    assert told["workers"] == "all processors"
    assert (told["space"], told["task"]) == ("", "")


def test_keywords_of_python_are_the_settings():
    """Names and, where there is a choice, the choices."""
    from typing import get_args, get_type_hints

    from evokan.settings.config import SearchConfig
    from evokan.settings.keywords import Settings

    hints = get_type_hints(Settings)
    assert set(hints) == set(SearchConfig.model_fields)
    for name, field in SearchConfig.model_fields.items():
        wider = ("data", "equation", "edges", "units", "lags", "drop", "test_data", "val_data", "out", "generations")
        if name not in (*wider, "objectives", "space_options", "keep_na_in", "rungs", "resample"):
            assert get_args(hints[name]) == get_args(field.annotation), name
            assert get_args(hints[name]) or hints[name] is field.annotation, name


def test_no_arguments_show_the_commands(evokan_here):
    result = evokan_here()
    assert (result.status, result.err) == (0, "")
    assert all(f" {name} " in result.out for name in COMMANDS)


def test_version(evokan_here):
    from evokan import __version__

    assert evokan_here("--version") == (0, f"evokan {__version__}\n", "")


def test_spaces(evokan_here, as_json):
    assert "gakan" in evokan_here("spaces").out
    assert "gakan" in evokan_here("spaces", "--quiet").out.splitlines()
    (gakan,) = (entry for entry in as_json(evokan_here("spaces", "--json").out) if entry["name"] == "gakan")
    assert gakan["tasks"] == ["classification", "regression"]
    assert gakan["options"]["max_depth"] == 4
    assert gakan["presets"]["paper"]["settings"]["scaler"] == "none"


def test_datasets(evokan_here, as_json, monkeypatch):
    from evokan.datasets import list_datasets

    monkeypatch.delenv("EVOKAN_DATA", raising=False)
    names = [info.name for info in list_datasets()]
    assert evokan_here("datasets", "--quiet").out.split() == names
    listed = as_json(evokan_here("datasets", "--json").out)
    assert [entry["name"] for entry in listed] == names
    here = {entry["name"] for entry in listed if entry["available"]}
    assert {"iris", "wine", "wdbc", "product"} <= here
    assert "rice" not in here
    text = evokan_here("datasets").out
    assert "EVOKAN_DATA" in text
    (rice,) = (line for line in text.splitlines() if line.split()[:1] == ["rice"])
    assert rice.split()[1:5] == ["classification", "3810", "7", "no"]


def test_a_fault_of_ours_is_one_line_and_the_log_has_the_rest(evokan_here, monkeypatch, tmp_path):
    def break_down(*arguments, **settings):
        raise RuntimeError("the wheels came off")

    with monkeypatch.context() as patch:
        patch.setattr("evokan.searching.engine.compared", break_down)
        result = evokan_here(*TINY, "--quiet")
    assert (result.status, result.out) == (1, "")
    assert result.err.splitlines() == [
        "evokan: internal error, please report it: RuntimeError: the wheels came off; "
        "run/run.log has the details; go on with: evokan resume run"
    ]
    log = (tmp_path / "run" / "run.log").read_text()
    assert "Traceback (most recent call last)" in log
    assert "in break_down" in log
    assert evokan_here("resume", "run", "--quiet") == (0, "run\n", "")


def test_a_fault_outside_of_a_run_shows_its_traceback(evokan_here, monkeypatch):
    def break_down(*arguments):
        raise RuntimeError("the wheels came off")

    monkeypatch.setattr("evokan.datasets.list_datasets", break_down)
    result = evokan_here("datasets")
    assert result.status == 1
    assert "Traceback" in result.err
    assert result.err.splitlines()[-1] == (
        "evokan: internal error, please report it: RuntimeError: the wheels came off"
    )


def test_a_search_without_any_trained_network_says_so(evokan_here, broken_training, tmp_path):
    result = evokan_here(*TINY)
    assert result.status == 1
    assert result.err.splitlines() == [
        "evokan: no network of this search could be trained: see the reasons in evaluations.csv"
    ]
    assert "failed: no luck" in (tmp_path / "run" / "run.log").read_text()
    shown = evokan_here("show", "run")
    assert shown.status == 0
    assert "interrupted, generation 1 of 1: 0 networks trained" in shown.out


def test_an_output_that_nobody_reads_is_no_fault():
    with subprocess.Popen(
        [sys.executable, "-m", "evokan", "datasets", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
        assert (process.wait(60), err) == (0, b"")


def test_a_search_that_nobody_reads_can_go_on(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "evokan", *TINY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True
    ) as process:
        assert process.stdout.readline().startswith("gakan on iris")
        process.stdout.close()
        err = process.stderr.read()
        assert (process.wait(60), err) == (3, "evokan: interrupted; go on with: evokan resume run\n")
    assert "interrupted" in (tmp_path / "run" / "run.log").read_text()
