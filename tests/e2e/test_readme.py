"""What the README names is there, and no command is left out of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def text():
    if not README.is_file():
        pytest.skip("the README lies in a checkout alone")
    return README.read_text(encoding="utf-8")


def every_command(group):
    """Yield all commands, those below others too."""
    for command in group.commands.values():
        yield command
        if hasattr(command, "commands"):
            yield from every_command(command)


def named_commands(text):
    code = re.findall(r"`[^`\n]+`", text) + re.findall(r"```sh\n(.*?)```", text, flags=re.S)
    return {name for part in code for name in re.findall(r"(?<![\w./-])evokan ([a-z]+)", part)}


def test_commands_in_both_directions(group, text):
    assert named_commands(text) == set(group.commands)


def test_options_exist(group, text):
    known = {option for command in every_command(group) for parameter in command.params for option in parameter.opts}
    known |= {option for command in every_command(group) for one in command.params for option in one.secondary_opts}
    of_others = {"--help", "--address", "--working-dir"}  # the last two of `ray job submit`
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text)) - of_others
    assert len(named) > 30
    assert named - known == set()


def test_arguments_of_the_table_fit_their_commands(group, text):
    """Options in the first column belong to the command beside them."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `evokan ")]
    assert len(rows) > 8
    for row in rows:
        for call in re.findall(r"`evokan ([^`]+)`", row):
            name, *words = call.split()
            options = {option for parameter in group.commands[name].params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= options, call
