"""``evokan report`` and ``evokan runs``, and the report that a search writes by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

HEAVY = {"torch", "sklearn", "numba", "scipy.stats", "sympy", "matplotlib.figure", "statsmodels", "ray"}
"""What takes a second to import, or parts of one."""


def test_a_search_writes_its_report(iris_run, law_run, own_run):
    for run in (iris_run, law_run, own_run):
        text = (run.path / "report.html").read_text(encoding="utf-8")
        assert text.startswith("<!DOCTYPE html>")
        assert text.endswith("</html>")
        log = (run.path / "run.log").read_text()
        assert log.index("pictures took") < log.index("report took") < log.index("finished")


def test_report_writes_the_same_again(iris_run, evokan_here, tmp_path):
    path = tmp_path / "copy"
    shutil.copytree(iris_run.path, path)
    before = (path / "report.html").read_bytes()
    (path / "report.html").write_text("old")
    assert evokan_here("report", path) == (0, f"written to {path / 'report.html'}\n", "")
    assert (path / "report.html").read_bytes() == before
    assert evokan_here("report", path, "--out", "page.html", "--quiet") == (0, "page.html\n", "")
    assert (tmp_path / "page.html").read_bytes() == before
    refused = evokan_here("report", path, "--out", "page.html")
    assert refused.status == 2
    assert "is there already" in refused.err
    assert evokan_here("report", path, "--out", "page.html", "--force").status == 0


@pytest.mark.parametrize(
    ("arguments", "also"),
    [
        (["--help"], {"pandas", "numpy"}),
        (["search", "--help"], {"pandas"}),
        (["report", "{run}", "--out", "r.html"], {}),
    ],
)
def test_what_says_little_imports_little(iris_run, tmp_path, arguments, also):
    words = [word.format(run=iris_run.path) for word in arguments]
    code = f"import sys; from evokan.cli.app import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (HEAVY | set(also)) & set(done.stderr.split()) == set()


def test_what_the_page_says_of_the_test_rows_is_kept_with_the_run(iris_run, law_run, evokan_here, tmp_path):
    for run in (iris_run, law_run):
        assert "tested.json" in json.loads((run.path / "manifest.json").read_text())["sha256"]
    path = tmp_path / "copy"
    shutil.copytree(iris_run.path, path)
    tested = json.loads((path / "tested.json").read_text())
    (path / "tested.json").write_text(json.dumps(tested | {"rows": 99}))
    assert "tested.json is damaged" in evokan_here("report", path).err
    assert "tested.json is damaged" in evokan_here("show", path).err


def test_json_is_what_the_page_says(own_run, evokan_here, as_json, tmp_path):
    found = as_json(evokan_here("report", own_run.path, "--json").out)
    summary = as_json(evokan_here("show", own_run.path, "--json").out)
    assert found["summary"] == summary
    assert found["asked"] in (own_run.path / "report.html").read_text(encoding="utf-8")
    assert found["command"].startswith("evokan search --space gakan --data ")
    refused = evokan_here("report", own_run.path, "--json", "--out", "x")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_said_on_the_page_and_on_standard_error(iris_run, evokan_here, tmp_path):
    path = tmp_path / "copy"
    shutil.copytree(iris_run.path, path)
    (path / "best" / "metrics.json").unlink()
    result = evokan_here("report", path)
    assert result.status == 0
    assert "best/metrics.json is missing" in result.err
    assert "best/metrics.json is missing" in (path / "report.html").read_text(encoding="utf-8")
    refused = evokan_here("report", tmp_path / "nowhere")
    assert (refused.status, refused.err.count("\n")) == (2, 1)


def test_resume_makes_a_missing_report_again(iris_run, evokan_here, tmp_path):
    path = tmp_path / "copy"
    shutil.copytree(iris_run.path, path)
    before = (path / "report.html").read_bytes()
    (path / "report.html").unlink()
    assert evokan_here("resume", path, "--no-report", "--quiet").status == 0
    assert not (path / "report.html").exists()
    assert evokan_here("resume", path, "--quiet").status == 0
    assert (path / "report.html").read_bytes() == before


def test_no_report_leaves_it_out_and_an_old_one_goes(iris_run, evokan_here, tmp_path):
    path = tmp_path / "copy"
    shutil.copytree(iris_run.path, path)
    assert evokan_here("resume", path, "--generations", 3, "--no-report", "--quiet").status == 0
    assert not (path / "report.html").exists()
    assert evokan_here("resume", path, "--generations", 4, "--quiet").status == 0
    assert not (path / "report.html").exists()  # what is not given stays as it was
    assert evokan_here("resume", path, "--report", "--quiet").status == 0
    assert (path / "report.html").exists()


def test_runs_lists_what_a_folder_holds(iris_run, law_run, evokan_here, as_json, tmp_path):
    shutil.copytree(iris_run.path, tmp_path / "runs" / "first")
    shutil.copytree(law_run.path, tmp_path / "runs" / "later" / "law")
    (tmp_path / "runs" / "other").mkdir()
    (tmp_path / "runs" / "other" / "config.json").write_text("{}")
    (tmp_path / "runs" / "loop").symlink_to(tmp_path / "runs")
    found = as_json(evokan_here("runs", "--json").out)
    assert [run["path"] for run in found] == ["runs/first", "runs/later/law", "runs/other"]
    first, law, other = found
    summary = as_json(evokan_here("show", "runs/first", "--json").out)
    assert first["test"] == summary["metrics"]["test"]
    assert (first["state"], first["n_params"], first["seed"]) == ("finished", summary["best"]["n_params"], 0)
    assert next(iter(law["test"])) == "r2"
    assert "config.json is damaged" in other["fault"]
    text = evokan_here("runs", "runs").out
    assert "iris" in text
    assert "product" in text
    assert "config.json is damaged" in text
    assert evokan_here("runs", "--quiet").out.split() == ["runs/first", "runs/later/law", "runs/other"]


@pytest.mark.parametrize("folder", ["nowhere", "file"])
def test_runs_of_no_folder(folder, evokan_here, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    refused = evokan_here("runs", folder)
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert evokan_here("runs", "empty").out == "no runs in empty\n"
