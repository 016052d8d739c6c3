"""Which iterate a training keeps and when it stops: against the same said in a few lines of Python."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.training import watch

LOSSES = st.lists(st.one_of(st.floats(0, 1e6), st.just(math.inf), st.just(math.nan)), max_size=30)


def follow(losses, *, room=100, keeps_last=False, patience=0):
    """Let a watch look at losses until it is over, and return it with the iterations it kept and the trace."""
    found, trace, kept = watch.begin(), np.zeros(room), []
    for iteration, loss in enumerate(losses, start=1):
        if watch.look(found, trace, loss, iteration, keeps_last):
            kept.append(iteration)
        if watch.is_over(found, patience):
            break
    return found, kept, trace


@given(LOSSES)
def test_the_first_of_the_lowest_finite_losses_is_kept(losses):
    found, kept, trace = follow(losses)
    finite = [loss for loss in losses if math.isfinite(loss)]
    assert found[watch.VAL_LOSS] == min(finite, default=math.inf)
    assert found[watch.LOOKS] == len(losses)
    np.testing.assert_array_equal(trace[: len(losses)], losses)
    if finite:
        assert kept[-1] == found[watch.BEST_ITERATION] == losses.index(min(finite)) + 1
        assert all(losses[a - 1] > losses[b - 1] for a, b in pairwise(kept))


@given(LOSSES)
def test_a_given_length_keeps_the_last_finite_one(losses):
    found, kept, _ = follow(losses, keeps_last=True)
    assert kept == [number for number, loss in enumerate(losses, start=1) if math.isfinite(loss)]
    if kept:
        assert found[watch.VAL_LOSS] == losses[kept[-1] - 1]


@given(LOSSES, st.integers(1, 8))
def test_it_is_over_after_so_many_looks_without_a_better_one(losses, patience):
    found, kept, _ = follow(losses, patience=patience)
    looks = int(found[watch.LOOKS])
    last = kept[-1] if kept else 0
    assert looks - last <= patience
    assert looks == len(losses) or looks - last == patience


def test_a_trace_that_is_full_is_left_alone():
    found, _, trace = follow([3.0, 2.0, 1.0], room=2)
    assert (found[watch.LOOKS], trace.tolist()) == (3, [3.0, 2.0])


@pytest.mark.parametrize(("looks_back", "expected"), [(True, (2.0, 5.0)), (False, (5.0, 5.0))])
def test_without_a_look_the_training_loss_stands_for_both(looks_back, expected):
    found, *_ = follow([3.0, 2.0])
    watch.close(found, 5.0, 9, looks_back)
    assert (found[watch.VAL_LOSS], found[watch.TRAIN_LOSS]) == expected
    assert found[watch.SPENT] == 9


def test_a_training_that_never_had_a_loss_fails():
    found = watch.begin()
    watch.close(found, 1.0, 1, True)
    trained = watch.trained(found, np.zeros(2), np.zeros(0), time.perf_counter(), lambda: {})
    assert trained.reason == "the loss is not finite"
    assert trained.weights is None


def test_values_that_are_not_finite_fail_and_weights_come_where_asked_for():
    found, _, trace = follow([3.0, 2.0, 4.0])
    watch.close(found, 1.0, 7, True)
    began = time.perf_counter()
    assert watch.trained(found, np.array([np.nan]), trace, began, None).reason == "the loss is not finite"
    good = watch.trained(found, np.zeros(1), trace, began, lambda: {"a": np.ones(1)})
    assert (good.val_loss, good.train_loss, good.iterations, good.evaluations) == (2.0, 1.0, 2, 7)
    assert good.looks == (3.0, 2.0, 4.0)
    assert good.weights == {"a": np.ones(1)}
