"""What may change between the beginning of a run and its resumption, and what may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokan.errors import InputError
from evokan.runs.sameness import check_data_file, check_same, fixed_settings

RUN = Path("runs/one")
CONFIG = {
    "settings": {"seed": 1, "steps": 20, "workers": 2, "ray": False, "generations": 5},
    "options": {"ridge": 0.1},
    "data": {"sha256": "a" * 64},
    "chromosome": {"bits": 73, "segments": "b 73"},
}


def changed(**parts: dict[str, object]) -> dict[str, object]:
    return {name: {**section, **parts.get(name, {})} for name, section in CONFIG.items()}


def test_where_it_is_trained_and_how_long_may_change():
    now = changed(settings={"workers": 9, "ray": True, "generations": 50})
    check_same(RUN, fixed_settings(CONFIG), CONFIG, now)
    check_same(RUN, fixed_settings(CONFIG), CONFIG, changed(settings={"picture_format": "svg", "report": False}))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"settings": {"seed": 2}}, "seed was 1 when the run began and is 2 now"),
        ({"settings": {"folds": 5}}, "folds was not set when the run began and is 5 now"),
        ({"options": {"ridge": 0.2}}, "ridge was 0.1 when the run began and is 0.2 now"),
        ({"data": {"sha256": "b" * 64}}, "the data has changed since the run began (SHA-256 aaaaaaaaaaaa then, bbbb"),
        ({"chromosome": {"bits": 74}}, "other chromosomes than when the run began (bits was 73, now 74)"),
    ],
)
def test_a_difference_is_named(parts, words):
    with pytest.raises(InputError) as caught:
        check_same(RUN, fixed_settings(CONFIG), CONFIG, changed(**parts))
    (line,) = caught.value.faults
    assert words in line
    assert "start a new run" in line


def test_before_the_first_generation_the_settings_are_not_known_but_the_rest_is():
    check_same(RUN, None, CONFIG, changed(settings={"seed": 2}))
    with pytest.raises(InputError):
        check_same(RUN, None, CONFIG, changed(data={"sha256": "c" * 64}))


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "loop"])
def test_a_data_file_that_cannot_be_is_said(tmp_path, name):
    (tmp_path / "loop").symlink_to("loop")
    stored = {"settings": {"data": str(tmp_path / name)}, "data": {"file_sha256": "a" * 64}}
    with pytest.raises(InputError, match="data file"):
        check_data_file(tmp_path / "run", stored)
