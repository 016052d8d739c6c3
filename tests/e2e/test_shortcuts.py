"""--race, --inherit and --algorithm random through the command line: resumed runs, records, and refusals."""

from __future__ import annotations

import csv
import json

import pytest
from test_kill_and_resume import assert_equal, stop

TINY = (
    "search",
    "--space",
    "gakan",
    "--dataset",
    "wine",
    "--population",
    "8",
    "--folds",
    "4",
    "--steps",
    "1",
    "--formula-seconds",
    "0",
    "--seed",
    "2",
    "--quiet",
)


def records(path):
    with (path / "evaluations.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("options", [("--race",), ("--inherit",), ("--race", "--inherit")], ids=" ".join)
def test_a_run_that_goes_on_equals_one_that_ran_through(evokan_here, tmp_path, options):
    through, parts = tmp_path / "through", tmp_path / "parts"
    assert evokan_here(*TINY, *options, "--generations", 3, "--workers", 1, "--out", through).status == 0
    assert evokan_here(*TINY, *options, "--generations", 1, "--workers", 2, "--out", parts).status == 0
    # What a kill in the next generation leaves behind.
    torn = (through / "evaluations.csv").read_text().splitlines(keepends=True)
    done = len(records(parts))
    (parts / "evaluations.csv").write_text("".join(torn[: done + 5]))
    (parts / "manifest.json").unlink()
    assert evokan_here("resume", parts, "--generations", 3, "--quiet").status == 0
    assert_equal(parts, through)
    statuses = {row["status"] for row in records(through)}
    assert ("raced" in statuses) == ("--race" in options)
    assert [path.name for path in through.glob("population-*")] == ["population-3.safetensors"]


def test_a_killed_run_that_races_and_inherits_goes_on(evokan_here, tmp_path, monkeypatch):
    import signal

    import test_kill_and_resume

    monkeypatch.setattr(
        test_kill_and_resume,
        "SEARCH",
        (*TINY[:-1], "--race", "--inherit", "--generations", "3", "--steps", "6", "--space-option", "patience=0"),
    )
    through, killed = tmp_path / "through", tmp_path / "killed"
    assert evokan_here(*test_kill_and_resume.SEARCH, "--quiet", "--out", through).status == 0
    status, _ = stop(killed, 10, signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert evokan_here("resume", killed, "--quiet").status == 0
    assert_equal(killed, through)


def test_who_lost_a_race_is_neither_chosen_nor_on_the_front(evokan_here, tmp_path):
    path = tmp_path / "run"
    assert evokan_here(*TINY, "--race", "--generations", 2, "--out", path).status == 0
    lost = {row["id"] for row in records(path) if row["status"] == "raced"}
    assert lost
    with (path / "pareto.csv").open(newline="") as file:
        assert not {row["id"] for row in csv.DictReader(file)} & lost


def test_random_search_draws_every_generation_anew(evokan_here, tmp_path):
    path = tmp_path / "run"
    assert evokan_here(*TINY, "--algorithm", "random", "--generations", 2, "--out", path).status == 0
    rows = records(path)
    assert {row["origin"] for row in rows if row["generation"] == "0"} == {"initial", "seed", "prune"}
    later = [row for row in rows if row["generation"] != "0"]
    assert {row["origin"] for row in later} == {"initial"}
    assert len({row["chromosome"] for row in later}) == len(later) == 16
    with (path / "history.csv").open(newline="") as file:
        losses = [float(row["best_val_loss"]) for row in csv.DictReader(file)]
    assert losses == sorted(losses, reverse=True)
    assert json.loads((path / "config.json").read_text())["settings"]["algorithm"] == "random"


def test_a_race_needs_folds_and_inheritance_a_family_that_can(evokan_here):
    refused = evokan_here(*TINY[:-1], "--folds", 1, "--race", "--out", "run")
    assert refused.status == 2
    assert refused.err == "evokan: --race judges networks fold by fold: give --folds 2 or more with it\n"
    refused = evokan_here("search", "--space", "hkan", "--dataset", "wine", "--inherit", "--out", "run")
    assert refused.status == 2
    assert "--inherit: networks of search space 'hkan' cannot begin from their parents" in refused.err


def test_no_refit_needs_the_one_network_that_was_trained(evokan_here):
    for given, remedy in (
        (("--folds", 2), "give --folds 1"),
        (("--folds", 1, "--inherit"), "give --folds 1, and leave --inherit out"),
    ):
        refused = evokan_here(*TINY[:-1], *given, "--refit", "none", "--out", "run")
        assert refused.status == 2
        assert refused.err == f"evokan: --refit none keeps the one network that the search trained: {remedy}\n"
