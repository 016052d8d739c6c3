"""A stranger's run does nothing but be read: links, pipes, sizes, addresses, files of other people."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import evokan

TINY = {
    "space": "gakan",
    "dataset": "iris",
    "population": 4,
    "generations": 1,
    "folds": 1,
    "steps": 1,
    "formula_seconds": 0.0,
    "workers": 1,
}
COMMANDS = {
    "show": ("show", "run"),
    "plot": ("plot", "run"),
    "report": ("report", "run"),
    "predict": ("predict", "run", "--data", "new.csv", "--out", "p.csv"),
    "formula": ("formula", "run"),
    "resume": ("resume", "run", "--generations", "2", "--quiet"),
}
FILES = (
    "config.json",
    "evaluations.csv",
    "history.csv",
    "checkpoint.json",
    "pareto.csv",
    "manifest.json",
    "run.log",
    ".lock",
    "best/model.safetensors",
    "best/architecture.json",
    "best/metrics.json",
)
FOLDERS = ("best", "front", "plots")


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    return evokan.search(**TINY, out=tmp_path_factory.mktemp("good") / "run").path


@pytest.fixture
def run(good, tmp_path, monkeypatch) -> Path:
    """A copy in the folder that commands work in, beside something precious."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(good, tmp_path / "run")
    (tmp_path / "new.csv").write_text(
        "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\n5,3,1,1\n"
    )
    (tmp_path / "precious").mkdir()
    for name in ("file", "model.safetensors", "config.json", "fitness_history.png"):
        (tmp_path / "precious" / name).write_text("precious\n")
    return tmp_path / "run"


def call(arguments, capsys):
    from evokan.cli.app import main

    capsys.readouterr()
    status = main(list(arguments))
    return status, *capsys.readouterr()


def untouched(tmp_path: Path) -> bool:
    found = {path.name: path.read_text() for path in (tmp_path / "precious").iterdir()}
    return found == dict.fromkeys(("file", "model.safetensors", "config.json", "fitness_history.png"), "precious\n")


def one_line_or_done(status: int, err: str) -> None:
    assert status in (0, 2), err
    assert "Traceback" not in err
    if status == 2:
        assert len(err.splitlines()) >= 1
        assert all(line.startswith("evokan: ") for line in err.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("file", FILES)
def test_no_link_is_followed(run, tmp_path, capsys, file, command):
    (run / file).unlink(missing_ok=True)
    (run / file).symlink_to(tmp_path / "precious" / "file")
    status, _, err = call(COMMANDS[command], capsys)
    one_line_or_done(status, err)
    assert untouched(tmp_path)
    if command == "resume" and file != "manifest.json":  # without its mark a run goes on, and gets a new one
        assert status == 2


@pytest.mark.parametrize("file", ["checkpoint.json", "evaluations.csv", "history.csv", "config.json"])
def test_a_link_to_nowhere_is_no_missing_file(run, tmp_path, capsys, file):
    """A run whose checkpoint was not there would begin anew."""
    (run / "manifest.json").unlink()
    (run / file).unlink()
    (run / file).symlink_to(tmp_path / "nowhere")
    tables = [run / name for name in ("evaluations.csv", "history.csv") if name != file]
    before = [table.read_bytes() for table in tables]
    status, _, err = call(COMMANDS["resume"], capsys)
    assert (status, len(err.splitlines())) == (2, 1)
    assert f"{file}: is a link" in err
    assert [table.read_bytes() for table in tables] == before
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("folder", FOLDERS)
def test_no_linked_folder_is_entered(run, tmp_path, capsys, folder, command):
    shutil.rmtree(run / folder)
    (run / folder).symlink_to(tmp_path / "precious")
    if command == "resume" and folder != "plots":  # as a run that was cut off before its front
        (run / "manifest.json").unlink()
    status, _, err = call(COMMANDS[command], capsys)
    one_line_or_done(status, err)
    assert untouched(tmp_path)


@pytest.mark.parametrize("name", ["checkpoint.json.part", "evaluations.csv.part", "best/metrics.json.part"])
def test_what_is_half_written_is_no_way_out(run, tmp_path, capsys, name):
    (run / name).symlink_to(tmp_path / "precious" / "file")
    status, _, err = call(COMMANDS["resume"], capsys)
    assert (status, err) == (0, "")
    assert untouched(tmp_path)


def test_a_linked_picture_gives_way(run, tmp_path, capsys):
    (run / "plots" / "fitness_history.png").unlink()
    (run / "plots" / "fitness_history.png").symlink_to(tmp_path / "precious" / "fitness_history.png")
    assert call(COMMANDS["plot"], capsys)[0] == 0
    assert untouched(tmp_path)
    assert not (run / "plots" / "fitness_history.png").is_symlink()


def test_a_second_name_elsewhere_is_not_written(run, tmp_path, capsys):
    (run / "run.log").unlink()
    os.link(tmp_path / "precious" / "file", run / "run.log")
    status, _, err = call(COMMANDS["resume"], capsys)
    assert status == 2
    assert "has another name elsewhere" in err
    assert untouched(tmp_path)


@pytest.mark.parametrize("file", FILES)
def test_a_pipe_in_place_of_a_file_hangs_nothing(run, file):
    (run / file).unlink(missing_ok=True)
    os.mkfifo(run / file)
    for command in ("show", "resume"):
        done = subprocess.run(
            [sys.executable, "-m", "evokan", *COMMANDS[command]],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        one_line_or_done(done.returncode, done.stderr)


@pytest.mark.parametrize("grid", [100_000_000, 0, -1, 10**400])
def test_sizes_are_compared_before_anything_is_allocated(run, capsys, grid):
    import resource

    path = run / "best" / "architecture.json"
    content = json.loads(path.read_text())
    content["model"]["architecture"]["grid"] = grid
    path.write_text(json.dumps(content))
    (run / "manifest.json").unlink()
    config = json.loads((run / "config.json").read_text())
    del config["format"]  # as of an earlier version, which had no manifest
    (run / "config.json").write_text(json.dumps(config))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status, _, err = call(COMMANDS["predict"], capsys)
    assert status == 2
    assert "is damaged" in err
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB


def test_an_address_is_never_taken_from_a_run(run, capsys, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    config = json.loads((run / "config.json").read_text())
    config["settings"] |= {"ray_address": "ray://203.0.113.1:10001"}
    (run / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr("evokan.searching.build.make_executor", lambda *_: pytest.fail("somebody was called"))
    status, _, err = call(("resume", "run", "--generations", "2"), capsys)
    assert status == 2
    assert "give --ray-address again, or --no-ray" in err


def test_a_data_file_elsewhere_must_be_the_one_that_the_run_began_with(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i % 7},{i % 5},{'yn'[i % 2]}" for i in range(60)]
    (tmp_path / "mine.csv").write_text("\n".join(["a,b,c", *rows]) + "\n")
    settings = {name: value for name, value in TINY.items() if name != "dataset"}
    evokan.search(**settings, data="mine.csv", target="c", out="run")
    (tmp_path / "secret.csv").write_text("password\nhunter2\n")
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    config["settings"]["data"] = str(tmp_path / "secret.csv")
    (tmp_path / "run" / "config.json").write_text(json.dumps(config))
    for command in ("resume", "formula"):
        status, _, err = call(COMMANDS[command], capsys)
        assert status == 2
        assert f"{tmp_path / 'secret.csv'}" in err
        assert "hunter2" not in err


@pytest.mark.parametrize(
    "name", ["best/model.safetensors", "best/metrics.json", "pareto.csv", "history.csv", "evaluations.csv"]
)
def test_a_flipped_bit_is_noticed(run, capsys, name):
    content = bytearray((run / name).read_bytes())
    place = len(content) // 2
    while name.endswith(("csv", "json")) and not chr(content[place]).isdigit():
        place += 1
    content[place] ^= 1
    (run / name).write_bytes(bytes(content))
    for command in ("predict", "formula", "resume"):
        status, _, err = call(COMMANDS[command], capsys)
        assert status == 2
        assert f"run/{name} is damaged" in err
    with pytest.raises(evokan.InputError, match="is damaged"):
        evokan.load_run("run")
    status, out, err = call(("show", "run", "--quiet"), capsys)
    assert status in (0, 2)
    assert f"run/{name}" in err
    assert status == 2 or "finished" in out


@pytest.mark.parametrize(
    ("file", "place", "value"),
    [
        ("config.json", ("data", "task"), float("inf")),
        ("config.json", ("data", "train"), "many"),
        ("config.json", ("settings", "generations"), 1e999),
        ("config.json", ("reference_point",), []),
        ("best/metrics.json", ("baselines", "mlp"), "good"),
        ("best/metrics.json", ("test", "accuracy"), "\x1b[31m"),
        ("best/architecture.json", ("model", "architecture", "grid"), 0),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_value_is_named_in_one_line(run, capsys, command, file, place, value):
    content = json.loads((run / file).read_text())
    inner = content
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    (run / file).write_text(json.dumps(content))
    (run / "manifest.json").write_text('{"sha256": {}}')
    status, out, err = call(COMMANDS[command], capsys)
    one_line_or_done(status, err)
    assert "\x1b" not in out + err
    if command == "show" and "architecture" not in place:
        assert status == 2
        assert file in err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_in_the_front_is_named(run, capsys, command):
    member = next((run / "front").glob("*.json"))
    member.unlink()
    member.mkdir()
    (run / "manifest.json").unlink()
    status, _, err = call(COMMANDS[command], capsys)
    one_line_or_done(status, err)
