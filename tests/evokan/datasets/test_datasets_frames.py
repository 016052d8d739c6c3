"""Reading files: what is taken, and what is refused because it is not what its name says."""

from __future__ import annotations

import gzip

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evokan.datasets import Dialect, read_frame
from evokan.errors import InputError


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def cells(frame):
    return frame.astype(object).where(frame.notna(), None).values.tolist()


@pytest.mark.parametrize(
    ("content", "columns", "expected"),
    [
        ("a,b\n1,x\n2,y\n", ["a", "b"], [["1", "x"], ["2", "y"]]),
        ("a,b\r\n1,x\r\n", ["a", "b"], [["1", "x"]]),
        ("\ufeffa,b\n1,x\n", ["a", "b"], [["1", "x"]]),
        (" a , b\n 1 , x y \n", ["a", "b"], [["1", "x y"]]),
        ('"a, b",c\n"1","x\ny"\n', ["a, b", "c"], [["1", "x\ny"]]),
        ("a,b\n\n1,x\n\n", ["a", "b"], [["1", "x"]]),
        ("å,b\nø,007\n", ["å", "b"], [["ø", "007"]]),
        ("a,b\n,NA\n?, nan\nnull,None\nNaN,n/a\n", ["a", "b"], [[None, None]] * 4),
        ("a\n1\n", ["a"], [["1"]]),
    ],
)
def test_csv_cells_stay_text(write, content, columns, expected):
    frame = read_frame(write(content))
    assert list(frame.columns) == columns
    assert cells(frame) == expected
    assert list(frame.index) == list(range(1, len(expected) + 1))


def test_tsv_and_parquet_give_the_same_rows(write, tmp_path):
    tsv = read_frame(write("a\tb\n1\tx,y\n2\tz\n", "data.TSV"))
    assert cells(tsv) == [["1", "x,y"], ["2", "z"]]
    pd.DataFrame({"a": [1, 2], "b": ["x,y", "z"]}, index=[7, 9]).to_parquet(tmp_path / "data.parquet")
    parquet = read_frame(tmp_path / "data.parquet")
    assert cells(parquet) == [[1, "x,y"], [2, "z"]]
    assert list(parquet.index) == [1, 2]
    assert list(parquet.columns) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("", "a.csv", "is empty"),
        ("\n \n", "a.csv", "is empty"),
        (b"", "a.parquet", "is empty"),
        ("a,b\n", "a.csv", "holds no rows"),
        ("a,b\n1,2\n", "a.doc", r"must end in \.csv, \.tsv, \.txt, \.parquet, .* \.arff"),
        ("a,b\n1,2\n", "a.csv.gz", "not gzip-compressed"),
        ("a,b\n1,2\n", "a.parquet.gz", "must end in"),
        ("a,b\n1,2\n", "a.arff", "cannot be read as ARFF"),
        ("a,b\n1,2\n", "a.feather", "cannot be read as Feather"),
        ("a,b\n1,2\n", "a.parquet", "not a Parquet file"),
        (b"PAR1" + b"x" * 60 + b"PAR1", "a.parquet", "not a Parquet file"),
        (b"PAR1xxxx", "a.csv", "it is a Parquet file"),
        (b"PK\x03\x04rest", "a.csv", "Excel workbook"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "a.csv", "gzip-compressed"),
        ("<!DOCTYPE html><html>", "a.csv", "a web page"),
        ('{"a": [1, 2]}', "a.tsv", "not TSV text, as its name says: it is JSON"),
        ("a,b\n1,2\n".encode("utf-16-le"), "a.csv", "zero bytes"),
        (b"a,b\n\x81,2\n", "a.csv", "neither UTF-8 nor cp1252: give its --encoding"),
        ("a,b;c\n1,2;3\n", "a.csv", "could be separated by commas or by semicolons: say by which with --sep"),
        ("a;b\n1,5;2.5\n", "a.csv", "numbers with commas and numbers with points: .* --decimal"),
        ("a;b\n1,234;2\n", "a.csv", "the comma in 1,234 may stand between thousands or before decimals"),
        ("a;b\n1;2;3\n", "a.csv", "row 1 has 3 values, the header has 2"),
        ("a,b\n1,2\n1,2,3\n", "a.csv", "row 2 has 3 values, the header has 2"),
        ("a,b\n1\n1,2\n3\n", "a.csv", r"row 1 has 1 values, the header has 2 \(2 such rows\)"),
        ("a,b,a\n1,2,3\n", "a.csv", "column name 'a' is there more than once"),
        ("a, a\n1,2\n", "a.csv", "column name 'a' is there more than once"),
        (",b\n0,2\n", "a.csv", "column 1 has no name"),
    ],
)
def test_what_is_refused_with_one_line(write, content, name, message):
    with pytest.raises(InputError, match=message) as error:
        read_frame(write(content, name))
    assert len(error.value.faults) == 1
    assert "\n" not in str(error.value)
    assert name in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_frame(tmp_path / "none.csv")


@pytest.mark.parametrize("name", ["tables", "tables.csv"])
def test_a_folder_is_called_one(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=rf"file .*/{name}: is a folder; name a file"):
        read_frame(tmp_path / name)


def test_all_faults_of_a_header_come_together(write):
    with pytest.raises(InputError) as error:
        read_frame(write("a,,a\n"))
    assert [("no name" in f, "more than once" in f, "no rows" in f) for f in error.value.faults] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_repeated_names_in_parquet(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match="'a' is there more than once"):
        read_frame(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("content", "name", "expected", "said"),
    [
        ("a;b\n1;x,y\n", "a.csv", [["1", "x,y"]], ["separated by semicolons"]),
        ("a;b\n1,5;2\n", "a.csv", [["1.5", "2"]], ["separated by semicolons", "decimal commas"]),
        ("a;b\n1.234,5;4,x\n;1\n", "a.csv", [["1234.5", "4,x"], [None, "1"]], ["semicolons", "commas"]),
        ("a;b\n0,234;1\n", "a.csv", [["0.234", "1"]], ["semicolons", "decimal commas"]),
        ("a|b\n1|2\n", "a.txt", [["1", "2"]], ["separated by bars"]),
        ("a\tb\n1\t2\n", "a.csv", [["1", "2"]], ["separated by tabs"]),
        ("a,b\n1,2\n", "a.tsv", [["1", "2"]], ["separated by commas"]),
        ('a;b\n"1\n;";2\n', "a.csv", [["1\n;", "2"]], ["separated by semicolons"]),
        ("a,b\nå,2\n".encode("latin-1"), "a.csv", [["å", "2"]], ["taken for cp1252"]),
        ("a,b\nå,2\n".encode("utf-16"), "a.csv", [["å", "2"]], []),
        (gzip.compress("a,b\nå,2\n".encode(), mtime=0), "A.CSV.gz", [["å", "2"]], []),
        ("@relation r\n@attribute a numeric\n@attribute b {x,y}\n@data\n2,?\n", "a.arff", [[2, None]], []),
    ],
)
def test_what_a_file_is_written_in_is_found_and_said(write, content, name, expected, said):
    frame = read_frame(write(content, name))
    assert cells(frame) == expected
    notes = frame.attrs["notes"]
    assert len(notes) == len(said)
    assert all(part in note for part, note in zip(said, notes, strict=True))


@pytest.mark.parametrize(
    ("content", "given", "expected"),
    [
        ("a,b;c\n1,2;3\n", {"sep": ";"}, {"a,b": "1.2", "c": "3"}),
        ("a,b;c\n1,2;3\n", {"sep": ","}, {"a": "1", "b;c": "2;3"}),
        ("a;b\n1,234;2\n", {"decimal": ","}, {"a": "1.234", "b": "2"}),
        ("a;b\n1,234;2\n", {"decimal": "."}, {"a": "1,234", "b": "2"}),
        ("a;b\n1,5;2.500\n", {"decimal": ","}, {"a": "1.5", "b": "2500"}),
        ('a,b\n"1,5",2\n', {"decimal": ","}, {"a": "1.5", "b": "2"}),
        ("a,b\nЖ,2\n".encode("koi8-r"), {"encoding": "koi8-r"}, {"a": "Ж", "b": "2"}),
    ],
)
def test_what_the_user_says_wins(write, content, given, expected):
    frame = read_frame(write(content), dialect=Dialect(**given))
    assert frame.iloc[0].to_dict() == expected
    assert not any(f"--{word}" in note for note in frame.attrs["notes"] for word in given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sep": ";;"}, "--sep ';;': give one character"),
        ({"decimal": "x"}, "--decimal 'x': give , or ."),
        ({"decimal": ",", "sep": ","}, "is what separates cells"),
        ({"encoding": "latin-99"}, "--encoding 'latin-99'"),
        ({"encoding": "hex"}, "--encoding 'hex'"),
    ],
)
def test_impossible_dialects(given, said):
    with pytest.raises(InputError, match=said):
        Dialect(**given)


def test_a_wrong_encoding_is_named(write):
    with pytest.raises(InputError, match="is not written in ascii: give another --encoding"):
        read_frame(write("a,b\nå,2\n"), dialect=Dialect(encoding="ascii"))


def test_feather_and_workbooks(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "z"]})
    frame.to_feather(tmp_path / "a.feather")
    assert cells(read_frame(tmp_path / "a.feather")) == [[1, "x"], [2, "z"]]
    pytest.importorskip("openpyxl", reason="the package openpyxl is not installed")
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    assert cells(read_frame(tmp_path / "a.xlsx")) == [[1, "x"], [2, "z"]]


def test_a_missing_reader_is_named(write, monkeypatch):
    def read(*args):
        raise ImportError("openpyxl")

    monkeypatch.setattr(pd, "read_excel", read)
    with pytest.raises(InputError, match="needs the package openpyxl: pip install openpyxl"):
        read_frame(write(b"PK\x03\x04" + b"x" * 60, "a.xlsx"))
