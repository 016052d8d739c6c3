"""What a search of fKAN does where nothing is said: folds for tables, one hold-out for equations."""

from __future__ import annotations

import pytest

from evokan.errors import InputError
from evokan.settings.job import prepare, resolve


@pytest.mark.parametrize("dataset", ["iris", "fkan-1d"])
def test_tables_are_judged_by_folds(dataset: str):
    config = resolve({"space": "fkan", "dataset": dataset})
    assert (config.folds, config.choose) == (5, "one-se")
    assert len(prepare(config).problem.folds) == 5


@pytest.mark.parametrize("preset", ["default", "paper"])
def test_equations_keep_their_one_hold_out(preset: str):
    config = resolve({"space": "fkan", "dataset": "lane-emden-0", "preset": preset})
    assert (config.folds, config.choose) == (1, "best-loss")
    assert (config.population, config.generations) == (16, 4)
    assert len(prepare(config).problem.folds) == 1


def test_settings_of_a_task_give_way_to_the_algorithm_and_to_the_user():
    config = resolve({"space": "fkan", "dataset": "burgers-1", "algorithm": "nsga2"})
    assert (config.folds, config.choose) == (1, "knee")
    given = resolve({"space": "fkan", "dataset": "burgers-1", "folds": 3, "choose": "smallest:0.05"})
    assert given.choose == "smallest:0.05"
    with pytest.raises(InputError, match="an equation has one hold-out"):
        prepare(given)
