"""The files agree on the version, and the release script refuses what is not ready."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml

import evokan

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def release(tmp_path, monkeypatch):
    """The script, on copies of the files that it reads."""
    spec = importlib.util.spec_from_file_location("release", ROOT / "tools" / "release.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "evokan").mkdir()
    (tmp_path / "evokan" / "_version.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CITATION.cff").write_text("version: 1.2.3\n")
    log = "# Changelog\n\n## 1.2.3 (2026-12-01)\n\n- New.\n\n## 1.2.2 (2026-11-01)\n\n- Old.\n"
    (tmp_path / "CHANGELOG.md").write_text(log)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module.subprocess, "run", lambda *_, **__: type("Done", (), {"stdout": "", "returncode": 0}))
    return module


def test_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == evokan.__version__
    assert {"cff-version", "message", "title", "authors", "license"} <= set(citation)
    assert len(citation["references"]) == 4


def test_notes_are_the_part_of_the_change_log(release, tmp_path):
    assert release.faults() == []
    assert release.main([str(tmp_path)]) == 0
    assert (tmp_path / "evokan-1.2.3-notes.md").read_text() == "- New.\n"
    assert release.notes("1.2.2") == ("2026-11-01", "- Old.\n")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("CITATION.cff", "version: 1.2.2\n", "CITATION.cff names version 1.2.2, the code is 1.2.3"),
        ("CHANGELOG.md", "## 1.2.3 (unreleased)\n", "CHANGELOG.md says 'unreleased' of 1.2.3: put the day there"),
        ("CHANGELOG.md", "## 1.2.2 (2026-11-01)\n", "CHANGELOG.md has no heading for 1.2.3"),
    ],
)
def test_what_is_not_ready_is_said(release, tmp_path, capsys, name, text, said):
    (tmp_path / name).write_text(text)
    assert release.main([str(tmp_path)]) == 1
    assert capsys.readouterr().err == said + "\n"


def test_the_change_log_has_a_heading_for_this_version():
    spec = importlib.util.spec_from_file_location("release", ROOT / "tools" / "release.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.version() == evokan.__version__
    assert len(module.notes(evokan.__version__)[1]) > 1000
