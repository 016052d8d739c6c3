"""Outputs whose encoding has not every character, and figures of every size."""

from __future__ import annotations

import io
import sys

import pytest

from evokan.cli.app import main
from evokan.cli.printing import console, print_line, table
from evokan.cli.summary import _figure


def written(stream):
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_every_output_shows_what_it_can(encoding, monkeypatch):
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert main(["show", "nirgends 湿度"]) == 2
    made = table("column", "")
    made.add_row("湿度 é", "|")
    made.add_row("x", "|")
    console().print(made)
    console().print("湿度")
    print_line("湿度")
    assert written(err).startswith("evokan: nirgends ")
    text = written(out)
    assert ("湿度" in text) == (out.encoding == "utf-8")
    assert (r"\u6e7f\u5ea6" in text) == (out.encoding != "utf-8")
    rows = [line for line in text.splitlines() if line.rstrip().endswith("|")]
    if out.encoding != "utf-8":
        assert len({len(line) for line in rows}) == 1


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("r2", 0.98765432, "0.9877"),
        ("r2", -1.5, "-1.5000"),
        ("r2", -20613798.9606, "-2.061e+07"),
        ("r2", float("-inf"), "none"),
        ("r2", float("nan"), "-"),
        ("accuracy", 1.0, "1.0000"),
        ("accuracy", None, "-"),
        ("rmse", 12.34567, "12.35"),
    ],
)
def test_figures_can_be_read(name, value, text):
    assert _figure(name, value) == text
