"""The command that repeats a search asks for the same one."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from evokan.cli.options import read_pairs
from evokan.reports.repeat import repeating_command
from evokan.settings.job import resolve
from evokan.spaces.registry import make_space

CASES = [
    {"space": "gakan", "dataset": "wine"},
    {"space": "gakan", "dataset": "iris", "preset": "paper", "seed": 3, "race": True, "folds": 3},
    {"space": "gakan", "dataset": "wine", "algorithm": "nsga2", "objectives": "val_loss,n_edges", "distinct": False},
    {"space": "gakan", "data": "my table.csv", "target": "a b", "keep_na_in": ("x", "it's"), "drop": ("c", "d,e")},
    {"space": "hkan", "dataset": "exp-sin", "space_options": {"max_cost": 7.5, "mixed": True}},
    {"space": "fkan", "dataset": "lane-emden-1", "space_options": {"max_width": 6}},
    {"space": "kafcm", "data": "plant.csv", "time": "hour", "population": 8, "workers": 3},
]


def stored(settings):
    config = resolve(settings)
    space = make_space(config.space, config.space_options)
    return {
        "settings": config.model_dump(mode="json", exclude={"space_options", "out"}),
        "options": space.options.model_dump(mode="json"),
    }


def asked(command):
    """Return what the command line makes of the words of a command."""
    words = iter(shlex.split(command)[2:])
    several = {"--space-option": "space_options", "--keep-na-in": "keep_na_in", "--drop": "drop"}
    found = {name: [] for name in several.values()}
    flags = {"--race": ("race", True), "--no-distinct": ("distinct", False)}
    for word in words:
        if word in flags:
            name, value = flags[word]
            found[name] = value
        elif word in several:
            found[several[word]].append(next(words))
        else:
            found[word[2:].replace("-", "_")] = next(words)
    found["space_options"] = read_pairs(found["space_options"])
    return {name: value or None if name in several.values() else value for name, value in found.items()}


@pytest.mark.parametrize("settings", CASES, ids=lambda case: f"{case['space']}-{case.get('dataset', 'table')}")
def test_the_command_asks_for_the_same_search(settings):
    config = stored(settings)
    again = stored(asked(repeating_command(config)))
    config["settings"]["workers"] = None  # where it is trained is no part of it
    assert again == config


def test_what_is_the_default_is_left_out():
    assert repeating_command(stored(CASES[0])) == "evokan search --space gakan --dataset wine"


@pytest.mark.parametrize("value", [3, [1], {"a": 1}, "x; rm -rf /", None])
@pytest.mark.parametrize("name", ["space", "dataset", "preset", "keep_na_in", "objectives", "seed"])
def test_a_strangers_settings_are_words_of_one_command(name, value):
    config = stored(CASES[0])
    config["settings"] |= {name: value, "out": "/etc", "$(id)": "`id`"}
    config["options"] |= {"$(id)": [1, "`id`"]}
    words = shlex.split(repeating_command(config))
    assert words[:2] == ["evokan", "search"]
    assert "rm" not in words
    assert not {"--out", "--$(id)"} & set(words)


def test_a_data_file_is_named_as_the_run_names_it():
    config = stored({"space": "gakan", "data": Path("/tables/my own.csv"), "target": "y"})
    assert "--data '/tables/my own.csv' --target y" in repeating_command(config)
