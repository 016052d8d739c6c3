"""First generations and moves where there are hundreds of columns."""

from __future__ import annotations

import numpy as np

from evokan.problem.problem import Problem
from evokan.problem.table import Table
from evokan.seeding import generator
from evokan.testing.checks import verdict
from search_spaces.gakan import GAKAN
from search_spaces.gakan.beginning import FINE_GRIDS, MANY_ROWS, SEED_COLUMNS
from search_spaces.gakan.encoding import KANArchitecture

TELLING = (3, 150, 299)
SPACE = GAKAN()


def many_columns() -> Problem:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((200, 300))
    y = x[:, 3] + np.abs(x[:, 150]) * 1.5 + np.sin(2 * x[:, 299]) * 1.5
    return Problem.from_table(Table("wide", "regression", x, y, tuple(f"c{i}" for i in range(300)), "y"), folds=3)


PROBLEM = many_columns()


def networks(count: int) -> list[KANArchitecture]:
    rng = generator("wide")
    found = [verdict(SPACE, SPACE.sample(PROBLEM, rng), PROBLEM) for _ in range(count)]
    return [one for one in found if isinstance(one, KANArchitecture)]


def test_seeds_have_the_columns_that_promise_most():
    seeds = SPACE.seeds(PROBLEM)
    assert set(PROBLEM.column_order[:3]) == set(TELLING)
    for seed in seeds:
        assert len(seed.used_columns) <= SEED_COLUMNS
        assert set(TELLING) <= set(seed.used_columns)
        assert SPACE.decode(SPACE.encode(seed, PROBLEM), PROBLEM).key == seed.key


def test_samples_are_small_and_reach_every_column_in_the_end():
    found = networks(300)
    assert len(found) > 150
    assert max(one.n_features for one in found) <= SEED_COLUMNS
    used = np.bincount([column for one in found for column in one.used_columns], minlength=300)
    assert min(used[list(TELLING)]) > 5 * np.median(used)
    assert (used > 0).mean() > 0.5


def test_edges_are_added_near_the_front_of_the_order_but_not_only_there():
    network = SPACE.seeds(PROBLEM)[0]
    bits = SPACE.encode(network, PROBLEM)
    added = []
    for seed in range(200):
        after = verdict(SPACE, SPACE.neighbour(bits, "grow", PROBLEM, None, generator("grow", seed)), PROBLEM)
        assert isinstance(after, KANArchitecture)
        assert set(network.used_columns) <= set(after.used_columns)
        added += sorted(set(after.used_columns) - set(network.used_columns))
    place = np.argsort(PROBLEM.column_order)[added]
    assert np.median(place) < 150
    assert place.max() > 200


def test_no_reference_has_millions_of_edges():
    x = np.zeros((50, 2000))
    names = tuple(f"c{i}" for i in range(2000))
    wide = Problem.from_table(Table("wide", "regression", x, np.arange(50.0), names, "y"))
    assert [*SPACE.reference_architectures(wide)] == ["full [2000,5,5,5,1]"]


def test_of_many_rows_hidden_seeds_are_wide_and_fine():
    x = np.random.default_rng(0).standard_normal((2 * MANY_ROWS, 4))
    table = Table("long", "classification", x, (x[:, 0] > 0).astype(np.int64), tuple("abcd"), "y", ("no", "yes"))
    hidden = [seed for seed in SPACE.seeds(Problem.from_table(table)) if seed.depth == 2]
    assert [(seed.widths, seed.intervals) for seed in hidden] == [((4, 5, 2), grid) for grid in FINE_GRIDS]
