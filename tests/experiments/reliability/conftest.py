"""A folder with what all trials share: runs of a fast search of a table and of a series."""

from __future__ import annotations

import pytest

from experiments.reliability.mutations import make_runs


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    path = tmp_path_factory.mktemp("campaign")
    make_runs(path, ("hkan", "kafcm-series"))
    return path
