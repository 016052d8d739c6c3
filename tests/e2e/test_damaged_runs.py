"""Runs whose files were damaged or lost: one line that names the file, exit status 2, and a way out that works."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from evokan.errors import EvokanWarning
from evokan.runs.run import load_run

HEADER = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\n"
PREDICT = ("predict", "run", "--data", "new.csv", "--out", "p.csv")
PRODUCT = ("bring it back, or delete run/manifest.json and run/best/metrics.json, and go on with: evokan resume run",)
RUN = ("bring it back, or start a new run",)


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def nothing(content: bytes) -> bytes:
    return b""


def braces(content: bytes) -> bytes:
    return b"{}"


def garbage(content: bytes) -> bytes:
    return b"hello, world\n1,2\n3,4,5\n" + bytes(range(128, 256))


def other_header(content: bytes) -> bytes:
    return b"x" + content


def without_schema(content: bytes) -> bytes:
    config = json.loads(content)
    del config["data"]["schema"]
    return json.dumps(config).encode()


def strange_schema(content: bytes) -> bytes:
    config = json.loads(content)
    config["data"]["schema"]["task"] = "guess"
    return json.dumps(config).encode()


def classes_swapped(content: bytes) -> bytes:
    config = json.loads(content)
    config["data"]["schema"]["class_names"].reverse()
    return json.dumps(config).encode()


def changed(*path_and_value: object) -> Callable[[bytes], bytes]:
    """Put a value into the explanation of a network."""
    *path, last, value = path_and_value

    def change(content: bytes) -> bytes:
        spec = json.loads(content)
        place = spec["explanation"]
        for part in path:
            place = place[part]
        place[last] = value
        return json.dumps(spec).encode()

    return change


def other_network(content: bytes) -> bytes:
    from safetensors.numpy import load, save

    return save({f"x{name}": values for name, values in load(content).items()})


SHOW, PLOT, FORMULA, RESUME = (("show", "run"), ("plot", "run"), ("formula", "run"), ("resume", "run"))
LONGER = (*RESUME, "--generations", "3")

# File, what happens to it, the command, pieces of the line.
DAMAGE: list[tuple[str, Callable[[bytes], bytes], tuple[str, ...], tuple[str, ...]]] = [
    ("best/model.safetensors", half, PREDICT, ("run/best/model.safetensors is damaged: ", *PRODUCT)),
    ("best/model.safetensors", half, PLOT, ("run/best/model.safetensors is damaged: ", *PRODUCT)),
    ("best/model.safetensors", nothing, FORMULA, ("run/best/model.safetensors is damaged: ", *PRODUCT)),
    (
        "best/model.safetensors",
        other_network,
        PREDICT,
        ("run/best/model.safetensors is damaged: ", *PRODUCT),
    ),
    *(
        (
            "best/architecture.json",
            braces,
            command,
            ("run/best/architecture.json is damaged: ", *PRODUCT),
        )
        for command in (SHOW, PREDICT, FORMULA)
    ),
    ("best/metrics.json", braces, SHOW, ("run/best/metrics.json is damaged: it lacks 'train'", *PRODUCT)),
    ("pareto.csv", garbage, SHOW, ("run/pareto.csv is damaged: ", *PRODUCT)),
    (
        "pareto.csv",
        lambda content: content.splitlines(keepends=True)[0],
        SHOW,
        ("run/pareto.csv is damaged: it names no chosen network", *PRODUCT),
    ),
    ("history.csv", garbage, SHOW, ("run/history.csv is damaged: ", *RUN)),
    *(("history.csv", nothing, command, ("run/history.csv is damaged: ", *RUN)) for command in (SHOW, RESUME, LONGER)),
    ("evaluations.csv", other_header, PLOT, ("run/evaluations.csv is damaged: ", *RUN)),
    ("evaluations.csv", other_header, LONGER, ("run/evaluations.csv is damaged: ", *RUN)),
    ("evaluations.csv", garbage, LONGER, ("run/evaluations.csv is damaged: ", *RUN)),
    ("config.json", classes_swapped, PREDICT, ("run/config.json is damaged: it is not the file that this run", *RUN)),
]
UNCHECKED: list[tuple[str, Callable[[bytes], bytes], tuple[str, ...], str]] = [
    ("config.json", without_schema, PREDICT, "run/config.json is damaged: it lacks 'data.schema'"),
    ("config.json", strange_schema, PREDICT, "run/config.json is damaged: this is no column schema: task"),
    (
        "best/architecture.json",
        changed("edges", 0, "x", 0, "x"),
        PLOT,
        "explanation.edges.0.x.0: input should be a valid",
    ),
    (
        "best/architecture.json",
        changed("edges", 0, "x", []),
        PLOT,
        "edge 0 has a layer that is none, or x and y of two",
    ),
    ("best/architecture.json", changed("edges", 0, "source", 99), PLOT, "edge 0 has a node that is none"),
    ("best/architecture.json", changed("edges", 0, "layer", 99), PLOT, "edge 0 has a layer that is none"),
    ("best/architecture.json", changed("importances", [1.0]), SHOW, "1 importances of 4 inputs"),
    ("best/architecture.json", changed("widths", [4]), PLOT, "widths that are not those of inputs and outputs"),
]
"""The same where no manifest is there to tell that a file is another one."""
LOST = {
    "best/model.safetensors": (PREDICT, PRODUCT),
    "best/architecture.json": (SHOW, PRODUCT),
    "pareto.csv": (SHOW, PRODUCT),
    "history.csv": (SHOW, RUN),
    "evaluations.csv": (PLOT, RUN),
}


@pytest.fixture
def run(iris_run, evokan_here, tmp_path) -> Path:
    """A copy of a run, in the folder that commands work in."""
    (tmp_path / "new.csv").write_text(f"{HEADER}5,3,1,1\n")
    shutil.copytree(iris_run.path, tmp_path / "run")
    return tmp_path / "run"


def refused(result) -> str:
    (line,) = result.err.splitlines()
    assert (result.status, result.out) == (2, ""), result.err
    assert line.startswith("evokan: ")
    return line.removeprefix("evokan: ")


@pytest.mark.parametrize(("file", "damage", "arguments", "pieces"), DAMAGE)
def test_a_damaged_file_is_named(run, evokan_here, file, damage, arguments, pieces):
    (run / file).write_bytes(damage((run / file).read_bytes()))
    line = refused(evokan_here(*arguments))
    assert line.startswith(pieces[0])
    assert all(piece in line for piece in pieces)
    assert not Path("p.csv").exists()


@pytest.mark.parametrize(("file", "damage", "arguments", "piece"), UNCHECKED)
def test_a_damaged_file_is_named_without_a_manifest_too(run, evokan_here, file, damage, arguments, piece):
    (run / "manifest.json").unlink()
    (run / file).write_bytes(damage((run / file).read_bytes()))
    if arguments == SHOW:  # shows the product of a finished run
        (run / "manifest.json").write_text('{"sha256": {}}')
    result = evokan_here(*arguments)
    line = result.err.splitlines()[-1]
    assert (result.status, result.out) == (2, "")
    assert line.startswith(f"evokan: run/{file} is damaged: ")
    assert piece in line


@pytest.mark.parametrize("file", LOST)
def test_a_lost_file_is_named(run, evokan_here, file):
    arguments, (what_to_do,) = LOST[file]
    (run / file).unlink()
    assert refused(evokan_here(*arguments)) == f"run/{file} is missing: {what_to_do}"


def test_what_the_line_says_brings_the_network_back(run, evokan_here, iris_run):
    (run / "best" / "model.safetensors").unlink()
    line = refused(evokan_here("resume", "run", "--quiet"))
    assert line.startswith("run/best/model.safetensors is missing: ")
    for name in ("manifest.json", "best/metrics.json"):
        assert f"run/{name}" in line
        (run / name).unlink()
    assert evokan_here("resume", "run", "--quiet").status == 0
    for name in ("model.safetensors", "architecture.json"):
        assert (run / "best" / name).read_bytes() == (iris_run.path / "best" / name).read_bytes()


@pytest.mark.parametrize("command", [SHOW, PLOT, FORMULA, PREDICT, LONGER])
def test_a_run_without_a_manifest_is_read_with_a_word(run, evokan_here, command):
    (run / "manifest.json").unlink()
    config = json.loads((run / "config.json").read_text())
    del config["format"]  # as of version 0.1.0
    (run / "config.json").write_text(json.dumps(config))
    result = evokan_here(*command, "--quiet")
    assert result.status == 0, result.err
    word = "evokan: run: has no manifest.json (made by an earlier version), so its files are read without a check\n"
    assert result.err == word
    if command is not LONGER:
        with pytest.warns(EvokanWarning, match=r"has no manifest\.json \(made by an earlier version\)"):
            load_run(run)


def test_a_run_that_lost_its_manifest_is_read_with_a_word(run, evokan_here):
    (run / "manifest.json").unlink()
    result = evokan_here(*PREDICT, "--quiet")
    assert result.status == 0
    assert "it was cut off before its end; evokan resume run brings it there" in result.err
    assert evokan_here(*RESUME, "--quiet").err == ""
    assert evokan_here(*SHOW, "--quiet").err == ""
