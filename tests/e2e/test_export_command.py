"""``evokan export`` on a real run, and what a colleague does with the files."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import evokan
from evokan.cli.app import main


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on a table with a category, a missing value filled in, and odd names of columns."""
    folder = tmp_path_factory.mktemp("export")
    rng = np.random.default_rng(0)
    size, hue = rng.normal(size=80), rng.choice(["red", "blue"], 80)
    kind = np.where(size + (hue == "red") > 0.5, "big", "small")
    lines = ["size (cm),hue,kind", *(f"{s:.3f},{h},{k}" for s, h, k in zip(size, hue, kind, strict=True))]
    (folder / "things.csv").write_text("\n".join(lines))
    small = {"population": 6, "generations": 1, "folds": 2, "baselines": "none", "report": False, "formula_seconds": 0}
    data = {"data": folder / "things.csv", "target": "kind"}
    return evokan.search(space="gakan", out=folder / "run", workers=1, **data, **small)


def test_default_places_and_what_is_said(run, capsys):
    for name, file in (("numpy", "best_numpy.py"), ("json", "best.json"), ("c", "best.c")):
        assert main(["export", str(run.path), "--format", name]) == 0
        path = run.path / "export" / file
        assert path.is_file()
        assert str(path) in capsys.readouterr().out
        assert "hue=red (1 where column 'hue' is 'red', else 0)" in path.read_text()
    assert run.damages() == []  # a file more is no damage


def test_json_names_the_inputs(run, capsys):
    assert main(["export", str(run.path), "--format", "python", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["inputs"][0] == "size (cm)"
    assert [text.partition(" ")[0] for text in said["inputs"][1:]] == ["hue=blue", "hue=red"]


def test_a_colleague_without_evokan(run, tmp_path):
    """The file alone, in a Python that cannot import evokan, gives the labels of the run."""
    path = tmp_path / "network.py"
    assert main(["export", str(run.path), "--format", "numpy", "--out", str(path)]) == 0
    features = run.problem.table.X[:20]
    np.save(tmp_path / "x.npy", features)
    script = "import sys; sys.modules['evokan'] = None; import network, numpy as np, json; "
    script += "print(json.dumps(network.predict(np.load('x.npy')).tolist()))"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    names = run.problem.table.class_names
    assert json.loads(done.stdout) == [names[best] for best in run.best.outputs(features).argmax(axis=1)]


def test_members_have_files_of_their_own(run, capsys):
    number = int(run.pareto["id"].iloc[0])
    assert main(["export", str(run.path), "--format", "torch", "--member", str(number), "--quiet"]) == 0
    path = capsys.readouterr().out.strip()
    assert path.endswith(f"member_{number}.safetensors")
    assert evokan.load_network(path).spec == run.member(number).spec["model"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "onxx"], "did you mean 'onnx'"),
        (["--format", "c", "--member", "999999"], "has no member 999999"),
        ([], "'--format'"),
    ],
)
def test_mistakes_take_one_line(run, capsys, arguments, said):
    assert main(["export", str(run.path), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_an_existing_file_stays(run, tmp_path, capsys):
    path = tmp_path / "kept.c"
    path.write_text("mine")
    assert main(["export", str(run.path), "--format", "c", "--out", str(path)]) == 2
    assert path.read_text() == "mine"
    assert main(["export", str(run.path), "--format", "c", "--out", str(path), "--force"]) == 0
    assert path.read_text() != "mine"
