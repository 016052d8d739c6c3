"""What networks are estimated to cost, beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evokan.problem.splits import Fold
from evokan.seeding import generator
from evokan.testing import small_problem
from experiments.hkan.published import PUBLISHED
from search_spaces.hkan import HKAN, HKANArchitecture, HKANLayer, HKANOptions
from search_spaces.hkan.cost import fit_seconds, seconds

LINEAR = [HKANLayer(3, "identity")]
DEEP = [HKANLayer(100, "sigmoid", n_basis=3), HKANLayer(3, "softplus", n_basis=10)]


def test_samples_are_cheap_and_the_cost_is_that_of_all_folds():
    problem = small_problem("regression", rows=200, folds=5, scaler="minmax")
    free, tight = HKAN(HKANOptions(max_cost=1e9)), HKAN(HKANOptions(max_cost=6.0))

    def drawn(space, n):
        return space.decode(space.sample(problem, generator("cost", n)), problem)

    costs = {space: [space.cost(drawn(space, n), problem, problem.folds) for n in range(40)] for space in (free, tight)}
    assert max(costs[tight]) <= 6.0 / 300 < max(costs[free])
    assert (free.allowance, tight.allowance) == (1e9, 6.0)
    none = HKAN(HKANOptions(max_cost=1e-9))
    assert none.cost(drawn(none, 0), problem, problem.folds) > 1e-9


@pytest.mark.parametrize(
    "name", ["compactive", "elevators", "pumadyn32nh", "kinematics8nm", "tf3", "stock", "concrete"]
)
def test_the_estimate_is_near_what_fits_take(name):
    # Medians of processor seconds in results/hkan/repeats.csv, plain and steady, and rows and columns of the tables.
    plain, steady, rows, columns = {
        "compactive": (4.39, 6.06, 6144, 21),
        "elevators": (2.24, 3.29, 11619, 18),
        "pumadyn32nh": (1.29, 1.49, 5734, 32),
        "kinematics8nm": (3.76, 4.98, 6144, 8),
        "tf3": (1.66, 1.91, 5000, 2),
        "stock": (0.224, 0.279, 713, 9),
        "concrete": (0.0717, 0.0882, 773, 8),
    }[name]
    layers = PUBLISHED[name].layers
    assert 0.8 < fit_seconds(layers, columns, rows, steady=False) / plain < 1.5
    assert 0.8 < fit_seconds(layers, columns, rows) / steady < 1.2


@pytest.mark.parametrize(
    ("rows", "columns", "nodes"), [(1000, 10, 60), (16_000, 10, 60), (3000, 80, 60), (3000, 10, 480)]
)
def test_networks_of_few_basis_functions_are_not_underestimated(rows, columns, nodes):
    # Of results/hkan/complexity.csv.
    measured = {(1000, 10, 60): 0.0434, (16_000, 10, 60): 0.491, (3000, 80, 60): 0.805, (3000, 10, 480): 1.016}
    layers = [HKANLayer(nodes, "sigmoid", 3, 12), HKANLayer(1, "sigmoid", 3, 12)]
    assert 0.6 < fit_seconds(layers, columns, rows) / measured[rows, columns, nodes] < 1.1


# Processor seconds of fits to classes: rows, columns, classes.
@pytest.mark.parametrize(
    ("layers", "table", "measured"),
    [
        (LINEAR, (142, 13, 3), 0.073),
        (DEEP, (142, 13, 3), 0.149),
        (DEEP, (455, 30, 2), 0.164),
        (DEEP, (1437, 64, 10), 2.18),
        (DEEP, (1600, 13, 3), 0.79),
        (LINEAR, (1437, 64, 10), 1.13),
    ],
)
def test_the_estimate_is_near_what_fits_to_classes_take(layers, table, measured):
    rows, columns, classes = table
    own = [*layers[:-1], replace(layers[-1], nodes=classes)]
    assert 0.5 < fit_seconds(own, columns, rows, classes=True) / measured < 2


@pytest.mark.parametrize("layers", [LINEAR, DEEP])
def test_classes_cost_more_than_numbers_and_the_more_the_more_there_are(layers):
    def cost(classes: int, rows: int) -> float:
        return fit_seconds([*layers[:-1], replace(layers[-1], nodes=classes)], 13, rows, classes=True)

    assert cost(3, 400) > 5 * fit_seconds(layers, 13, 400)
    assert cost(3, 400) < cost(6, 400) < cost(12, 400)
    assert cost(3, 400) < cost(3, 800) < cost(3, 1600)


def test_the_logistic_regression_looks_at_so_many_rows_and_directions_at_most():
    few, many = (fit_seconds(LINEAR, 13, rows, classes=True) for rows in (20_000, 40_000))
    assert many < 1.1 * few
    narrow, wide = (
        fit_seconds([HKANLayer(nodes, "identity"), *LINEAR], 2, 1000, classes=True)
        - fit_seconds([HKANLayer(nodes, "identity"), *LINEAR], 2, 1000)
        for nodes in (256, 300)
    )
    assert wide < 1.1 * narrow


@pytest.mark.parametrize("classes", [False, True])
def test_twice_the_rows_take_about_twice_as_long(classes):
    # Large enough that what a fit takes whatever its size is little of it.
    once, twice = (fit_seconds(DEEP, 13, rows, rows // 4, classes=classes) for rows in (3000, 6000))
    assert 1.8 < twice / once < 2.4


def test_a_steady_fit_takes_longer_where_its_last_layer_is_wide():
    wide = [HKANLayer(900, "sigmoid", n_basis=2), HKANLayer(1, "tanh", n_basis=10)]
    assert 1.1 < fit_seconds(wide, 2, 5000) / fit_seconds(wide, 2, 5000, steady=False) < 1.6


def test_outputs_of_an_identity_layer_share_their_least_squares():
    one, five = (fit_seconds([HKANLayer(outputs, "identity")], 30, 5000) for outputs in (1, 5))
    assert one == five
    assert fit_seconds([HKANLayer(5)], 30, 5000) > 4 * fit_seconds([HKANLayer(1)], 30, 5000)


def test_the_space_knows_whether_outputs_are_classes_and_fits_are_steady():
    numbers, classes = (
        small_problem(task, rows=200, folds=5, scaler="minmax") for task in ("regression", "classification")
    )
    network = HKANArchitecture(4, tuple(DEEP))
    folds = [Fold(np.arange(800), np.arange(800, 1000))]
    space, plain = HKAN(), HKAN(HKANOptions(steady=False))
    assert space.cost(network, numbers, folds) == seconds(DEEP, 4, folds)
    assert space.cost(network, classes, folds) == seconds(DEEP, 4, folds, classes=True)
    assert (
        plain.cost(network, numbers, folds)
        == seconds(DEEP, 4, folds, steady=False)
        < space.cost(network, numbers, folds)
    )


def test_the_estimate_grows_with_everything_that_takes_time():
    problems = (small_problem("regression", rows=n, folds=f, scaler="minmax") for n, f in ((60, 2), (600, 5)))
    small, large = (problem.folds for problem in problems)
    base = [HKANLayer(20, "tanh", n_basis=5), HKANLayer(1, "relu", n_basis=5)]
    variants = [
        [HKANLayer(40, "tanh", n_basis=5), base[1]],
        [HKANLayer(20, "tanh", n_basis=9), base[1]],
        [HKANLayer(20, "softplus", n_basis=5), base[1]],
        [base[0], HKANLayer(9, "relu", n_basis=5), base[1]],
    ]
    assert all(seconds(variant, 4, small) > seconds(base, 4, small) for variant in variants)
    assert seconds(base, 4, large) > seconds(base, 4, small)
    assert seconds(base, 9, small) > seconds(base, 4, small)
    assert 0 < seconds([HKANLayer(basis="identity")], 4, small) < seconds(base, 4, small)
