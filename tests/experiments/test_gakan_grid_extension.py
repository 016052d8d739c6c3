"""Full KANs by grid extension: finer grids begin as what coarser ones have learned."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.spaces.training import TrainingJob
from experiments.gakan.full_networks import DEEP, WIDE, job_of
from experiments.gakan.grid_extension import GRIDS, Climb, ascend, chosen, fit_extended
from experiments.gakan.published import PUBLISHED
from experiments.gakan.published_page import published_accuracy
from experiments.gakan.tables_models import DEEP_EXTENDED, DEEP_PAPER, WIDE_EXTENDED, WIDE_PAPER
from search_spaces.gakan.encoding import full_network


def test_a_grid_that_refines_another_begins_with_its_loss():
    job, hidden = job_of(WIDE, "iris", 200, {})
    widths = (4, *hidden, 3)
    coarse, fine = (full_network(widths, intervals) for intervals in (3, 6))
    first, second = ascend(job, [coarse, fine], job.problem.whole, 7, [8, 1])
    (fresh,) = job.space.train((TrainingJob(fine, job.problem.whole, 7, 1),), job.problem, job.budget)
    assert second.train_loss < first.train_loss
    assert first.train_loss < 0.5 * fresh.train_loss
    assert second.weights["layers.0.coefficients"].shape == (4 * 9, 6 + 3)


def test_the_rows_of_validation_decide_how_long_each_grid_is_trained():
    job, hidden = job_of(DEEP, "iris", 200, {})
    networks = [full_network((4, *hidden, 3), intervals) for intervals in GRIDS[:3]]
    found = ascend(job, networks, job.problem.folds[0], 7)
    assert len(found) == 3
    for trained in found:
        assert trained.val_loss == min(trained.looks)
        assert len(trained.looks) > trained.iterations  # it went on beyond the best, to see that nothing better comes
    assert found[1].looks[0] < found[0].looks[0]


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([(0.5, 0.4, 0.6), (0.3, 0.35, 0.1), (0.4, 0.3, 0.9)], (2, 1)),  # means 0.4, 0.35, 0.53
        ([(0.5, 0.4), (0.5, 0.3, 0.1), (0.5, 0.4)], (1, 1)),  # one of three is too few for the third grid
        ([(), (0.5,), (0.4, 0.1)], (2, 0)),
        ([(), (), (0.4, 0.1)], None),
        ([(), (), ()], None),
    ],
)
def test_grid_and_seed_are_chosen_by_validation_loss(losses, expected):
    climbs = [Climb(number, one, (1,) * len(one)) for number, one in enumerate(losses)]
    best, level = chosen(climbs)
    assert (None if best is None else (best.seed, level)) == expected


def test_an_extended_network_is_one_of_the_grids_and_knows_its_rows():
    network, figures = fit_extended(DEEP, "iris", 200, {})
    assert network.intervals in GRIDS
    assert network.widths == (4, 5, 5, 5, 3)
    assert figures["accuracy"] > 0.85
    again = fit_extended(DEEP, "iris", 200, {})
    assert (again[0].key, again[1]) == (network.key, figures)
    other = fit_extended(DEEP, "iris", 201, {})
    assert other[1] != figures


def test_no_figures_where_nothing_can_be_trained(monkeypatch):
    monkeypatch.setattr("experiments.gakan.grid_extension.SEEDS", 0)
    network, figures = fit_extended(WIDE, "iris", 200, {})
    assert (network.intervals, figures) == (GRIDS[0], {})


def test_published_figures_are_those_of_the_same_network():
    wine = PUBLISHED["wine"]
    assert {published_accuracy("wine", model) for model in (WIDE, WIDE_EXTENDED, WIDE_PAPER)} == {wine.wide}
    assert {published_accuracy("wine", model) for model in (DEEP, DEEP_EXTENDED, DEEP_PAPER)} == {wine.deep}
    assert not np.isclose(wine.wide, wine.deep)
