"""What the edges of survivors are worth, kept and stored."""

from __future__ import annotations

import numpy as np

from evokan.evaluation.folds import Evaluation, aggregate
from evokan.evaluation.records import Record
from evokan.evaluation.worths import Worths
from evokan.spaces.training import Trained


def figures(*attributions) -> Evaluation:
    return aggregate([Trained(1.0, 1.0, 3, attributions=one) for one in attributions])


def record(number: int, key: str) -> Record:
    return Record(number, 0, "", key=key)


def test_the_mean_over_the_folds_counts_and_a_silent_fold_tells_nothing():
    worths = Worths()
    worths.keep("a", figures(np.array([1.0, 0.0]), np.array([0.0, 3.0])))
    worths.keep("b", figures(np.array([1.0]), None))
    worths.keep("c", Evaluation.failed("no"))
    assert worths.of(record(0, "a")).tolist() == [0.5, 1.5]
    assert worths.of(record(1, "b")) is None
    assert worths.of(record(2, "c")) is None


def test_what_survivors_are_worth_comes_back_under_other_ids_too():
    worths = Worths()
    for key, value in (("a", 1.0), ("b", 2.0), ("c", 3.0)):
        worths.keep(key, figures(np.array([value])))
    survivors = [record(7, "a"), record(3, "a"), record(5, "b")]
    worths.retain(survivors)
    assert worths.of(record(0, "c")) is None
    arrays = worths.to_arrays(survivors)
    assert sorted(arrays) == ["worth/3", "worth/5"]
    again = Worths()
    again.from_arrays({**arrays, "3/0/layers.0.w_b": np.zeros(2)}, survivors)
    assert again.of(record(9, "a")).tolist() == [1.0]
    assert again.of(record(9, "b")).tolist() == [2.0]
