"""The published tables: sizes, classes, order, and what is refused in their place."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evokan.datasets import ColumnSchema, list_datasets, load_dataset
from evokan.errors import InputError
from evokan.problem.problem import Problem

FOLDER = Path(os.environ.get("EVOKAN_DATA", "no folder"))
needs_data = pytest.mark.skipif(
    not (FOLDER / "README.md").is_file(), reason="EVOKAN_DATA does not name a folder with the published tables"
)
IN_FILES = [info for info in list_datasets() if info.files]


def published_sizes():
    """Rows and inputs by file, as the README of the data states them (names without ``.gz``)."""
    text = (FOLDER / "README.md").read_text()
    row = r"^\| ((?:hkan|uci)/\S+?)(?:\.gz)? \|(?:[^|]*\|)? (\d+) x (\d+) \|"
    found = re.findall(row, text, flags=re.MULTILINE)
    return {file: (int(rows), int(inputs)) for file, rows, inputs in found}


@needs_data
@pytest.mark.parametrize("info", IN_FILES, ids=lambda info: info.name)
def test_sizes_are_the_published_ones(info):
    sizes = [published_sizes()[file] for file in info.files]
    table = load_dataset(info.name)
    assert table.X.shape == (sum(rows for rows, _ in sizes), sizes[0][1]) == (info.rows, info.features)
    assert table.task == info.task
    if len(sizes) == 2:
        assert np.array_equal(table.test_rows, np.arange(sizes[0][0], info.rows))
        assert table.feature_names == tuple(f"x{i + 1}" for i in range(info.features))


@needs_data
def test_cells_stand_where_the_file_has_them():
    for part, row in (("train", 0), ("test", 3133)):
        with (FOLDER / "hkan" / f"abalone_{part}.csv").open() as file:
            first = [float(cell) for cell in file.readline().split(",")]
        table = load_dataset("abalone")
        assert [*table.X[row], table.y[row]] == first
    with (FOLDER / "uci" / "rice.csv").open() as file:
        header, first = file.readline().strip().split(","), file.readline().strip().split(",")
    table = load_dataset("rice")
    assert [*table.feature_names, table.target_name] == header
    assert table.X[0].tolist() == [float(cell) for cell in first[:-1]]
    assert table.class_names[table.y[0]] == first[-1]


@needs_data
@pytest.mark.parametrize(
    "info", [info for info in IN_FILES if info.name not in {"rice", "raisin", "tf2"}], ids=lambda info: info.name
)
def test_every_column_is_scaled_by_minimum_and_maximum_of_both_parts(info):
    table = load_dataset(info.name)
    cells = np.column_stack([table.X, table.y])
    moving = cells.max(axis=0) > 0  # a few columns are 0 throughout
    assert cells.min() == 0
    assert cells.max(axis=0)[moving] == pytest.approx(1)


@needs_data
def test_tf2_is_noisy_in_the_training_rows_only():
    table = load_dataset("tf2")
    clean = table.y[table.test_rows]
    assert (clean.min(), clean.max()) == (0, 1)
    assert table.y[:5000].min() < -0.1
    assert np.array_equal(np.unique(table.X[table.test_rows, 0]), np.unique(table.X[table.test_rows, 1]))
    assert len(np.unique(table.X[table.test_rows, 0])) == 100


@needs_data
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("rice", {"Cammeo": 1630, "Osmancik": 2180}),
        ("raisin", {"Besni": 450, "Kecimen": 450}),
    ],
)
def test_class_counts_of_files(name, counts):
    check_classes(name, counts)


@pytest.mark.parametrize(
    ("name", "shape", "counts"),
    [
        ("iris", (150, 4), {"setosa": 50, "versicolor": 50, "virginica": 50}),
        ("wine", (178, 13), {"class_0": 59, "class_1": 71, "class_2": 48}),
        ("wdbc", (569, 30), {"malignant": 212, "benign": 357}),
    ],
)
def test_bundled_tables(name, shape, counts):
    table = check_classes(name, counts)
    assert table.X.shape == shape
    assert len(table.feature_names) == shape[1]


def check_classes(name, counts):
    table = load_dataset(name)
    assert table.y.dtype == np.int64
    assert dict(zip(table.class_names, np.bincount(table.y).tolist(), strict=True)) == counts
    return table


@pytest.mark.parametrize(
    ("name", "train", "validation", "test"),
    [
        ("iris", 120, 15, 15),
        ("wine", 99, 25, 54),
        ("wdbc", 340, 86, 143),
        pytest.param("rice", 2438, 610, 762, marks=needs_data),
        pytest.param("raisin", 720, 90, 90, marks=needs_data),
        pytest.param("concrete", 618, 155, 257, marks=needs_data),
    ],
)
def test_split_sizes_are_those_of_the_papers(name, train, validation, test):
    problem = Problem.from_table(load_dataset(name))
    assert (len(problem.train), len(problem.validation), len(problem.test)) == (train, validation, test)


@pytest.mark.parametrize(
    "name", ["iris", "wdbc", pytest.param("rice", marks=needs_data), pytest.param("concrete", marks=needs_data)]
)
def test_named_tables_have_a_schema_for_new_rows(name):
    table = load_dataset(name)
    schema = ColumnSchema.from_dict(table.schema)
    assert (schema.feature_names, schema.class_names) == (table.feature_names, table.class_names)
    assert (schema.target, schema.task) == (table.target_name, table.task)
    frame = pd.DataFrame(table.X, columns=list(table.feature_names)).iloc[:, ::-1]
    assert np.array_equal(schema.transform(frame), table.X)


@needs_data
def test_a_gzipped_file_will_do(monkeypatch, tmp_path):
    (tmp_path / "hkan").mkdir()
    for part in ("train", "test"):
        packed = gzip.compress((FOLDER / "hkan" / f"dee_{part}.csv").read_bytes())
        (tmp_path / "hkan" / f"dee_{part}.csv.gz").write_bytes(packed)
    plain = load_dataset("dee")
    monkeypatch.setenv("EVOKAN_DATA", str(tmp_path))
    assert load_dataset("dee").sha256 == plain.sha256


@needs_data
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2].rsplit("\n", 1)[0], r"lines of 7 cells, the published one 274 of 7"),
        (lambda text: text.replace("0.48282", "nan"), "missing or infinite"),
        (lambda text: text.replace("0.48282", "abc"), "cannot be read"),
        (lambda text: text.replace(",", ";"), "cannot be read"),
    ],
)
def test_another_file_in_its_place_is_refused(monkeypatch, tmp_path, damage, message):
    (tmp_path / "hkan").mkdir()
    shutil.copy(FOLDER / "hkan" / "dee_test.csv", tmp_path / "hkan")
    text = (FOLDER / "hkan" / "dee_train.csv").read_text()
    (tmp_path / "hkan" / "dee_train.csv").write_text(damage(text))
    monkeypatch.setenv("EVOKAN_DATA", str(tmp_path))
    with pytest.raises(InputError, match=message) as error:
        load_dataset("dee")
    assert "\n" not in str(error.value)
    assert "dee_train.csv" in str(error.value)


@needs_data
def test_text_among_the_numbers_of_rice_is_refused(monkeypatch, tmp_path):
    (tmp_path / "uci").mkdir()
    text = (FOLDER / "uci" / "rice.csv").read_text()
    (tmp_path / "uci" / "rice.csv").write_text(text.replace("15231", "many", 1))
    monkeypatch.setenv("EVOKAN_DATA", str(tmp_path))
    with pytest.raises(InputError, match="rice"):
        load_dataset("rice")
