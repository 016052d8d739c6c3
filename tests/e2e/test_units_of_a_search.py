"""``evokan search --units``: taken, kept with the run, used for its formulas, refused where they cannot be."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

SMALL = ("--population", 4, "--generations", 0, "--folds", 2, "--steps", 1, "--workers", 1, "--baselines", "none")
UNITS = "length: m\ng: m/s^2\nperiod: s\n"


@pytest.fixture(scope="module")
def pendulum(tmp_path_factory):
    """A table of periods, its units, and a search that was given them."""
    from evokan.cli.app import main

    folder = tmp_path_factory.mktemp("pendulum")
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"length": rng.uniform(0.5, 3, 150), "g": rng.uniform(5, 15, 150)})
    table.assign(period=2 * np.pi * np.sqrt(table["length"] / table["g"])).to_csv(folder / "p.csv", index=False)
    (folder / "units.txt").write_text(UNITS)
    words = ["search", "--space", "gakan", "--data", folder / "p.csv", "--target", "period", *SMALL, "--no-report"]
    words += ["--formula-seconds", 2, "--units", folder / "units.txt", "--out", folder / "run", "--quiet"]
    assert main(list(map(str, words))) == 0
    (folder / "units.txt").unlink()
    return folder


def test_a_run_keeps_the_units_and_its_formulas_use_them(pendulum):
    from evokan import load_run

    run = load_run(pendulum / "run")
    assert run.config["settings"]["units"] == {"length": "m", "g": "m/s^2", "period": "s"}
    found = run.best.formulas()
    # A law that is exact ends a search before it comes to them.
    assert "units" in found.stages or found.get("law").val_loss < 1e-15
    assert "sqrt" in found.best.text


def test_more_search_and_a_resume_need_no_file(pendulum, evokan_here, tmp_path):
    shutil.copytree(pendulum / "run", tmp_path / "run")
    assert evokan_here("formula", "run", "--quiet", "--time-limit", 0.3).status == 0
    assert evokan_here("resume", "run", "--generations", 1, "--quiet").status == 0


def test_a_run_is_repeated_with_its_units(pendulum, evokan_here):
    from evokan.reports.repeat import repeating_command

    config = json.loads((pendulum / "run" / "config.json").read_text())
    assert "--units 'length: m; g: m/s^2; period: s'" in repeating_command(config, pendulum / "run")


def test_units_that_cannot_be_used_are_named(pendulum, evokan_here, tmp_path):
    def fault(units, *more):
        words = ("--space", "gakan", *more, *SMALL, "--units", units, "--out", "new")
        result = evokan_here("search", *words)
        assert (result.status, result.out) == (2, "")
        assert not (tmp_path / "new").exists()
        return result.err

    own = ("--data", pendulum / "p.csv", "--target", "period")
    assert "did you mean 'length'" in fault("lenth: m; g: m/s^2", *own)
    assert "is no unit such as kg*m/s^2" in fault("length: m^", *own)
    assert "cannot be read" in fault("none.txt", *own)
    assert "leave --units or --log-target out" in fault("length: m", *own, "--log-target")
    assert "the target has classes" in fault("alcohol: 1", "--dataset", "wine")


def test_units_in_python(pendulum, tmp_path):
    import evokan
    from evokan.errors import InputError

    given = {"space": "gakan", "data": pd.read_csv(pendulum / "p.csv"), "target": "period", "population": 4}
    given |= {"generations": 0, "folds": 2, "steps": 1, "baselines": "none", "report": False, "formula_seconds": 0}
    run = evokan.search(**given, units={"length": "m", "period": "s"}, out=tmp_path / "run")
    assert run.config["settings"]["units"] == {"length": "m", "period": "s"}
    with pytest.raises(InputError, match=r"units.*did you mean 'length'"):
        evokan.search(**given, units={"lenth": "m"}, out=tmp_path / "other")
