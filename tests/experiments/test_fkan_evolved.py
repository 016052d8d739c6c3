"""The study of evolution over equations: its references, its ledger, its page."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.special import ellipk

from evokan.datasets.equations import equation_table
from evokan.problem.problem import Problem
from evokan.spaces.training import Budget, TrainingJob
from experiments.fkan.evolved import Counted, Ledger, Task, measure
from experiments.fkan.evolved_equations import EQUATIONS, reference
from experiments.fkan.evolved_page import STRATEGIES, WHOLE, report


def test_references_keep_what_is_kept():
    t = np.linspace(0.0, 6.0, 13)
    prey, predators = reference(EQUATIONS["prey"], t).T
    energy = prey - np.log(prey) + predators - np.log(predators)
    assert np.ptp(energy) < 1e-10
    # The period of a pendulum is 4 K(sin(theta_0 / 2)): it is back after it.
    period = 4.0 * ellipk(np.sin(1.0) ** 2)
    back = reference(EQUATIONS["pendulum"], np.array([0.0, period / 2, period]))[:, 0]
    assert back == pytest.approx([2.0, -2.0, 2.0], abs=1e-9)


def test_nothing_is_trained_beyond_the_ledger():
    problem = Problem.from_table(equation_table(EQUATIONS["prey"]))
    ledger = Ledger(25)
    space = Counted(ledger)
    (network, *_) = space.seeds(problem)
    job = TrainingJob(network, problem.folds[0], 0)
    found = space.train([replace(job, seed=seed) for seed in range(6)], problem, Budget(1))
    done = [one for one in found if not one.reason]
    assert ledger.spent == sum(one.evaluations for one in done)
    assert ledger.trainings == len(done) < len(found)
    assert ledger.spent - done[-1].evaluations < 25 <= ledger.spent
    assert ledger.loss == min(one.val_loss for one in done)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_spends_the_same(strategy):
    task = Task("prey", strategy, 0, 4, 7)
    row = measure(task)
    assert row["evaluations"] <= 280 + 280  # steps that fail cost, too, and the last training is waited for
    assert row["evaluations"] >= 280 or strategy == "paper, long"
    assert (row["trainings"] == 1) == (strategy == "paper, long")
    assert np.isfinite([row["error"], row["val_loss"]]).all()
    if strategy == "rungs":
        assert row == measure(task) | {"cpu_seconds": row["cpu_seconds"]}


def test_the_page_says_who_is_better():
    rows = [
        {
            "equation": equation,
            "strategy": strategy,
            "seed": seed,
            "error": 1e-9 if (strategy == "evolution") == (equation == "prey") else 1e-6,
            "val_loss": 1e-12,
            "val_loss_half": float("inf") if strategy == "paper, long" else 1e-11,
            "n_params": 100,
            "cpu_seconds": 9.0,
            "trainings": 40,
            "evaluations": 6000,
        }
        for equation, strategy, seed in product(("pendulum", "prey"), STRATEGIES, range(8))
    ]
    rows += [rows[0] | {"strategy": WHOLE, "error": 1e-7, "cpu_seconds": 31.0}]
    text = "\n".join(report(rows))
    assert "prey: the best of the rivals by its median error, `random`, has 1.0e-06; " in text
    assert (
        "`evolution` has 1.0e-09 and wins (lower on 8 of 8 seeds, p = 0.0078); `rungs` has 1.0e-06 and **does not"
        in text
    )
    assert (
        "pendulum: the best of the rivals by its median error, `random`, has 1.0e-09; `evolution` has 1.0e-06" in text
    )
    assert "`rungs` has 1.0e-09 and **does not win** (lower on 0 of 8, 8 equal seeds, p = 1)" in text
    assert "| random | 8 | 1.0e-06 | 1.0e-06 to 1.0e-06 | 1.0e-12 | 1.0e-11 | 100 | 6,000 | 40 | 9 | 8 of 8 |" in text
    few = "\n".join(report([row for row in rows if row["seed"] < 3]))
    assert "`evolution` has 1.0e-09 and is ahead, within chance (lower on 3 of 3 seeds, p = 0.25)" in few
    assert "error | at most 1e-06 | 1e-07 | met |" in text
    assert "one core | at most 30 s | 31 s | **not met** |" in text
    assert "inf" not in text
    assert "| pendulum | whole search | 1 | 1.0e-07 | 1.0e-07 to 1.0e-07 | 100 | 6,000 | 40 | 31 |  |" in text
    assert "| pendulum | paper, long | 8 | 1.0e-09 | 1.0e-09 to 1.0e-09 | 100 | 6,000 | 40 | 9 | 0 of 1 |" in text
    assert (
        "`seeds, longer`, has 1.0e-09; `whole search` has 1.0e-07 and **does not win** (lower on 0 of 1 seeds" in text
    )
    alone = "\n".join(report(rows[-1:]))
    assert "No strategy has been measured yet." in alone
    assert "error | at most 1e-06 | 1e-07 | met |" in alone
    assert "pendulum: not measured against anything." in alone
    assert "## A whole search" not in "\n".join(report(rows[:-1]))
