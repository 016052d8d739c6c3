"""When the front has come to rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.evaluation.records import Record
from evokan.evolution.settling import NOISE, WITHOUT_FOLDS, settled

SE = 0.1


def record(generation: int, loss: float, size: int, se: float = SE, status: str = "ok") -> Record:
    number = generation * 1000 + size * 10 + int(loss * 7)
    return Record(
        number, generation, "0", status=status, val_loss=loss, val_loss_se=se, n_params=size, key=f"{number} {loss}"
    )


FIRST = [record(0, 1.0, 10), record(0, 0.5, 20)]


@pytest.mark.parametrize(
    ("later", "rests"),
    [
        ([], True),
        ([record(3, 0.5 - 0.9 * NOISE * SE, 20)], True),  # within noise
        ([record(3, 0.5 - 1.1 * NOISE * SE, 20)], False),
        ([record(3, 0.7, 15)], False),  # a size that had nothing so good
        ([record(3, 1.2, 5)], False),  # a size that had nothing at all
        ([record(3, 0.6, 25)], True),  # larger and worse
        ([record(3, 0.1, 20, status="raced")], True),  # not judged to the end
        # A drift of small steps is seen as a whole.
        ([record(n, 0.5 - 0.6 * NOISE * SE * n, 20) for n in (2, 3)], False),
        # What moved before the last two generations is old.
        ([record(1, 0.1, 20)], True),
    ],
)
def test_better_by_more_than_noise_at_any_size(later, rests):
    assert settled([*FIRST, *later], 3, 2) is rests


def test_without_folds_a_share_of_the_loss_is_noise():
    for share, rests in ((0.9, True), (1.1, False)):
        loss = 0.5 / (1 + share * WITHOUT_FOLDS)
        assert settled([record(0, 0.5, 20, se=0.0), record(1, loss, 20, se=0.0)], 1, 1) is rests


def test_patience_is_needed_and_its_lack_never_rests():
    assert not settled(FIRST, 5, 0)
    assert not settled(FIRST, 1, 2)
    assert settled(FIRST, 2, 2)


@given(st.lists(st.tuples(st.integers(0, 6), st.floats(0.01, 2), st.integers(1, 50)), min_size=1, max_size=30))
def test_rest_for_long_is_rest_for_shorter(rows):
    records = [record(*row).replace(id=number, key=str(number)) for number, row in enumerate(rows)]
    rests = [settled(records, 6, patience) for patience in range(1, 7)]
    assert rests == sorted(rests, reverse=True)
