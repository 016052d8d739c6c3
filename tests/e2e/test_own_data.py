"""Own tables on the command line: files as programs write them, rows that belong together, predictions in and out."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from evokan.cli.app import main
from evokan.errors import EvokanWarning, InputError
from evokan.reports.tested import examine
from evokan.runs.run import Run, load_run

SMALL = ["--space", "gakan", "--population", "4", "--generations", "0", "--steps", "1", "--folds", "2"]
SMALL += ["--workers", "1", "--baselines", "none", "--no-report", "--formula-seconds", "0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A German table with decimal commas, and patients with several rows each."""
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    size, hue = rng.normal(size=80), rng.choice(["grün", "blau"], 80)
    frame = pd.DataFrame({"größe": size.round(2), "farbe": hue, "patient": np.repeat(np.arange(16), 5)})
    frame["art"] = np.where(frame["größe"] + (hue == "grün") > 0.5, "groß", "klein")
    frame.to_csv(folder / "t.csv", sep=";", decimal=",", index=False, encoding="cp1252")
    return folder


@pytest.fixture(scope="module")
def run(folder):
    arguments = ["--data", str(folder / "t.csv"), "--target", "art", "--group", "patient"]
    assert main(["search", *SMALL, *arguments, "--out", str(folder / "run"), "--quiet"]) == 0
    return Run(folder / "run")


def test_what_was_taken_is_said_and_kept(run):
    said = "\n".join(run.config["notes"])
    assert "taken for cp1252" in said
    assert "separated by semicolons" in said
    assert "decimal commas" in said
    assert run.problem.table.feature_names == ("größe", "farbe=blau", "farbe=grün")
    assert run.config["settings"]["group"] == "patient"


def test_predictions_are_labels_or_shares(run, folder, monkeypatch):
    frame = pd.read_csv(folder / "t.csv", sep=";", decimal=",", encoding="cp1252").drop(columns=["art", "patient"])
    labels, shares = run.best.predict(frame), run.best.predict_proba(frame)
    assert set(labels) <= {"groß", "klein"}
    assert shares.shape == (80, 2)
    assert np.allclose(shares.sum(axis=1), 1.0)
    assert [("groß", "klein")[best] for best in shares.argmax(axis=1)] == labels.tolist()
    monkeypatch.setattr(type(run.best), "outputs", lambda self, X: np.full((3, 2), [[1.0], [np.inf], [np.nan]]))
    for predict in (run.best.predict, run.best.predict_proba):
        with pytest.raises(InputError, match="no number for rows 2, 3: a value there is too large"):
            predict(frame[:3])


def test_a_pipe_through_predict(run, folder):
    """The same rows by standard input and output, as CSV and as Parquet."""
    command = [sys.executable, "-m", "evokan", "predict", str(run.path), "--data", "-", "--out", "-"]
    done = subprocess.run(command, input=(folder / "t.csv").read_bytes(), capture_output=True, check=True)
    piped = pd.read_csv(io.BytesIO(done.stdout))
    assert list(piped) == ["prediction", "p(groß)", "p(klein)", "outside"]
    piped["outside"] = piped["outside"].astype(object).fillna("")
    assert b"decimal commas" in done.stderr
    out = folder / "p.parquet"
    assert main(["predict", str(run.path), "--data", str(folder / "t.csv"), "--out", str(out), "--force"]) == 0
    pd.testing.assert_frame_equal(pd.read_parquet(out), piped, check_dtype=False)


def test_an_ambiguous_file_takes_one_line_and_a_word_helps(run, tmp_path, capsys):
    (tmp_path / "new.csv").write_text("größe;farbe\n1,234;blau\n")
    command = ["predict", str(run.path), "--data", str(tmp_path / "new.csv"), "--out", "-"]
    assert main(command) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "--decimal" in captured.err
    assert main([*command, "--decimal", ","]) == 0
    assert capsys.readouterr().out.startswith("prediction,")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "t.csv", "--target", "art", "--test-data", "t.csv", "--test-size", "0.2"], "exclude each other"),
        (["--data", "t.csv", "--target", "art", "--group", "patient", "--split", "time"], "exclude each other"),
        (["--data", "t.csv", "--target", "art", "--split", "tmie"], "write random, time, or time:COLUMN"),
        (["--data", "t.csv", "--target", "art", "--decimal", "x"], "--decimal"),
        (["--dataset", "wine", "--group", "alcohol"], "--group goes with --data"),
        (["--dataset", "wine", "--log-target"], "--log-target goes with --data"),
        (["--data", "t.csv", "--target", "art", "--log-target"], "regression needs numbers"),
        (["--data", "t.csv", "--target", "art", "--handle-unknown", "drop"], "--handle-unknown"),
        (["--data", "t.csv", "--target", "art", "--val-data", "t.csv", "--val-size", "0.2"], "exclude each other"),
        (["--data", "t.csv", "--time", "patient", "--group", "art"], "--group goes with --target"),
    ],
)
def test_settings_that_contradict(folder, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(folder)
    assert main(["search", *SMALL, *arguments, "--out", "never"]) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "never").exists()


def test_rows_unlike_those_of_the_search(run, tmp_path, capsys):
    (tmp_path / "new.csv").write_text("größe,farbe\n0.1,blau\n99,blau\n0.2,rot\n")
    command = ["predict", str(run.path), "--data", str(tmp_path / "new.csv"), "--out", "-"]
    assert main(command) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "unknown category 'rot' in row 3" in captured.err
    assert "--handle-unknown ignore" in captured.err
    assert main([*command, "--handle-unknown", "ignore"]) == 0
    captured = capsys.readouterr()
    marks = pd.read_csv(io.StringIO(captured.out))["outside"].fillna("").tolist()
    assert [mark.partition(" above")[0] for mark in marks] == ["", "größe: 99", ""]
    first, second = captured.err.splitlines()
    assert "taken for none of those it knows: 'rot' (row 3)" in first
    assert "1 of 3 rows lie far outside of what the search has seen (row 2; the first by größe: 99" in second
    assert main([*command, "--handle-unknown", "drop"]) == 2
    frame = pd.read_csv(tmp_path / "new.csv")[:2]
    with pytest.warns(EvokanWarning, match="1 of 2 rows lie far outside"):
        run.best.predict(frame)


def test_a_target_by_its_logarithm(tmp_path, capsys):
    """Predictions, figures, residuals and formula are in the target's own unit."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.uniform(1, 3, 90), "kind": rng.choice(["u", "v"], 90)})
    frame["price"] = np.exp(2 * frame["size"] + (frame["kind"] == "u") + rng.normal(0, 0.01, 90))
    frame.to_csv(tmp_path / "t.csv", index=False)
    search = ["search", "--space", "gakan", "--population", "6", "--generations", "1", "--folds", "2", "--workers", "1"]
    search += [
        "--baselines",
        "fast",
        "--formula-seconds",
        "0.5",
        "--data",
        str(tmp_path / "t.csv"),
        "--target",
        "price",
    ]
    assert main([*search, "--log-target", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    run = load_run(tmp_path / "run")
    test = run.problem.test
    error = run.best.predict(frame) - frame["price"].to_numpy()
    tested = run.best.metrics["test"]
    assert np.sqrt((error[test] ** 2).mean()) == pytest.approx(tested["rmse"])
    assert tested["r2"] > 0.95
    assert run.best.metrics["baselines"]["ridge"]["r2"] > 0.95  # of the logarithm, too
    (residuals,) = examine(run)["outputs"]
    assert residuals["name"] == "price"
    assert residuals["rmse"] == pytest.approx(tested["rmse"])
    formula = run.best.formula()
    assert formula.text.startswith("price = ")
    assert formula.predict(frame)[:, 0] == pytest.approx(frame["price"].to_numpy(), rel=0.2)
    longer = run.best.formulas(time_limit=0.2).best
    assert longer.text.startswith("price = ")
    assert longer.predict(frame)[:, 0] == pytest.approx(frame["price"].to_numpy(), rel=0.2)
    with pytest.raises(InputError, match=r"^units: a logarithm has none.*; leave units out$"):
        run.best.formulas(units={})
    capsys.readouterr()
    (tmp_path / "units.txt").write_text("size: m\n")
    assert main(["formula", str(run.path), "--units", str(tmp_path / "units.txt")]) == 2
    assert re.search("--units: a logarithm has none.*; leave --units out$", capsys.readouterr().err.strip())
    assert main(["predict", str(run.path), "--data", str(tmp_path / "t.csv"), "--out", "-"]) == 0
    printed = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert printed["prediction"].to_numpy() == pytest.approx(run.best.predict(frame))
    assert main(["resume", str(run.path), "--generations", "2", "--quiet"]) == 0
