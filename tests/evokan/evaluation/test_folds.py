"""From the trainings on the folds to the figures of a network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.evaluation.folds import aggregate
from evokan.spaces.training import Trained

NAN, INF = float("nan"), float("inf")


def watched(*looks: float) -> Trained:
    """A training that reports the loss after each of its iterations, and keeps the lowest."""
    best = int(np.nanargmin(looks))
    return Trained(looks[best], 0.5, best + 1, looks=looks)


def test_folds_are_averaged():
    folds = [
        Trained(1.0, 0.5, 4, evaluations=6, seconds=0.25),
        Trained(2.0, 0.0, 5, evaluations=7, seconds=0.5),
        Trained(6.0, 1.0, 8, evaluations=8, seconds=1.0),
    ]
    figures = aggregate(folds)
    assert (figures.val_loss, figures.train_loss) == (3.0, 0.5)
    assert figures.val_loss_se == pytest.approx((7.0 / 3.0) ** 0.5)  # sample variance 7, 3 folds
    assert (figures.iterations, figures.evaluations, figures.seconds) == (6, 21, 1.75)


@pytest.mark.parametrize(("iterations", "mean"), [((0, 0), 0), ((0, 0, 1), 1), ((1, 2), 2), ((4, 4, 5), 4)])
def test_mean_iterations_are_whole_and_at_least_one(iterations, mean):
    assert aggregate([Trained(1.0, 1.0, number) for number in iterations]).iterations == mean


@pytest.mark.parametrize(
    ("folds", "reason"),
    [
        ([Trained.failed("gone")], "gone"),
        ([Trained(1.0, 1.0, 3), Trained.failed("line\nbreak"), Trained.failed("later")], "fold 2 of 3: line break"),
        ([Trained(NAN, 1.0, 3)], "the validation loss is nan"),
        ([Trained(1.0, 1.0, 3), Trained(1.0, -INF, 3)], "fold 2 of 2: the training loss is -inf"),
        ([Trained(1.7e308, 1.0, 3)] * 2, "the losses of the folds are too large to be averaged"),
        ([Trained(1e200, 1.0, 3), Trained(0.0, 1.0, 3)], "the losses of the folds are too large to be averaged"),
    ],
)
def test_one_bad_fold_fails_the_network(folds, reason):
    figures = aggregate(folds)
    assert figures.reason == reason
    assert (figures.val_loss, figures.train_loss, figures.val_loss_se) == (INF, INF, 0.0)


# ---------------------------------------------------------------- one iteration for all folds


def test_folds_count_at_the_iteration_with_the_lowest_mean():
    figures = aggregate([watched(4.0, 1.0, 3.0), watched(4.0, 5.0, 2.0)], "common")
    assert (figures.val_loss, figures.iterations) == (2.5, 3)
    assert figures.val_loss_se == pytest.approx(0.5)  # 3 and 2: deviation 0.707 over the root of 2
    own = aggregate([watched(4.0, 1.0, 3.0), watched(4.0, 5.0, 2.0)], "own")
    assert (own.val_loss, own.iterations) == (1.5, 3)
    assert own.val_loss_se == pytest.approx(0.5)


def test_a_fold_that_stopped_goes_on_with_its_last_loss():
    figures = aggregate([watched(1.0, 2.0), watched(5.0, 4.0, 3.0, 1.5)], "common")
    assert (figures.val_loss, figures.iterations) == (1.75, 4)


def test_of_equal_means_the_first_iteration_counts():
    assert aggregate([watched(2.0, 1.0, 1.0), watched(2.0, 1.0, 1.0)], "common").iterations == 2


@pytest.mark.parametrize(
    "folds",
    [
        [watched(3.0, 1.0, 2.0)],
        [watched(3.0, 1.0), Trained(2.0, 0.5, 7)],
        [watched(INF, 1.0), watched(1.0, INF)],
        [watched(1e308, 1e308), watched(1e308, 1e308)],
    ],
)
def test_otherwise_each_fold_counts_with_its_own(folds):
    assert vars(aggregate(folds, "common")) == vars(aggregate(folds, "own"))


def test_iterations_without_a_finite_mean_are_passed_over():
    assert aggregate([watched(INF, 3.0, 1.0), watched(0.1, 3.0, NAN)], "common").val_loss == 3.0


@given(st.lists(st.lists(st.floats(0, 1e6), min_size=1, max_size=12), min_size=2, max_size=5))
def test_a_common_iteration_never_flatters(curves):
    folds = [watched(*curve) for curve in curves]
    common, own = aggregate(folds, "common"), aggregate(folds, "own")
    assert common.val_loss >= own.val_loss * (1 - 1e-12)
    assert 1 <= common.iterations <= max(map(len, curves))
    assert (common.train_loss, common.evaluations) == (own.train_loss, own.evaluations)
