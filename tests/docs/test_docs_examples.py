"""Every example on the pages works: commands parse as they stand, and what is not marked runs, made small."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from docs_pages import ROOT, examples, pages

import evokan
from evokan.cli.app import main

SMALL = {"population": 4, "generations": 1, "folds": 2, "formula_seconds": 0.5, "baselines": "none"}
OF_EQUATION = {"population": 4, "generations": 1, "steps": 2, "formula_seconds": 0.5}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def words_of(settings: dict[str, object], given: list[str]) -> list[str]:
    """Return the settings as options, those that are given left out."""
    flags = {f"--{name.replace('_', '-')}": str(value) for name, value in settings.items()}
    return [word for flag, value in flags.items() if flag not in given for word in (flag, value)]


@pytest.mark.parametrize("path", [*pages(), ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=named)
def test_commands_parse(group, path):
    for example in examples(path):
        for name, *words in example.commands() if example.language == "sh" else []:
            command = group.commands[name]
            if hasattr(command, "commands"):
                command.commands[words[0]].make_context(words[0], words[1:])
            else:
                command.make_context(name, words)


def test_examples_are_found():
    found = [example for path in pages() for example in examples(path)]
    assert sum(example.language == "sh" for example in found) > 15
    assert sum(example.language == "python" for example in found) > 10
    assert sum(bool(example.reason) for example in found) < 6


def made_small(words: list[str]) -> list[str]:
    """Return a command that takes seconds; sizes that a page gives for an equation are made small, too."""
    if words[0] == "formula":
        return [*words, *words_of({"time_limit": 0.5}, words)]
    if words[0] != "search":
        return words
    if "--equation" not in words:
        return [*words, *words_of(SMALL, words)]
    small = {f"--{name.replace('_', '-')}" for name in OF_EQUATION}
    kept = [word for place, word in enumerate(words) if not {word, words[place - 1]} & small]
    return [*kept, *words_of(OF_EQUATION, kept)]


@pytest.mark.parametrize("path", [path for path in pages() if examples(path)], ids=named)
def test_examples_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name == "evokan"]:
        monkeypatch.setattr(sys.modules[name], "search", _small(evokan.search))
    names: dict[str, object] = {}
    for example in examples(path):
        if example.reason:
            continue
        if example.language == "python":
            exec(compile(example.text, str(path), "exec"), names)
            if file := re.match(r"# (\w+\.py)\n", example.text):
                (tmp_path / file[1]).write_text(example.text)
            continue
        for words in example.commands():
            assert main(made_small(words)) == 0, words


def _small(search):
    return lambda **settings: search(**SMALL | settings)
