"""Full KANs by grid extension: finer grids begin as what coarser ones have learned."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.searching.judged import Judged, figures_of
from evokan.spaces.training import Trained
from experiments.gakan.full_networks import DEEP, WIDE, job_of
from experiments.gakan.grid_extension import GRIDS, Climb, _climb, ascend, chosen, fit_extended
from experiments.gakan.published import PUBLISHED
from experiments.gakan.published_page import published_accuracy
from experiments.gakan.tables_models import DEEPS, WIDES
from search_spaces.gakan.encoding import full_network


@pytest.mark.parametrize("grids", [(3, 6), (3, 5)])
def test_a_finer_grid_begins_as_what_the_coarser_one_has_learned(grids):
    job, widths = job_of(WIDE, "iris", 200, {})
    coarse, fine = (full_network(widths, intervals) for intervals in grids)
    losses = {}
    for name, networks, climb in (
        ("coarse", [coarse], Climb(7, (0.0,), (8,))),
        ("fine", [coarse, fine], Climb(7, (0.0,) * 2, (8, 1))),
        ("fresh", [fine], Climb(7, (0.0,), (1,))),
    ):
        weights = ascend(job, networks, job.problem.whole, climb)
        assert weights["layers.0.coefficients"].shape == (36, networks[-1].intervals + 3)
        judged = Judged(networks[-1], weights, job.problem.development)
        losses[name] = figures_of(job.space, job.problem, [judged])[0]["log_loss"]
    assert losses["fine"] < losses["coarse"] < 0.5 * losses["fresh"]


def test_grids_are_judged_where_the_folds_stop_and_the_next_ones_begin_there(monkeypatch):
    job, widths = job_of(DEEP, "iris", 200, {})
    networks = [full_network(widths, intervals) for intervals in GRIDS[:2]]
    asked = []
    space = type(job.space)
    real = space.train

    def noted(self, jobs, problem, budget):
        trained = real(self, jobs, problem, budget)
        asked.append((jobs, trained))
        return trained

    monkeypatch.setattr(space, "train", noted)
    climb = _climb(job, networks, 0)
    assert len(climb.losses) == len(climb.iterations) == 2
    (watched, looked), (stopped, kept), (finer, _) = asked  # nothing begins as the last one
    assert {task.iterations for task in watched} == {None}
    assert {task.iterations for task in stopped} == {climb.iterations[0]}
    at_stop = [[*one.looks, *one.looks[-1:] * 400][climb.iterations[0] - 1] for one in looked]
    assert climb.losses[0] == pytest.approx(np.mean(at_stop))
    for task, trained in zip(finer, kept, strict=True):
        ((parent, weights),) = task.parents
        assert parent is networks[0]
        assert weights is trained.weights


def test_a_climb_ends_where_a_training_fails(monkeypatch):
    job, widths = job_of(DEEP, "iris", 200, {})
    networks = [full_network(widths, intervals) for intervals in GRIDS[:3]]
    space = type(job.space)
    real = space.train

    def failing(self, jobs, problem, budget):
        trained = real(self, jobs, problem, budget)
        return [*trained[:-1], Trained.failed("out of luck")] if jobs[0].architecture is networks[1] else trained

    monkeypatch.setattr(space, "train", failing)
    climb = _climb(job, networks, 0)
    assert len(climb.losses) == len(climb.iterations) == 1
    assert ascend(job, networks[:2], job.problem.whole, Climb(7, (0.0,) * 2, (1, 1))) is None


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([(0.5, 0.4, 0.6), (0.3, 0.35, 0.1), (0.4, 0.3, 0.9)], (2, 1)),  # means 0.4, 0.35, 0.53
        ([(0.5, 0.4), (0.5, 0.3, 0.1), (0.5, 0.4)], (1, 1)),  # the third grid is not reached by all
        ([(), (0.5,), (0.4, 0.1)], (2, 0)),
        ([(), (), (0.4, 0.1)], (2, 1)),
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
    monkeypatch.setattr("experiments.gakan.grid_extension.FRESH_SEEDS", 0)
    network, figures = fit_extended(WIDE, "iris", 200, {})
    assert (network.intervals, figures) == (GRIDS[0], {})


def test_published_figures_are_those_of_the_same_network():
    wine = PUBLISHED["wine"]
    assert {published_accuracy("wine", model) for model in (WIDE, WIDES.extended, WIDES.paper)} == {wine.wide}
    assert {published_accuracy("wine", model) for model in (DEEP, DEEPS.extended, DEEPS.paper)} == {wine.deep}
    assert not np.isclose(wine.wide, wine.deep)
