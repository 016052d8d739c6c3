"""Files of a run that are missing or damaged: one line that names the file, and what to do."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from evokan.errors import InputError
from evokan.evaluation.records import COLUMNS, Record
from evokan.runs.files import reading
from evokan.runs.shapes import ManifestFile, MetricsFile, check_shape
from evokan.runs.tables import read_table, record_line, to_line
from evokan.runs.vault import Vault

RECORDS = [Record(number, 0, "0110", parents=(1, 2), val_loss=0.1 + number, train_loss=0.5) for number in range(3)]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "evaluations.csv"
    path.write_text(to_line(COLUMNS) + "".join(map(record_line, RECORDS)))
    return path


def fault(read) -> str:
    with pytest.raises(InputError) as caught:
        read()
    (line,) = caught.value.faults
    assert "\n" not in line
    return line


def raised(error: Exception) -> str:
    def read() -> None:
        with reading("run/file", "do without"):
            raise error

    return fault(read)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(2, "No such file or directory"), "run/file is missing: bring it back, or do without"),
        (PermissionError(13, "Permission denied"), "run/file cannot be read (Permission denied)"),
        (KeyError("seed"), "run/file is damaged: it lacks 'seed'; bring it back, or do without"),
        (ValueError("no\nnumber"), "run/file is damaged: no number; bring it back, or do without"),
    ],
)
def test_the_file_is_blamed(error, line):
    assert raised(error) == line


def test_long_reasons_are_cut_short():
    assert len(raised(RuntimeError("key " * 200))) < 250


def test_our_own_faults_are_not_blamed_on_a_file():
    with pytest.raises(ZeroDivisionError), reading("run/file"):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", "its content: input should be a valid dictionary"),
        ("{}", "it lacks 'sha256'"),
        ('{"sha256": 3}', "sha256: input should be a valid dictionary"),
        ('{"sha256": {"a": NaN}}', "sha256.a: input should be a valid string"),
    ],
)
def test_json_without_what_it_must_hold(tmp_path, text, why):
    path = tmp_path / "a.json"
    path.write_text(text)
    line = fault(lambda: Vault(path.parent).read_json(path, ManifestFile))
    assert line.startswith(f"{path} is damaged: {why}")


def test_json_may_hold_more(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"sha256": {"a": "1"}, "more": 2}))
    assert Vault(path.parent).read_json(path, ManifestFile) == {"sha256": {"a": "1"}, "more": 2}


def test_a_table_reads_back_without_its_torn_end(table):
    with table.open("a") as file:
        file.write("3,0,01")
    frame = read_table(table, COLUMNS)
    assert frame["id"].tolist() == [0, 1, 2]
    assert frame["val_loss"].tolist() == [0.1, 1.1, 2.1]
    assert frame["chromosome"].tolist() == ["0110"] * 3


def test_a_table_may_have_columns_of_a_family(table):
    lines = table.read_text().splitlines()
    table.write_text("".join(f"{line},{more}\n" for line, more in zip(lines, ("width", 4, 5, 6), strict=True)))
    assert read_table(table, COLUMNS)["width"].tolist() == [4, 5, 6]


def test_infinite_losses_are_numbers(table):
    table.write_text(to_line(COLUMNS) + record_line(replace(RECORDS[0], val_loss=float("inf"), status="failed")))
    assert read_table(table, COLUMNS)["val_loss"].tolist() == [float("inf")]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda text: "", "No columns"),
        (lambda text: text.replace("val_loss", "loss", 1), "it lacks the column val_loss;"),
        (lambda text: text.replace("0.1,", "x.1,", 1), "Unable to parse string 'x.1'"),
        (lambda text: text + "3,0,01\n", "row 4 has empty cells"),
        (lambda text: text + "1," * 30 + "\n", "Error tokenizing"),
    ],
)
def test_a_damaged_table_is_named(table, damage, why):
    table.write_text(damage(table.read_text()))
    line = fault(lambda: read_table(table, COLUMNS, "do without"))
    assert line.startswith(f"{table} is damaged: {why}")
    assert line.endswith("; bring it back, or do without")


def test_bytes_are_replaced_with_the_rights_of_other_files(tmp_path):
    (tmp_path / "other").touch()
    Vault(tmp_path).replace(tmp_path / "a", b"\xff")
    assert (tmp_path / "a").read_bytes() == b"\xff"
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "other").stat().st_mode
    assert {path.name for path in tmp_path.iterdir()} == {"a", "other"}


def test_a_history_of_an_earlier_version_has_raced_nothing(tmp_path):
    from evokan.evolution.history import HISTORY_COLUMNS, YOUNG_COLUMNS
    from evokan.runs.tables import read_table

    old = [name for name in HISTORY_COLUMNS if name not in YOUNG_COLUMNS]
    path = tmp_path / "history.csv"
    path.write_text(",".join(old) + "\n" + ",".join("1" for _ in old) + "\n")
    table = read_table(path, HISTORY_COLUMNS, young=YOUNG_COLUMNS)
    assert tuple(table.columns) == HISTORY_COLUMNS
    assert table["raced"].tolist() == [0]
    with pytest.raises(InputError, match="lacks the column raced"):
        read_table(path, HISTORY_COLUMNS)


def test_baselines_may_have_warnings_beside_their_figures():
    parts = {"train": {}, "validation": {}, "test": {"r2": None}}
    check_shape({**parts, "baselines": {"mlp": {"r2": 0.5, "warnings": ["has not converged"]}}}, MetricsFile)
    check_shape({**parts, "baselines": {"mlp": {"error": "ValueError: no"}}}, MetricsFile)
    for wrong in ({"r2": "0.5"}, {"r2": 0.5, "warnings": 3}, {"r2": ["x"]}):
        with pytest.raises(ValueError, match=r"baselines\.mlp"):
            check_shape({**parts, "baselines": {"mlp": wrong}}, MetricsFile)


@pytest.mark.parametrize("value", ["inf", "1e999", "1.5", "-inf"])
def test_whole_numbers_of_a_table_are_whole_and_finite(table, value):
    lines = table.read_text().splitlines()
    cells = lines[2].split(",")
    cells[COLUMNS.index("generation")] = value
    table.write_text("\n".join([*lines[:2], ",".join(cells), lines[3], ""]))
    assert "row 2 has no whole number as generation" in fault(lambda: read_table(table, COLUMNS))
