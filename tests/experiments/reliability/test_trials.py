"""A small sample of the campaign, always the same: nothing may go wrong."""

from __future__ import annotations

import pytest

from experiments.reliability import bad_inputs, kills, mutations
from experiments.reliability.trial import Trial


@pytest.mark.parametrize("first", range(0, 30, 10))
def test_damaged_runs(home, first):
    verdicts = [mutations.run_trial(Trial("mutations", 1, number), home) for number in range(first, first + 10)]
    assert [(verdict.tried, verdict.faults) for verdict in verdicts if verdict.faults] == []


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_bad_inputs(home, first):
    verdicts = [bad_inputs.run_trial(Trial("bad-inputs", 1, number), home) for number in range(first, first + 20)]
    assert [(verdict.tried, verdict.faults) for verdict in verdicts if verdict.faults] == []
    assert {verdict.came for verdict in verdicts} == {"answered", "refused"}


@pytest.mark.faults
@pytest.mark.parametrize("number", range(4))
def test_kills(tmp_path_factory, number):
    folder = tmp_path_factory.getbasetemp() / "kills"
    folder.mkdir(exist_ok=True)
    verdict = kills.run_trial(Trial("kills", 0, number), folder, forks=False)
    assert (verdict.tried, verdict.faults) == (verdict.tried, [])


def test_a_trial_can_be_repeated(home, tmp_path):
    folders = [tmp_path / name for name in ("one", "two")]
    tried = []
    for folder in folders:
        folder.mkdir()
        (folder / "runs").symlink_to(home / "runs")
        tried.append(bad_inputs.run_trial(Trial("bad-inputs", 2, 7), folder))
    assert tried[0] == tried[1]
    assert Trial("kills", 0, 1).rng.random() == Trial("kills", 0, 1).rng.random() != Trial("kills", 0, 2).rng.random()
