"""What a family keeps to draw from is blamed on the file where it was damaged, not taken for a fault of ours."""

from __future__ import annotations

import json
import shutil

import pytest

import evokan
from evokan.cli.app import main

TINY = {"population": 4, "generations": 0, "folds": 1, "steps": 1, "formula_seconds": 0.0, "workers": 1}
FAMILIES = {
    "hkan": {
        "space": "hkan",
        "dataset": "iris",
        "space_options": {"max_nodes": 6, "max_nodes_deep": 4, "max_basis": 3},
    },
    "kafcm": {"space": "kafcm", "dataset": "yerkes-dodson"},
}


@pytest.fixture(scope="module", params=FAMILIES)
def good(request, tmp_path_factory):
    return evokan.search(**TINY, **FAMILIES[request.param], out=tmp_path_factory.mktemp("good") / request.param).path


@pytest.mark.parametrize("value", [None, 3, [], [None], [{"mean": "x"}], [[]], {}])
def test_a_family_that_can_make_nothing_of_its_data(good, tmp_path, monkeypatch, capsys, value):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(good, "run")
    (tmp_path / "run" / "manifest.json").unlink()
    file = tmp_path / "run" / "best" / "architecture.json"
    spec = json.loads(file.read_text())
    spec["explanation"]["data"] = dict.fromkeys(spec["explanation"]["data"], value)
    file.write_text(json.dumps(spec))
    commands = [["plot", "run"], *([["kafcm", "edges", "run"]] if good.name == "kafcm" else [])]
    for words in commands:
        status = main(words)
        err = capsys.readouterr().err
        assert status in (0, 2)
        assert "internal error" not in err
        if status == 2:
            assert err.splitlines()[-1].startswith("evokan: run/best/architecture.json is damaged: ")


@pytest.mark.parametrize("value", [2, None, "sine"])
def test_a_bounding_that_is_none_is_refused_before_anything_is_drawn(good, tmp_path, monkeypatch, capsys, value):
    if good.name != "kafcm":
        pytest.skip("this family has no bounding")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(good, "run")
    (tmp_path / "run" / "manifest.json").unlink()
    file = tmp_path / "run" / "best" / "architecture.json"
    spec = json.loads(file.read_text())
    spec["model"]["bounding"] = value
    file.write_text(json.dumps(spec))
    for words in (["plot", "run"], ["formula", "run", "--time-limit", "0.5"]):
        assert main(words) == 2
        assert "is none of tanh, sigmoid" in capsys.readouterr().err
