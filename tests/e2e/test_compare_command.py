"""``evokan compare`` on finished runs: every format, and one line for each fault."""

from __future__ import annotations

import csv
import io

import pytest

TINY = ("--space", "gakan", "--population", "8", "--generations", "2", "--folds", "1", "--workers", "2")


@pytest.fixture(scope="module")
def flat_run(home, evokan):
    result = evokan(
        "search", *TINY, "--dataset", "iris", "--space-option", "max_depth=1", "--quiet", "--out", "flat", cwd=home
    )
    assert result.status == 0, result.err
    return home / "flat"


def test_text_names_ways_and_pairs(evokan_here, iris_run, flat_run):
    result = evokan_here("compare", iris_run.path, flat_run)
    assert (result.status, result.err) == (0, "")
    assert "accuracy, more is better" in result.out
    assert "gakan max_depth=4" in result.out
    assert "Pairs" in result.out
    quiet = evokan_here("compare", iris_run.path, flat_run, "--quiet", "--figure", "n_params")
    assert [line.rpartition(" ")[0] for line in quiet.out.splitlines()] == [
        "iris gakan max_depth=4: n_params",
        "iris gakan max_depth=1: n_params",
    ]


def test_json_csv_and_latex_say_the_same(evokan_here, as_json, iris_run, flat_run):
    told = as_json(evokan_here("compare", iris_run.path, flat_run, "--json", "--figure", "log_loss").out)
    (pair,) = told["pairs"]
    assert (pair["pairs"], pair["p"], told["friedman"]) == (1, None, None)
    assert set(told["surfaces"]["iris"]) == {"gakan max_depth=4", "gakan max_depth=1"}
    text = evokan_here("compare", iris_run.path, flat_run, "--format", "csv", "--figure", "log_loss").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["mean"]) for row in rows] == [row["mean"] for row in told["rows"]]
    assert float(rows[1]["difference"]) == pair["difference"]
    latex = evokan_here("compare", iris_run.path, flat_run, "--format", "latex").out
    assert latex.startswith(r"\begin{tabular}{ll")
    assert r"gakan max\_depth=1" in latex


def test_the_page_is_printed_or_written(evokan_here, tmp_path, iris_run, flat_run):
    printed = evokan_here("compare", iris_run.path, flat_run, "--format", "html")
    assert (printed.status, printed.err) == (0, "")
    assert printed.out.startswith("<!DOCTYPE html>")
    assert "2 ways of searching on iris, 2 runs, by accuracy: more is better." in printed.out
    command = ("compare", iris_run.path, flat_run, "--format", "html", "--out", "c.html", "--quiet")
    assert evokan_here(*command) == (0, "c.html\n", "")
    assert (tmp_path / "c.html").read_text(encoding="utf-8") + "\n" == printed.out
    again = evokan_here(*command)
    assert (again.status, again.err.count("\n")) == (2, 1)
    assert evokan_here(*command, "--force").status == 0


@pytest.mark.parametrize(("name", "head"), [("f.png", b"\x89PNG"), ("f.svg", b"<?xml"), ("f.pdf", b"%PDF")])
def test_the_picture_is_written(evokan_here, tmp_path, iris_run, flat_run, name, head):
    assert evokan_here("compare", iris_run.path, flat_run, "--out", name).status == 0
    assert (tmp_path / name).read_bytes().startswith(head)
    again = evokan_here("compare", iris_run.path, flat_run, "--out", name)
    assert (again.status, again.err.count("\n")) == (2, 1)


def test_what_cannot_be_compared_is_said_in_a_line(evokan_here, iris_run, law_run, flat_run, tmp_path):
    faults = {
        ("no-run",): "no-run",
        (iris_run.path, iris_run.path): "has data, settings and seeds of",
        (iris_run.path, law_run.path): "has other test figures than other runs",
        (iris_run.path, "--format", "tex"): "did you mean 'text'",
        (iris_run.path, "--figure", "acuracy"): "did you mean 'accuracy'",
        (iris_run.path, "--out", "f.gif"): "must end in .png, .svg, .pdf",
        (iris_run.path, "--out", "f.png", "--format", "html"): "must end in .html",
    }
    for words, said in faults.items():
        result = evokan_here("compare", *words)
        assert (result.status, result.out) == (2, "")
        (line,) = result.err.splitlines()
        assert said in line
    alone = evokan_here("compare", iris_run.path)
    assert "one way" in alone.out
