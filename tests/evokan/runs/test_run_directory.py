"""The run directory: exact tables, writes that survive a kill, one writer, and the log."""

from __future__ import annotations

import json
import os
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.errors import EvokanError, InputError
from evokan.evaluation.records import COLUMNS, Record
from evokan.evolution.history import HistoryRow
from evokan.runs.checkpoint import Checkpoint
from evokan.runs.directory import RunDirectory
from evokan.runs.files import made_folders
from evokan.runs.run import Run
from evokan.runs.tables import parse_record, read_records, record_line, to_line
from evokan.runs.vault import Vault
from evokan.searching.log import RunLog

CONFIG = {
    "settings": {"space": "stub", "folds": 1, "seed": 0, "generations": 2},
    "options": {},
    "data": {
        "name": "stub",
        "sha256": "0",
        "task": "regression",
        "rows": 40,
        "features": 4,
        "schema": {},
        "train": 25,
        "validation": 7,
        "test": 8,
    },
    "chromosome": {},
    "reference_point": {"val_loss": 1.0},
    "versions": {"evokan": "0.1.0"},
}
ROW = HistoryRow(0, 4, 0, 0, 0, 0, 0.1, 0.2, float("inf"), 30, 2, 0.5, 0.25, 0.01)


def record(number: int, generation: int = 0, **changes: object) -> Record:
    return Record(number, generation, "0110", parents=(1, 2), val_loss=0.1 + number / 3).replace(**changes)


@pytest.fixture
def directory(tmp_path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "deep" / "run", CONFIG)


# ---------------------------------------------------------------- tables

losses = st.floats(min_value=0, allow_nan=False)
reasons = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)


@given(losses, losses, reasons, st.lists(st.integers(0, 10**6), max_size=3))
def test_a_record_reads_back_exactly(val_loss, seconds, reason, parents):
    written = record(7, parents=tuple(parents), val_loss=val_loss, seconds=seconds, reason=reason, status="failed")
    values = next(iter(_parsed(to_line(COLUMNS) + record_line(written))))
    assert parse_record(values) == written


def _parsed(text):
    import csv
    import io

    return csv.DictReader(io.StringIO(text))


def test_a_file_cut_anywhere_gives_the_whole_records_before(directory):
    records = [record(number, reason="it, broke") for number in range(3)]
    for each in records:
        directory.append_record(each)
    whole = directory.evaluations.read_bytes()
    for size in range(len(whole) + 1):
        directory.evaluations.write_bytes(whole[:size])
        found = read_records(directory.evaluations)
        assert found == records[: max(whole[:size].count(b"\n") - 1, 0)]


def test_a_damaged_line_is_named(directory):
    directory.append_record(record(0))
    with directory.evaluations.open("a") as file:
        file.write("1,what?\n")
    directory.append_record(record(2))
    with pytest.raises(InputError, match="line 3"):
        read_records(directory.evaluations)


# ---------------------------------------------------------------- creation


def test_a_new_run_has_headers_and_its_settings(directory):
    assert directory.read_config() == CONFIG
    assert directory.evaluations.read_text() == to_line(COLUMNS)
    assert read_records(directory.evaluations) == []
    assert directory.read_checkpoint() is None
    assert {path.name for path in directory.path.iterdir()} == {"config.json", "evaluations.csv", "history.csv"}


def test_an_empty_folder_will_do_and_a_used_one_will_not(tmp_path):
    (tmp_path / "empty").mkdir()
    RunDirectory.create(tmp_path / "empty", CONFIG)
    with pytest.raises(InputError, match="evokan resume"):
        RunDirectory.create(tmp_path / "empty", CONFIG)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes").touch()
    with pytest.raises(InputError, match="other files"):
        RunDirectory.create(tmp_path / "used", CONFIG)
    with pytest.raises(InputError, match="is a file"):
        RunDirectory.create(tmp_path / "used" / "notes", CONFIG)
    with pytest.raises(InputError, match="cannot be written"):
        RunDirectory.create(tmp_path / "used" / "notes" / "run", CONFIG)
    assert [path.name for path in (tmp_path / "used").iterdir()] == ["notes"]


def test_folders_made_for_nothing_go_again(tmp_path):
    def fail(folder, *, file):
        with made_folders(folder):
            if file:
                (folder / "kept").touch()
            raise RuntimeError

    (tmp_path / "old").mkdir()
    with pytest.raises(RuntimeError):
        fail(tmp_path / "old" / "new" / "newer", file=False)
    assert list((tmp_path / "old").iterdir()) == []
    with pytest.raises(RuntimeError):
        fail(tmp_path / "old" / "new", file=True)
    assert (tmp_path / "old" / "new" / "kept").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"settings": {}}', json.dumps(CONFIG | {"data": {"name": "stub"}})])
def test_a_damaged_config_is_the_users_to_know(directory, text):
    directory.config.write_text(text)
    with pytest.raises(InputError, match=r"config\.json"):
        directory.read_config()


def test_what_is_no_run_is_said(tmp_path):
    with pytest.raises(InputError, match=r"has no config\.json"):
        Run(tmp_path)


# ---------------------------------------------------------------- checkpoint and mending


def mended(directory, generation, last_generation):
    remains = directory.remains(generation, last_generation)
    directory.mend(remains)
    return list(remains.records)


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"generation": "x", "population": [], "settings": {}}', '{"generation": 1}']
)
def test_a_damaged_checkpoint_is_the_users_to_know(directory, text):
    directory.checkpoint.write_text(text)
    with pytest.raises(InputError, match=r"checkpoint\.json"):
        directory.read_checkpoint()


def test_the_checkpoint_reads_back(directory):
    directory.write_checkpoint(3, [5, 2, 9], {"seed": 4})
    assert directory.read_checkpoint() == Checkpoint(3, (5, 2, 9), {"seed": 4})


def test_tables_are_on_the_disk_before_the_checkpoint_that_counts_them(directory, monkeypatch):
    synced: dict[int, int] = {}
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        assert not directory.checkpoint.exists()
        found = os.fstat(descriptor)
        synced[found.st_ino] = found.st_size
        fsync(descriptor)

    directory.append_record(record(0))
    directory.append_history(ROW)
    monkeypatch.setattr(os, "fsync", watched)
    directory.write_checkpoint(0, [0], {})
    assert directory.checkpoint.exists()
    for table in (directory.evaluations, directory.history):
        found = table.stat()
        assert synced[found.st_ino] == found.st_size


def test_mending_cuts_what_lies_after_the_checkpoint(directory):
    records = [record(number, generation=number // 2) for number in range(6)]
    for each in records:
        directory.append_record(each)
    for generation in range(3):
        directory.append_history(replace(ROW, generation=generation))
    with directory.evaluations.open("a") as file:
        file.write("6,3,01")
    with directory.history.open("a") as file:
        file.write("3,4")
    before = directory.evaluations.read_text()
    assert mended(directory, 1, 9) == records
    assert directory.evaluations.read_text() == before.removesuffix("6,3,01")
    assert [line[0] for line in directory.history.read_text().splitlines()[1:]] == ["0", "1"]
    assert mended(directory, 0, 1) == records[:4]  # the plan was cut short
    assert read_records(directory.evaluations) == records[:4]


def test_mending_makes_up_for_files_that_were_never_written(directory):
    directory.evaluations.unlink()
    directory.history.unlink()
    assert mended(directory, -1, 9) == []
    assert directory.evaluations.read_text() == to_line(COLUMNS)


def test_mending_does_not_guess_at_a_damaged_history(directory):
    with directory.history.open("a") as file:
        file.write("what?\n")
    with pytest.raises(InputError, match=r"history\.csv"):
        directory.remains(0, 9)


def test_generations_that_the_history_lacks_are_not_passed_over(directory):
    directory.append_history(replace(ROW, generation=1))
    with pytest.raises(InputError, match=r"history\.csv is damaged: it does not hold the 2 generations"):
        directory.remains(1, 9)


def test_a_damaged_population_is_the_users_to_know(directory):
    with pytest.raises(InputError, match=r"population-3\.safetensors is missing"):
        directory.read_population(3)
    directory.write_population(3, {"weights": np.arange(4.0)})
    whole = (directory.path / "population-3.safetensors").read_bytes()
    assert directory.read_population(3)["weights"].tolist() == [0, 1, 2, 3]
    (directory.path / "population-3.safetensors").write_bytes(whole[:-4])
    with pytest.raises(InputError, match=r"population-3\.safetensors is damaged"):
        directory.read_population(3)


@pytest.mark.parametrize("name", ["checkpoint.json", "checkpoint.json.part"])
def test_a_folder_in_place_of_a_file_is_named(directory, name):
    (directory.path / name).mkdir()
    with pytest.raises(InputError, match=r"checkpoint\.json: is a folder"):
        directory.vault.replace(directory.checkpoint, "{}")
    if name == directory.checkpoint.name:
        for act in (directory.vault.remove, directory.vault.sync, lambda path: directory.vault.append(path, "x")):
            with pytest.raises(InputError, match=r"checkpoint\.json: is "):
                act(directory.checkpoint)
    assert (directory.path / name).is_dir()


def test_a_replacement_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "data.json"
    Vault(tmp_path).write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        Vault(tmp_path).write_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}
    Vault(tmp_path).replace(path, '{"a": 2}')
    assert json.loads(path.read_text()) == {"a": 2}
    assert [file.name for file in tmp_path.iterdir()] == ["data.json"]


# ---------------------------------------------------------------- one writer


def test_a_second_writer_is_refused_while_the_first_is_there(directory):
    assert not directory.locked
    with directory.lock():
        assert directory.locked
        with pytest.raises(InputError, match="another process"), RunDirectory.open(directory.path).lock():
            pass
    assert not directory.locked
    with directory.lock():
        pass


# ---------------------------------------------------------------- the run as users read it


def test_tables_of_a_running_search(directory):
    directory.append_record(record(0, reason="None", chromosome="0110"))
    directory.append_record(record(1, status="invalid", val_loss=float("inf"), parents=()))
    directory.append_history(ROW)
    with directory.evaluations.open("a") as file:
        file.write("2,0")
    run = Run(directory.path)
    table = run.evaluations
    assert list(table.columns) == list(COLUMNS)
    assert table["id"].tolist()[:2] == [0, 1]
    assert table["chromosome"].iloc[0] == "0110"
    assert table["reason"].iloc[0] == "None"
    assert table["val_loss"].iloc[1] == float("inf")
    assert run.history["worst_val_loss"].tolist() == [float("inf")]
    assert not run.finished
    with pytest.raises(InputError, match="evokan resume"):
        _ = run.best
    with pytest.raises(InputError, match="evokan resume"):
        _ = run.pareto


# ---------------------------------------------------------------- log


@pytest.fixture
def log(tmp_path) -> RunLog:
    return RunLog(tmp_path / "run.log")


def told(log: RunLog) -> list[str]:
    return [line.partition(" ")[2] for line in log.path.read_text().splitlines()]


def test_the_log_keeps_generations_and_the_reasons_of_failures(log):
    log.on_record(record(0))
    log.on_record(record(1, status="failed", reason="the loss is not finite"))
    log.on_generation(ROW)
    log.on_stage("final fit: 3 networks")
    log.on_stage("pictures")
    log.on_end()
    lines = told(log)
    assert lines[0] == "individual 1 of generation 0 failed: the loss is not finite"
    assert lines[1].startswith(
        "generation 0: 4 trained, 0 cached, 0 invalid, 0 failed, 0 raced; validation loss best 0.1, "
    )
    assert [re.sub(r"[0-9.]+ s$", "T s", line) for line in lines[2:]] == [
        "final fit: 3 networks",
        "final fit took T s",
        "pictures",
        "pictures took T s",
        "finished",
    ]


def test_warnings_are_logged_and_shown_all_the_same(log, tmp_path):
    with pytest.warns(UserWarning, match="mind the gap"), log.recording(tmp_path):
        warnings.warn("mind the gap", stacklevel=1)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with log.recording(tmp_path):
            warnings.warn("mind\nthe gap", stacklevel=1)
    assert told(log)[-1].startswith("UserWarning: mind the gap (")
    assert len(shown) == 1


@pytest.mark.parametrize(
    ("error", "line", "note"),
    [
        (KeyboardInterrupt(), "interrupted", "go on with: evokan resume here"),
        (RuntimeError("oh"), "stopped by an internal error", "go on with: evokan resume here"),
        (EvokanError("no luck"), "stopped: no luck", None),
    ],
)
def test_what_stops_a_run_is_logged_and_passed_on(log, error, line, note):
    from pathlib import Path

    with pytest.raises(type(error)) as caught, log.recording(Path("here")):
        raise error
    assert told(log)[0] == line
    notes = getattr(caught.value, "__notes__", [])
    assert [text.endswith(note) for text in notes] == ([True] if note else [])
    assert ("RuntimeError: oh" in log.path.read_text()) == isinstance(error, RuntimeError)


def test_json_in_a_run_has_no_infinities(tmp_path):
    Vault(tmp_path).write_json(tmp_path / "a.json", {"x": 1e-300})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 1e-300}
