"""Odd settings files and tables: one line each, and names are understood as they are written."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evokan.cli.app import LONGEST
from evokan.datasets import load_series, load_table, table_from_frame
from evokan.datasets.columns import ColumnSchema
from evokan.errors import InputError
from evokan.settings.layers import build_config, read_config_file

N = 40
NESTED = {
    "map": pa.array([[("k", 1)]] * N, pa.map_(pa.string(), pa.int64())),
    "struct": pa.array([{"k": 1}] * N),
    "list": pa.array([[1, 2]] * N),
}


@pytest.mark.parametrize("value", ["!!int 'x'", "!!bool x", "!!float x", "!!timestamp x", "2024-13-45", "[" * 3000])
def test_what_yaml_cannot_make_is_one_line(evokan_here, tmp_path, value):
    (tmp_path / "s.yaml").write_text(f"space: gakan\ndataset: iris\nseed: {value}\n")
    result = evokan_here("search", "--config", "s.yaml")
    assert (result.status, len(result.err.splitlines())) == (2, 1), result.err
    assert "--config s.yaml: is not a YAML file (" in result.err


def test_a_damaged_config_of_a_run_is_no_settings_file(evokan_here, tmp_path):
    stored = {"settings": {"space": "gakan"}, "options": [], "data": {}, "chromosome": {}, "versions": {}}
    (tmp_path / "config.json").write_text(json.dumps(stored))
    result = evokan_here("search", "--config", "config.json")
    assert (result.status, len(result.err.splitlines())) == (2, 1)
    assert "--config config.json: is a damaged config.json" in result.err


def test_columns_called_no_or_2020(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("space: gakan\ndata: t.csv\ntarget: no\nkeep-na-in: [yes, 2020, 1_0]\nfolds: 3\n")
    read = read_config_file(path)
    assert (read["target"], read["keep_na_in"], read["folds"]) == ("no", ["yes", "2020", "1_0"], 3)
    for written in ("2020", "2024-01-31", "1e3", "on", "0x10"):
        path.write_text(f"time: {written}\ntarget: null\n")
        assert read_config_file(path) == {"time": written, "target": None}
    assert build_config({"space": "gakan", "data": "t.csv", "target": 2020}).target == "2020"


def test_a_hint_must_be_near():
    with pytest.raises(InputError) as far:
        build_config({"space": "gakan", "dataset": "iris", "moonlight": 5})
    assert "did you mean" not in str(far.value)
    assert "known: --algorithm, " in str(far.value)
    with pytest.raises(InputError, match="did you mean '--val-size'"):
        build_config({"space": "gakan", "dataset": "iris", "valsize": 0.5})


def test_a_value_is_shown_in_short():
    with pytest.raises(InputError) as caught:
        build_config({"space": "gakan", "data": pd.DataFrame(np.zeros((500, 30))), "target": "y"})
    assert all(len(fault) < 250 and "\n" not in fault for fault in caught.value.faults)


def test_a_line_has_an_end(evokan_here, tmp_path):
    header = ",".join(f"a column with quite a name {number}" for number in range(300))
    (tmp_path / "t.csv").write_text(f"{header}\n" + ",".join("1" * 300) + "\n")
    result = evokan_here("search", "--space", "gakan", "--data", "t.csv", "--target", "y" * 5000)
    assert result.status == 2
    assert max(map(len, result.err.splitlines())) <= LONGEST + len("evokan: ")


@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize("place", ["target", "feature", "time", "series", "concept", "new rows"])
def test_nested_columns_are_refused_by_name(tmp_path, kind, place):
    path = tmp_path / "t.parquet"
    plain = {"a": np.random.default_rng(0).random(N), "q": np.arange(N)}
    pq.write_table(pa.table({**plain, "z": NESTED[kind]}), path)
    kept = table_from_frame(pd.DataFrame({**plain, "z": ["u", "v"] * (N // 2)}), "a")
    read = {
        "target": lambda: load_table(path, "z"),
        "feature": lambda: load_table(path, "a"),
        "time": lambda: load_series(path, "z"),
        "series": lambda: load_series(path, "q", "z"),
        "concept": lambda: load_series(path, "q"),
        "new rows": lambda: ColumnSchema.from_dict(kept.schema).transform(pd.read_parquet(path)),
    }
    with pytest.raises(InputError, match="column 'z'"):
        read[place]()


def test_a_damaged_parquet_file_is_one_line(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": np.arange(N), "y": np.arange(N) / 3}).to_parquet(path)
    whole, rng, faults = path.read_bytes(), np.random.default_rng(0), []
    for _ in range(150):
        damaged = bytearray(whole)
        for place in rng.integers(4, len(whole) - 8, 3):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            load_table(path, "y")
        except InputError as error:
            faults.append(str(error))
    assert len(faults) > 20
    path.write_bytes(whole.replace(b'"index_columns"', b'"index_c}lumns"'))
    with pytest.raises(InputError, match="is a damaged Parquet file"):
        load_table(path, "y")
    table = pa.table({"a": ["zzzz", "u"] * (N // 2), "y": np.arange(N) / 3})
    pq.write_table(table, path, compression="none", use_dictionary=False)
    path.write_bytes(path.read_bytes().replace(b"zzzz", b"\xff\xfe\xff\xfe"))
    with pytest.raises(InputError, match="is a damaged Parquet file"):
        load_table(path, "y")
