"""The notebooks in `examples/` run from top to bottom, and are kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "examples"
BOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_three_and_they_hold_no_outputs():
    assert len(BOOKS) == 3
    for path in BOOKS:
        book = nbformat.read(path, as_version=4)
        nbformat.validate(book)
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in book.cells)


# The client's own event loop is left to the collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path):
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in book.cells for output in cell.get("outputs", ())]
    assert not any(output["output_type"] == "error" for output in shown)
    assert not any(output.get("name") == "stderr" and "Traceback" in output["text"] for output in shown)
    if path.stem != "scikit_learn":
        kinds = {kind for output in shown for kind in output.get("data", {})}
        assert {"text/html", "image/png"} <= kinds
        assert any("<progress" in output.get("data", {}).get("text/html", "") for output in shown)
