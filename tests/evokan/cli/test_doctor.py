"""What a fault report needs, on one page."""

from __future__ import annotations

import json

import pytest

from evokan.cli.app import main


@pytest.fixture(autouse=True)
def _own_places(tmp_path, monkeypatch):
    monkeypatch.setenv("EVOKAN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EVOKAN_DATA", str(tmp_path))


def test_what_is_there(tmp_path, capsys):
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kernel cache"] == str(tmp_path / "cache" / "kernels")
    assert list((tmp_path / "cache" / "kernels").iterdir()) == []  # the question leaves nothing behind
    assert (found["kernels kept"], found["faults"]) == (0, [])
    assert found["processors"] >= 1
    assert all(found["libraries"].values())
    assert "gakan" in found["search spaces"]
    assert main(["doctor", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["doctor"]) == 0
    assert "numpy" in capsys.readouterr().out


def test_what_stands_in_the_way(monkeypatch, capsys):
    from evokan.cli import doctor

    monkeypatch.setenv("EVOKAN_DATA", "/nowhere/at/all")
    monkeypatch.setattr(doctor, "_kernel_cache", lambda: None)
    monkeypatch.setattr(doctor, "LIBRARIES", ("numpy", "no-such-library"))
    assert main(["doctor", "--quiet"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert [line.startswith("evokan: ") for line in lines] == [True] * 3
    assert "no-such-library is not installed" in lines[0]
    assert "EVOKAN_CACHE_DIR" in lines[1]
    assert "/nowhere/at/all, which is no folder" in lines[2]
