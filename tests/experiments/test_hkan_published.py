"""Table IV as we read it, the authors' laws, and the ranges that TPE draws from."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evokan.datasets import load_dataset
from evokan.errors import InputError
from evokan.settings.job import prepare, resolve
from evokan.testing import small_problem
from experiments.harness import Context
from experiments.hkan import searches, table_v, tpe
from experiments.hkan.laws import published_rows, register_laws
from experiments.hkan.published import PUBLISHED, REAL, SMALL
from experiments.hkan.repeats import STEADY, TEXT, Repeat, rows_of, run_repeat
from experiments.hkan.searches import Piece, run_search
from experiments.hkan.tpe import parameters, search_tpe, suggest
from search_spaces.hkan import HKAN, HKANArchitecture, HKANLayer
from search_spaces.hkan.encoding import RIDGES

NETWORKS = {
    "concrete": [
        HKANLayer(153, "sigmoid", 32, 10, "data", 0.01),
        HKANLayer(23, "sigmoid", 3, 2, "random", 1),
        HKANLayer(1, "sigmoid", 19, 11, "data", 0.01),
    ],
    "tf2": [
        HKANLayer(48, "tanh", 22, 17, "random", 0.1),
        HKANLayer(11, "softplus", 18, 21, "data", 1),
        HKANLayer(basis="identity"),
    ],
    "ele_2": [HKANLayer(478, "relu", 19, 39, "data", 0.01), HKANLayer(basis="identity")],
    "triazines": [HKANLayer(2, "sigmoid", 40, 29, "random", 1), HKANLayer(1, "gaussian", 41, 6, "data", 0.01)],
    "auto_mpg": [HKANLayer(1, "sigmoid", 9, 32, "equal", 0.001)],
    "wizmir": [HKANLayer(basis="identity")],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_hyperparameters_are_read_layer_by_layer(name):
    assert list(PUBLISHED[name].layers) == NETWORKS[name]


PRINTED = {
    row["data"]: row
    for row in csv.DictReader(Path(__file__).with_name("hkan_tables.csv").read_text(encoding="utf-8").splitlines())
}
"""Tables IV and V as they are printed; several values in a cell are those of the layers, from the input on."""

LETTERS = {"S": "sigmoid", "T": "tanh", "G": "gaussian", "R": "relu", "S+": "softplus", "I": "identity"}
PLACES = {"R": "random", "D": "data", "E": "equal"}


def test_nothing_is_missing_of_the_printed_tables():
    assert set(PUBLISHED) == set(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_every_value_is_the_printed_one(name):
    row = PRINTED[name]
    columns = {column: iter(row[column].split()) for column in ("hidden_nodes", "sigma", "m", "placement", "lambda")}
    layers = []
    for letter in row["basis"].split():
        nodes = int(next(columns["hidden_nodes"], 1))
        if letter == "I":
            layers.append(HKANLayer(nodes, "identity"))
            continue
        sigma, m, place, ridge = (next(columns[column]) for column in ("sigma", "m", "placement", "lambda"))
        layers.append(HKANLayer(nodes, LETTERS[letter], float(sigma), int(m), PLACES[place], float(ridge)))
    assert [*map(list, columns.values())] == [[]] * 5  # nothing printed is left over
    assert len(layers) == int(row["layers"])
    assert PUBLISHED[name].layers == tuple(layers)
    assert (PUBLISHED[name].kan, PUBLISHED[name].hkan) == (float(row["kan"]), float(row["hkan"]))


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_printed_value_has_its_layer_and_its_range(name):
    entry = PUBLISHED[name]
    layers = entry.layers
    curved = [layer for layer in layers if not layer.is_identity]
    assert {len(values) for values in (entry.sigmas, entry.m, entry.places.split(), entry.ridges)} == {len(curved)}
    assert len(layers) == len(entry.hidden) + 1 <= 3
    assert layers[-1].nodes == 1
    for layer in layers[:-1]:
        assert 2 <= layer.nodes <= (1000 if len(layers) == 2 else 200)
        assert not layer.is_identity
        assert layer.placement != "equal"
    for layer in curved:
        assert 1 <= layer.sigma <= 50
        assert 1 <= layer.n_basis <= 40
        assert layer.ridge in RIDGES


def test_the_data_sets_are_those_of_table_v():
    assert len(PUBLISHED) == 24
    assert {*SMALL, *table_v.LARGE_FIRST} == set(PUBLISHED)
    assert len(table_v.LARGE_FIRST) == 14
    assert set(SMALL) < set(REAL)
    assert set(PUBLISHED) - set(REAL) == {"tf1", "tf2", "tf3", "tf4", "tf5", "tf5-5"}
    assert (len(SMALL), len(REAL)) == (10, 18)


class Trial:
    """Answers as a trial of Optuna does, with numbers of its own, and notes what was asked."""

    def __init__(self, seed: int, asked: dict[str, object]) -> None:
        self._rng = np.random.default_rng(seed)
        self.asked = asked

    def suggest_int(self, name: str, low: int, high: int) -> int:
        assert self.asked.setdefault(name, (low, high)) == (low, high)
        # Often an end of the range.
        return int(self._rng.choice([low, high, self._rng.integers(low, high + 1)]))

    def suggest_categorical(self, name: str, choices):
        assert self.asked.setdefault(name, tuple(choices)) == tuple(choices)
        return choices[self._rng.integers(len(choices))]


def test_tpe_draws_from_the_whole_of_table_iii_and_nothing_else():
    asked: dict[str, object] = {}
    networks = [suggest(Trial(seed, asked), 5) for seed in range(2000)]
    hidden = [(layer, network.depth) for network in networks for layer in network.layers[:-1]]
    last = [network.layers[-1] for network in networks]
    assert {network.n_inputs for network in networks} == {5}
    assert {network.depth for network in networks} == {1, 2, 3}
    for depth, widest in ((2, 1000), (3, 200)):
        nodes = {layer.nodes for layer, found in hidden if found == depth}
        assert (min(nodes), max(nodes)) == (2, widest)
    assert {layer.nodes for layer in last} == {1}
    assert {layer.basis for layer, _ in hidden} == {"sigmoid", "gaussian", "relu", "softplus", "tanh"}
    assert {layer.basis for layer in last} == {"sigmoid", "gaussian", "relu", "softplus", "tanh", "identity"}
    curved_last = [layer for layer in last if not layer.is_identity]
    assert {layer.placement for layer, _ in hidden} == {"random", "data"}
    assert {layer.placement for layer in curved_last} == {"random", "data", "equal"}
    for layers in ([layer for layer, _ in hidden], curved_last):
        assert {layer.sigma for layer in layers} == set(range(1, 51))
        assert {layer.n_basis for layer in layers} == set(range(1, 41))
        assert {layer.ridge for layer in layers} == {0.0, 0.001, 0.01, 0.1, 1.0, 10.0}


def test_optuna_takes_what_is_suggested():
    optuna = pytest.importorskip("optuna", reason="optuna is not installed: pip install 'evokan[bench]'")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    keys = {}

    def objective(trial):
        keys[trial.number] = suggest(trial, 3).key
        return float(trial.number % 7)

    study.optimize(objective, n_trials=30)
    assert suggest(study.best_trial, 3).key == keys[study.best_trial.number]


def value(name: str, place):
    """The function written out, for inputs in [0, 1] as the authors' files have them."""
    i = np.arange(1, place.shape[1] + 1)
    if name == "tf1":
        return (2 * place[:, 0] - 1) * (2 * place[:, 1] - 1)
    if name == "tf3":
        x = 1000 * place - 500
        return -(x * np.sin(np.sqrt(abs(x)))).sum(axis=1)
    if name == "tf4":
        r = np.linalg.norm(8 * place - 4, axis=1)
        return 1 - np.cos(2 * np.pi * r) + 0.1 * r
    x = np.pi * (place if name == "tf5-5" else 2 * place - 1)
    return -(np.sin(x) * np.sin(i * x**2 / np.pi) ** 20).sum(axis=1)


@pytest.mark.parametrize(
    ("name", "inputs", "rows", "test_rows", "low"),
    [
        ("tf1", 2, 5000, 10_000, 0.0),
        ("tf3", 2, 5000, 10_000, 0.0),
        ("tf4", 10, 3750, 1250, 0.0),
        ("tf5", 2, 5000, 10_000, 0.5),
        ("tf5-5", 5, 7500, 2500, 0.0),
    ],
)
def test_laws_are_those_of_the_authors_files(name, inputs, rows, test_rows, low):
    sample = published_rows(name)
    assert sample.x.shape == (rows, inputs)
    assert sample.x_test.shape == (test_rows, inputs)
    x, y = np.vstack([sample.x, sample.x_test]), np.concatenate([sample.y, sample.y_test])
    assert (x.min(), x.max()) == pytest.approx((low, 1), abs=1e-3)
    values = value(name, x)
    bottom, top = (0.206, 2.947) if name == "tf4" else (values.min(), values.max())
    np.testing.assert_allclose(y, (values - bottom) / (top - bottom), atol=1e-9)
    if name in ("tf1", "tf3", "tf5"):
        axis = np.linspace(low, 1, 100)
        assert np.array_equal(sample.x_test[:100], np.column_stack([np.full(100, low), axis]))
        assert np.array_equal(np.unique(sample.x_test[:, 0]), axis)
    again = published_rows(name)
    assert np.array_equal(sample.x, again.x)
    assert np.array_equal(sample.y_test, again.y_test)


def test_other_data_sets_keep_their_rows_and_units():
    sample, table = published_rows("product"), load_dataset("product")
    assert np.array_equal(np.vstack([sample.x, sample.x_test]), table.X)
    assert np.array_equal(np.concatenate([sample.y, sample.y_test]), table.y)
    text = rows_of("tf1" + TEXT)
    assert (len(text.x), len(text.x_test)) == (5000, 10_000)
    np.testing.assert_allclose(text.y, value("tf1", text.x), atol=1e-12)


def test_a_repeat_is_the_fit_of_table_iv():
    found = run_repeat(Repeat("tf4", 0))
    assert found["rmse"] == pytest.approx(PUBLISHED["tf4"].hkan, rel=0.05)
    assert (found["dataset"], found["seed"]) == ("tf4", 0)
    assert run_repeat(Repeat("tf4", 0))["rmse"] == found["rmse"]


def test_searches_come_in_their_order_and_tpe_where_optuna_is(monkeypatch, tmp_path):
    monkeypatch.setattr(table_v, "find_spec", lambda name: name == "optuna")
    pieces = table_v.search_pieces(Context(tmp_path))
    assert len(pieces) == len(set(pieces)) == 3 * 24 + 2 * 10
    for first, method in ((0, "evolution"), (24, "tpe"), (48, "gakan")):
        assert [piece.dataset for piece in pieces[first : first + 24]] == [*SMALL, *table_v.LARGE_FIRST]
        assert {piece.method for piece in pieces[first : first + 24]} == {method}
    assert {piece.evaluations for piece in pieces} == {300}
    assert [piece.seed for piece in pieces[72:]] == [1] * 10 + [2] * 10
    assert {piece.method for piece in pieces[72:]} == {"evolution"}
    monkeypatch.setattr(table_v, "find_spec", lambda name: None)
    without = table_v.search_pieces(Context(tmp_path, seeds=1))
    assert {piece.method for piece in without} == {"evolution", "gakan"}
    assert len(without) == 48
    assert len(table_v.search_pieces(Context(tmp_path, quick=True))) == 4


def test_no_search_may_take_more_than_a_quarter_of_an_hour_and_tpe_has_as_long_as_evolution(monkeypatch):
    monkeypatch.setattr(table_v, "find_spec", lambda name: name)
    for piece in table_v.search_pieces(Context(Path())):
        settings = resolve(piece.settings())
        whole_rows = piece.dataset in SMALL or piece.dataset == "wizmir"
        assert (settings.rungs == "off") == whole_rows
        assert piece.method == "gakan" or settings.space_options["max_cost"] > 100
        assert settings.space == ("gakan" if piece.method == "gakan" else "hkan")
        assert (settings.time_limit is None) == (piece.method == "tpe")
        assert piece.limit <= searches.LIMIT == 900
        assert (piece.limit < searches.LIMIT) == (piece.method == "gakan")


def test_repeats_and_what_has_no_room_are_no_evaluations_of_tpe(monkeypatch):
    """TPE asks on where it names a network again or one that costs too much, as evolution draws again."""
    pytest.importorskip("optuna", reason="optuna is not installed: pip install 'evokan[bench]'")
    job = prepare(resolve({"space": "hkan", "dataset": "exp-sin", "space_options": {"max_cost": 1.0}}))
    few = [HKANArchitecture(2, (HKANLayer(nodes=n, n_basis=2), HKANLayer())) for n in range(2, 16)]
    dear = HKANArchitecture(2, (HKANLayer(nodes=1000, n_basis=40), HKANLayer()))
    trained, train = [], job.space.train

    def named(trial, n_inputs):
        """Return the same three over and over, one of them too dear, before new ones."""
        return (few[0], few[1], dear)[trial.number % 3] if trial.number < 9 else few[trial.number - 7]

    def counted(jobs, problem, budget):
        trained.append(jobs[0].architecture.key)
        return train(jobs, problem, budget)

    monkeypatch.setattr(job.space, "train", counted)
    monkeypatch.setattr(tpe, "suggest", named)
    network, loss, evaluations = search_tpe(job, seed=0, evaluations=12, limit=60.0)
    assert evaluations == 12
    assert trained == [network.key for network in few[:12]]
    assert network.key in trained
    assert 0 < loss < tpe.TOO_COSTLY


def test_seeds_of_evolution_are_starts_of_tpe():
    optuna = pytest.importorskip("optuna", reason="optuna is not installed: pip install 'evokan[bench]'")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    problem = small_problem("regression", scaler="minmax")
    starts = HKAN().seeds(problem)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    for start in starts:
        study.enqueue_trial(parameters(start))
    asked = []

    def objective(trial):
        asked.append(suggest(trial, problem.n_features))
        return 0.0

    study.optimize(objective, n_trials=len(starts))
    for start, found in zip(starts, asked, strict=True):
        rounded = [layer if layer.is_identity else replace(layer, sigma=round(layer.sigma)) for layer in start.layers]
        assert found.layers == tuple(rounded)


def test_a_repeat_by_steady_least_squares_is_another_fit():
    plain, steady = (run_repeat(Repeat(name, 0)) for name in ("machineCPU", "machineCPU" + STEADY))
    assert steady["dataset"] == "machineCPU (steady)"
    assert steady["rmse"] != plain["rmse"]
    assert steady["rmse"] == pytest.approx(plain["rmse"], rel=0.2)


def test_the_authors_laws_can_be_searched_on():
    name = register_laws("tf5")
    table, rows = load_dataset(name), published_rows("tf5")
    assert np.array_equal(table.X[table.test_rows], rows.x_test)
    assert len(table.y) == len(rows.y) + len(rows.y_test)
    assert register_laws("dee") == "dee"
    assert register_laws("tf5") == name  # once more


COLUMNS = {
    *Piece._fields,
    *("evaluations", "val_loss", "product_rmse", "rmse_median", "rmse_q1", "rmse_q3", "train_rmse"),
    *("n_params", "network", "cpu_seconds"),
}


@pytest.mark.parametrize("method", ["evolution", "tpe", "gakan"])
def test_a_search_leaves_a_row_its_fits_and_pictures(method, monkeypatch):
    if method == "tpe":
        pytest.importorskip("optuna", reason="optuna is not installed: pip install 'evokan[bench]'")
    monkeypatch.setattr(searches, "REPEATS", 3)
    monkeypatch.setattr(searches, "DRAWN", ("machineCPU",))
    try:
        found = run_search(Piece("machineCPU", method, 0, 6, 1))
    except InputError as missing:
        pytest.skip(str(missing))
    assert found["evaluations"] == 12 or (method == "gakan" and found["evaluations"] > 12)  # ways down from its seeds
    fits, pictures = found.pop("fits"), found.pop("pictures")
    assert len(fits) == (1 if method == "gakan" else 3)
    assert {**found, "fits": 0, "pictures": 0}.keys() == COLUMNS | {"fits", "pictures"}
    assert found["rmse_median"] == sorted(fit["rmse"] for fit in fits)[len(fits) // 2]
    assert set(pictures) == ({"machineCPU_levels.png", "machineCPU_input_fit.png"} if method == "evolution" else set())
    assert 0.01 < found["rmse_median"] < 0.2
    assert 0 < found["train_rmse"] < found["rmse_median"]
    assert 0.1 < found["val_loss"] < 1.5  # in standard deviations, whatever the family calls its loss
