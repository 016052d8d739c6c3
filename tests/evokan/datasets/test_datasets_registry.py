"""Data sets by name: the listing, unknown names, own data sets, missing files."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from evokan.datasets import DatasetInfo, list_datasets, load_dataset, make_table, register_dataset, registry
from evokan.errors import InputError

HKAN = {
    "abalone",
    "auto_mpg",
    "bank32nh",
    "compactive",
    "concrete",
    "dee",
    "ele_2",
    "elevators",
    "kinematics8nm",
    "kinematics32nh",
    "laser",
    "machineCPU",
    "pumadyn32nh",
    "pyramidines",
    "stock",
    "treasury",
    "triazines",
    "wizmir",
}
LAWS = {"exp-sin", "product", "tf1", "tf3", "tf4", "tf5", "tf5-5"}


@pytest.fixture
def no_data(monkeypatch):
    monkeypatch.delenv("EVOKAN_DATA", raising=False)


@pytest.fixture
def own_registry(monkeypatch):
    monkeypatch.setattr(registry, "_added", {})


def small_table(seed):
    x = np.random.default_rng(seed).random((10, 1))
    return make_table("small", "regression", x, x[:, 0], feature_names=["x"], target_name="y")


def small_info(name="small", **more):
    return DatasetInfo(name, "regression", 10, 1, "identity", "ours", seeded=True, **more)


def test_every_promised_name_is_listed_once():
    names = [info.name for info in list_datasets()]
    assert len(names) == len(set(names))
    assert set(names) >= {"iris", "wine", "wdbc", "rice", "raisin", "tf2"} | HKAN | LAWS


def test_listing_says_what_is_here(no_data):
    available = {info.name: info.available for info in list_datasets()}
    assert all(available[name] for name in {"iris", "wine", "wdbc"} | LAWS)
    assert not any(available[name] for name in {"rice", "raisin", "tf2"} | HKAN)
    assert all("\n" not in info.description + info.source and info.description for info in list_datasets())


def test_listing_imports_nothing_heavy():
    code = (
        "import sys; from evokan.datasets import list_datasets; assert len(list_datasets()) > 30;"
        "print([m for m in ('sklearn', 'pandas', 'pyarrow', 'torch', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_unknown_name_gets_a_hint():
    with pytest.raises(InputError, match="unknown data set 'wien': did you mean 'wine'"):
        load_dataset("wien")


@pytest.mark.parametrize(
    ("name", "file", "origin"),
    [
        ("rice", "uci/rice.csv", "UCI Machine Learning Repository, Rice (Cammeo and Osmancik)"),
        ("raisin", "uci/raisin.csv", "UCI Machine Learning Repository, Raisin"),
        ("stock", "hkan/stock_train.csv and hkan/stock_test.csv", "rodakt/hkan, files data/stock_trn.csv"),
        ("tf2", "hkan/TF2_train.csv and hkan/TF2_test.csv", "rodakt/hkan, files data/TF2_trn.csv"),
    ],
)
def test_missing_files_are_named_in_one_line(no_data, name, file, origin):
    with pytest.raises(InputError) as error:
        load_dataset(name)
    (fault,) = error.value.faults
    assert file in fault
    assert origin in fault
    assert "EVOKAN_DATA" in fault
    assert "not set" in fault
    assert "\n" not in fault


def test_only_the_missing_part_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("EVOKAN_DATA", str(tmp_path))
    (tmp_path / "hkan").mkdir()
    (tmp_path / "hkan" / "dee_test.csv.gz").touch()
    with pytest.raises(InputError) as error:
        load_dataset("dee")
    assert "put hkan/dee_train.csv (" in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_an_own_data_set_is_listed_and_loaded_with_its_seed(own_registry):
    register_dataset(small_info(), small_table)
    assert list_datasets()[-1].name == "small"
    assert np.array_equal(load_dataset("small", seed=3).X, small_table(3).X)
    assert not np.array_equal(load_dataset("small").X, load_dataset("small", seed=1).X)


def test_an_own_data_set_can_be_replaced_but_not_a_built_in_one(own_registry):
    register_dataset(small_info(), small_table)
    register_dataset(small_info(), lambda seed: small_table(99))
    assert np.array_equal(load_dataset("small").X, small_table(99).X)
    assert [info.name for info in list_datasets()].count("small") == 1
    with pytest.raises(InputError, match="'iris' comes with evokan"):
        register_dataset(small_info("iris"), small_table)
    with pytest.raises(InputError, match="needs a name"):
        register_dataset(small_info(" "), small_table)


def test_files_of_an_own_data_set_are_checked_before_it_is_loaded(own_registry, no_data):
    register_dataset(small_info(files=("mine.csv",)), lambda seed: pytest.fail("loaded without its file"))
    with pytest.raises(InputError, match=r"put mine\.csv"):
        load_dataset("small")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": np.zeros((3, 2))}, "expected X of shape"),
        ({"X": np.array([[1.0], [np.nan], [2.0]])}, "finite"),
        ({"y": np.array([0, 2, 0])}, "each class number"),
    ],
)
def test_make_table_refuses_what_does_not_fit(changes, message):
    parts = {"X": np.ones((3, 1)), "y": np.array([0, 1, 0])} | changes
    with pytest.raises(ValueError, match=message):
        make_table(
            "t",
            "classification",
            parts["X"],
            parts["y"],
            feature_names=["a"],
            target_name="b",
            class_names=["no", "yes"],
        )


def test_the_fingerprint_sees_numbers_names_and_split_but_not_the_tables_name():
    x, y = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0, 4.0])

    def digest(*, name="t", x=x, y=y, features=("a", "b"), target="c", test_rows=None):
        return make_table(
            name, "regression", x, y, feature_names=features, target_name=target, test_rows=test_rows
        ).sha256

    assert len(digest()) == 64
    assert digest(name="other") == digest()
    assert digest(x=np.asfortranarray(x)) == digest()
    others = [
        digest(x=x + 1e-12),
        digest(y=-y),
        digest(features=("a", "bb")),
        digest(target="d"),
        digest(test_rows=np.array([2])),
    ]
    assert len({digest(), *others}) == 6
