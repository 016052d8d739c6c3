"""Names that would steer a terminal, write lines of their own into a log, or become code in an exported source."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import unicodedata

import numpy as np
import pandas as pd
import pytest
import sympy as sp

from evokan.cli.app import main
from evokan.cli.printing import console, print_line, table
from evokan.explain import Formula
from evokan.explain.formulas.expression import columns
from evokan.plots.style import clean_label
from evokan.searching.log import RunLog

STEER = "\x1b[31m\x1b]0;owned\x07\r\n2026-01-01T00:00:00+0000 finished\u202e\x85\u2028"
ENDS_COMMENT = '*/ int owned(void) { return 1; } /* ??/\n """ \\'
SPLICED = "low*??/\n/ int owned(void) { return 1; } /*"


def steering(text):
    """Return the characters of `text`, line breaks aside, that are none to be printed."""
    return {char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp", "Cf")}


def hostile(names, classes):
    a, b = columns(names)
    return Formula((a * b, sp.exp(a) - b), names, classes, "classification", {}, 9, 0.1, 0.2)


@pytest.fixture(params=[(SPLICED, "high"), (ENDS_COMMENT, STEER), ("*\\", "/*"), ("a??/", '\'"""')])
def formula(request):
    return hostile((f"size{STEER}", ENDS_COMMENT), request.param)


def test_python_source_holds_no_code_of_others(formula):
    source = formula.python()
    assert not steering(source)
    made: dict[str, object] = {}
    exec(source, made)
    assert {name for name, value in made.items() if callable(value)} == {"formula", "probabilities"}
    assert made["formula"](0.5, 2.0) == pytest.approx([1.0, np.exp(0.5) - 2])


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here to compile the C source with")
def test_c_source_holds_no_code_of_others(formula, tmp_path):
    source = formula.c()
    assert not steering(source)
    (tmp_path / "made.c").write_text(source, encoding="utf-8")
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "made.c", "-o", "made.so", "-lm"], cwd=tmp_path, check=True)
    made = ctypes.CDLL(str(tmp_path / "made.so"))
    assert not hasattr(made, "owned")


def test_text_and_latex_have_one_line_for_each_output(formula):
    for text in (formula.text, formula.latex):
        assert not steering(text)
        assert len(text.splitlines()) == 2


def test_a_whole_run_shows_no_control_characters(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.where(X[:, 0] > 0, f"high{STEER}", SPLICED)
    frame = pd.DataFrame({f"a{STEER}": X[:, 0], f"b{ENDS_COMMENT}": X[:, 1], "kind": y})
    frame.to_csv(f"data{STEER.replace('/', '')}.csv", index=False)
    (table_file,) = tmp_path.iterdir()
    options = ("--population", "6", "--generations", "1", "--folds", "1", "--workers", "1", "--space", "gakan")
    assert main(["search", "--data", table_file.name, "--target", "kind", "--out", "run", *options]) == 0
    said = capsys.readouterr()
    assert not steering(said.out)
    assert said.err == ""
    log = (tmp_path / "run" / "run.log").read_text(encoding="utf-8")
    assert not steering(log)
    assert not steering((tmp_path / "run" / "best" / "formula.txt").read_text(encoding="utf-8"))
    for arguments in (["show"], ["show", "--quiet"], ["formula", "--time-limit", "1"], ["plot"]):
        capsys.readouterr()
        assert main([arguments[0], "run", *arguments[1:]]) == 0
        said = capsys.readouterr()
        assert not steering(said.out)
        assert said.err == ""
        assert not any(line.startswith("2026-01-01") for line in said.out.splitlines())


def test_an_error_line_stays_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["show", f"nowhere{STEER}"]) == 2
    err = capsys.readouterr().err
    assert not steering(err)
    assert len(err.splitlines()) == 1


def test_a_traceback_does_not_steer_either(monkeypatch, capsys):
    def break_down():
        raise RuntimeError(STEER)

    monkeypatch.setattr("evokan.datasets.list_datasets", break_down)
    assert main(["datasets"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert not steering(err)


def test_a_log_line_is_one_line(tmp_path):
    log = RunLog(tmp_path / "run.log")
    log.write(f"stopped: {STEER}")
    log.write("stopped by an internal error", f"Traceback\n  RuntimeError: {STEER}")
    text = (tmp_path / "run.log").read_text(encoding="utf-8")
    assert not steering(text)
    stamped = [line for line in text.splitlines() if line[:2] == "20"]
    assert len(stamped) == 2
    assert not any(line.startswith("2026-01-01") for line in stamped)


def test_what_is_printed_and_drawn_is_clean(capsys):
    made = table(f"a{STEER}")
    made.add_row(STEER)
    console().print(made)
    console().print(STEER)
    print_line(STEER)
    out = capsys.readouterr().out
    assert "owned" in out
    assert not steering(out)
    assert not steering(clean_label(STEER, 99))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_names_that_an_output_cannot_show_are_replaced(encoding, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "evokan", "show", "nirgends\u6e7f"],
        cwd=tmp_path,
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": f"{encoding}:strict", "PYTHONUTF8": "1"},
        check=False,
    )
    assert done.returncode == 2
    assert b"internal error" not in done.stderr
    assert done.stderr.decode(encoding).startswith("evokan: nirgends")
