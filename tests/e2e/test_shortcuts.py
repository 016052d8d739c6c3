"""--race, --rungs, --inherit and --algorithm random through the command line: resumed runs, records, and refusals."""

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


@pytest.mark.parametrize(
    "options",
    [("--race",), ("--inherit",), ("--race", "--inherit"), ("--rungs", "20"), ("--rungs", "20", "--race", "--inherit")],
    ids=" ".join,
)
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
    assert ("raced" in statuses) == ("--race" in options or "--rungs" in options)
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


@pytest.mark.parametrize("limit", [(), ("--time-limit", "3600")], ids=["no limit", "a limit that is not reached"])
def test_a_killed_run_with_rungs_goes_on(evokan_here, tmp_path, monkeypatch, limit):
    import signal

    import test_kill_and_resume

    search = (*TINY[:-1], "--rungs", "20", "--generations", "3", "--steps", "6", "--space-option", "patience=0")
    monkeypatch.setattr(test_kill_and_resume, "SEARCH", (*search, *limit))
    through, killed = tmp_path / "through", tmp_path / "killed"
    assert evokan_here(*search, "--quiet", "--out", through).status == 0
    first = sum(row["generation"] == "0" for row in records(through))
    status, _ = stop(killed, first, signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert evokan_here("resume", killed, "--quiet").status == 0
    if limit:
        config, without = (json.loads((path / "config.json").read_text()) for path in (killed, through))
        assert config.pop("clock")["parts"]["search"]["whole"]
        config["settings"]["time_limit"] = without["settings"]["time_limit"]
        (killed / "config.json").write_text(json.dumps(config))
        for path in (killed, through):  # they name the limit, and fingerprints of what does
            (path / "manifest.json").unlink()
            (path / "report.html").unlink()
    assert_equal(killed, through)


def test_who_lost_a_race_is_neither_chosen_nor_on_the_front(evokan_here, tmp_path):
    path = tmp_path / "run"
    assert evokan_here(*TINY, "--race", "--generations", 2, "--out", path).status == 0
    lost = {row["id"] for row in records(path) if row["status"] == "raced"}
    assert lost
    with (path / "pareto.csv").open(newline="") as file:
        assert not {row["id"] for row in csv.DictReader(file)} & lost


def test_rungs_say_of_how_many_rows_a_loss_is(evokan_here, tmp_path):
    path = tmp_path / "run"
    assert evokan_here(*TINY, "--rungs", 20, "--generations", 1, "--out", path).status == 0
    found = records(path)
    assert [*found[0]][-2:] == ["rows", "rung"]
    whole = max(int(row["rows"]) for row in found)
    assert {(row["rows"], row["rung"]) for row in found if row["status"] in ("ok", "cached")} == {(str(whole), "1")}
    lost = [row for row in found if row["status"] == "raced"]
    few = 60 + 31  # 20 of each class at least, and all that validate, which are fewer
    assert {(row["rows"], row["rung"]) for row in lost} == {(str(few), "0")}
    assert {row["reason"].partition(" (as")[0] for row in lost} == {f"lost the race after {few} of {whole} rows"}
    with (path / "history.csv").open(newline="") as file:
        assert {row["rows"] for row in csv.DictReader(file)} == {str(whole)}
    with (path / "pareto.csv").open(newline="") as file:
        assert [*next(csv.DictReader(file))][-5:] == ["rows", "rung", "val_loss_mean", "val_loss_sd", "chosen"]
    assert json.loads((path / "config.json").read_text())["rungs"] == [few, whole]


def test_rungs_that_cannot_be_are_refused(evokan_here):
    refused = evokan_here(*TINY[:-1], "--rungs", 100, "--out", "run")
    assert refused.status == 2
    assert refused.err == (
        "evokan: --rungs 100: there are only 124 rows outside the test part; use at most --rungs 62, or off\n"
    )


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
