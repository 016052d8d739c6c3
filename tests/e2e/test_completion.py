"""What shells complete, ``--json`` on every command, and pictures in every format."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
import typer

from evokan.cli.app import app
from evokan.cli.families import mount


def completed(line: str) -> list[str]:
    """Return what bash is told for the last word of a line."""
    words = line.split(" ")
    asked = {"_EVOKAN_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    command = [sys.executable, "-m", "evokan"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **asked})
    return done.stdout.split()


def test_commands_and_options_are_completed():
    assert completed("evokan com") == ["compare"]
    assert {"--space", "--space-option", "--split", "--split-seed"} <= set(completed("evokan search --sp"))
    assert completed("evokan kafcm sim") == ["simulate"]
    assert completed("evokan plot --pict") == ["--picture-format"]


def test_the_script_for_a_shell_is_printed():
    done = subprocess.run(
        [sys.executable, "-m", "evokan", "--show-completion", "bash"], capture_output=True, text=True, check=True
    )
    assert "_EVOKAN_COMPLETE=complete_bash" in done.stdout
    assert "complete -o default -F _evokan_completion evokan" in done.stdout


def test_every_command_has_json_and_quiet():
    group = typer.main.get_command(app)
    mount(group, ["kafcm"])
    commands = [command for name, command in group.commands.items() if name != "kafcm"]
    commands += group.commands["kafcm"].commands.values()
    assert len(commands) > 15
    for command in commands:
        assert {"--json", "--quiet"} <= {flag for option in command.params for flag in option.opts}, command.name


@pytest.mark.parametrize(("kind", "head"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_pictures_in_every_format(evokan_here, as_json, law_run, kind, head):
    plots = as_json(evokan_here("plot", law_run.path, "--picture-format", kind, "--json").out)
    assert len(plots) >= 4
    for name in plots:
        with open(name, "rb") as file:  # noqa: PTH123 - paths as the command prints them
            assert file.read(len(head)) == head


def test_a_search_draws_in_another_format_too(evokan_here, tmp_path):
    small = ("--population", "4", "--generations", "0", "--steps", "1", "--folds", "1", "--formula-seconds", "0")
    small += ("--baselines", "none", "--no-report", "--workers", "1", "--quiet", "--out", "run")
    search = ("search", "--space", "gakan", "--dataset", "iris", "--picture-format")
    assert evokan_here(*search, "svg", *small).status == 0
    plots, config = tmp_path / "run" / "plots", tmp_path / "run" / "config.json"
    drawn = {path.name for path in plots.iterdir()}
    assert len(drawn) >= 8
    assert {f"{path.stem}.svg" for path in plots.glob("*.png")} == {path.name for path in plots.glob("*.svg")}
    stored = json.loads(config.read_text())
    assert stored["settings"].pop("picture_format") == "svg"
    config.write_text(json.dumps(stored))  # as of earlier versions
    shutil.rmtree(plots)
    resumed = evokan_here("resume", "run", "--generations", 1, "--quiet")
    assert resumed.status == 0, resumed.err
    assert {path.suffix for path in plots.iterdir()} == {".png"}
    again = evokan_here("resume", "run", "--generations", 2, "--picture-format", "pdf", "--quiet")
    assert again.status == 0, again.err
    assert {path.suffix for path in plots.iterdir()} == {".png", ".pdf"}
    refused = evokan_here(*search, "pgn", *small)
    assert (refused.status, refused.err) == (
        2,
        "evokan: unknown value for --picture-format 'pgn': did you mean 'png'? Known: pdf, png, svg\n",
    )


def test_another_format_is_refused_in_a_line(evokan_here, law_run):
    result = evokan_here("plot", law_run.path, "--picture-format", "pgn")
    assert (result.status, result.out) == (2, "")
    assert result.err == "evokan: unknown picture format 'pgn': did you mean 'png'? Known: pdf, png, svg\n"
