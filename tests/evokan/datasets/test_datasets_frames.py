"""Reading files: what is taken, and what is refused because it is not what its name says."""

from __future__ import annotations

import gzip

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evokan.datasets import read_frame
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
        ("a,b\n1,2\n", "a.txt", r"must end in \.csv, \.tsv or \.parquet"),
        ("a,b\n1,2\n", "a.parquet", "not a Parquet file"),
        (b"PAR1" + b"x" * 60 + b"PAR1", "a.parquet", "not a Parquet file"),
        (b"PAR1xxxx", "a.csv", "it is a Parquet file"),
        (b"PK\x03\x04rest", "a.csv", "Excel workbook"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "a.csv", "gzip-compressed"),
        ("<!DOCTYPE html><html>", "a.csv", "a web page"),
        ('{"a": [1, 2]}', "a.tsv", "not TSV text, as its name says: it is JSON"),
        ("a,b\n1,2\n".encode("utf-16"), "a.csv", "zero bytes"),
        ("å,b\n1,2\n".encode("latin-1"), "a.csv", "UTF-8"),
        ("a,b\nå,2\n".encode("latin-1"), "a.csv", "UTF-8"),
        ("a;b\n1;2\n", "a.csv", "separated by semicolons, not by commas"),
        ("a\tb\n1\t2\n", "a.csv", r"separated by tabs, not by commas .* name it \.tsv"),
        ("a,b\n1,2\n", "a.tsv", r"separated by commas, not by tabs .* name it \.csv"),
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
