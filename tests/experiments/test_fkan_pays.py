"""Where networks pay: problems that are solved by their solutions, SciPy's solvers, networks in their time."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from evokan.problem.equations import Candidate, misfits
from experiments.fkan import pays
from experiments.fkan.pays import beginning, by_network, measure, methods
from experiments.fkan.pays_page import last_rows, report
from experiments.fkan.pays_problems import PROBLEMS, Ball, Fisher, Friction, problem
from experiments.fkan.pays_scipy import by_data_alone, by_differences, by_lines, by_shooting


@pytest.mark.parametrize("name", ["ball-2", "ball-5", "fisher"])
def test_solutions_solve_their_equations(name: str):
    task = problem(name, 0)

    def exact(x: torch.Tensor) -> torch.Tensor:
        if isinstance(task, Ball):
            return 1.0 / (1.0 + ((x - torch.from_numpy(task.centre)) ** 2).sum(dim=1))
        return (1.0 + torch.exp((x[:, 0] - 5.0 / 6.0**0.5 * x[:, 1]) / 6.0**0.5)) ** -2

    truth = {key: torch.tensor(value, dtype=torch.float64) for key, value in task.truth.items()}
    candidate = Candidate(exact, truth)
    x = task.points(0)
    np.testing.assert_allclose(exact(torch.from_numpy(x)).numpy(), task.solution(x), rtol=1e-12)
    residual, data = misfits(task, candidate, x)
    assert residual.detach().abs().max() < 1e-12
    noise = 0.01 if name == "fisher" else 0.0
    assert float(data.detach().std()) == pytest.approx(noise, abs=0.003 * bool(noise) + 1e-12)
    assert np.isnan(task.unseen(candidate)) != (name == "fisher")


def test_measurements_are_kept_back_from_the_conditions():
    task = Fisher(0)
    (seen,) = task.conditions(Candidate(lambda x: x[:, 0] * 0.0))
    assert len(seen) + task.kept_back == len(task.measured)
    assert task.unseen(Candidate(lambda x: x[:, 0] * 0.0)) == pytest.approx(np.mean(task.measured[:16] ** 2))
    assert not np.array_equal(task.measured, Fisher(1).measured)


@pytest.mark.parametrize(("dimensions", "sides"), [(2, (21, 41)), (3, (13, 25))])
def test_differences_in_a_ball_are_of_second_order(dimensions: int, sides: tuple[int, int]):
    task = Ball(dimensions)
    errors = []
    for side in sides:
        found = by_differences(task, side)
        assert len(found.values) == found.size == len(found.x)
        errors.append(np.abs(found.values - task.solution(found.x)).max())
    assert 2.8 < errors[0] / errors[1] < 5.0
    assert errors[1] < 2e-3


def test_least_squares_find_the_friction():
    found = by_shooting(Friction(0))
    assert found.coefficients["k"] == pytest.approx(0.3, rel=0.05)
    assert np.abs(found.values - Friction(0).solution(found.x)).max() < 0.05


@pytest.mark.slow
def test_least_squares_find_the_wave():
    task = Fisher(0)
    found = by_lines(task)
    assert found.coefficients["r"] == pytest.approx(1.0, rel=0.1)
    # Splines that nothing holds but noise: good where there are measurements.
    assert np.sqrt(np.mean((found.values - task.solution(found.x)) ** 2)) < 0.03
    assert np.abs(by_data_alone(task).values - task.solution(task.judged())).max() < 0.2


@pytest.fixture
def steady_clock(monkeypatch: pytest.MonkeyPatch):
    """Let every iteration take 0.02 s, whatever machine this is."""
    ticks = count()
    monkeypatch.setattr(pays, "time", SimpleNamespace(process_time=lambda: 0.02 * next(ticks)))


@pytest.mark.usefixtures("steady_clock")
@pytest.mark.parametrize("method", ["fkan", "tanh"])
def test_networks_get_better_and_stop_in_time(method: str):
    task = Ball(2)
    system, begin = beginning(task, method, 0)
    again, _ = beginning(task, method, 0)
    assert np.array_equal(system.at(begin).values, again.at(begin).values)
    found = list(by_network(task, method, 0, 0.5))
    assert [one[0] for one in found] == [1, 2, 4, 8, 16, 25]
    assert found[-1][1] < 0.1 * found[0][1]
    assert found[-1][4] == pytest.approx(0.5)


@pytest.mark.usefixtures("steady_clock")
def test_the_iterate_that_misses_least_of_what_is_kept_back_is_kept(monkeypatch: pytest.MonkeyPatch):
    unseen = iter([3.0, 1.0, 2.0, 0.5, *[9.0] * 10_000])
    monkeypatch.setattr(Fisher, "unseen", lambda self, u: next(unseen))
    errors = [one[1] for one in by_network(Fisher(0), "fkan", 0, 0.3)]
    # Iterations 1, 2, 4, 8, ...: after the fourth nothing is taken.
    assert len(set(errors[2:])) == 1
    assert len(set(errors[:3])) == 3


def page(ours, theirs, other, *, seconds=1.0):
    rows = [
        {"problem": "ball-2", "method": method, "seed": seed, "stop": stop, "error": error * stop, "numbers": 9}
        | {"coefficient_error": "", "cpu_seconds": spent / stop}
        for method, error, spent in (("fkan", ours, 1.0), ("tanh", other, 1.0), ("scipy", theirs, seconds))
        for seed in range(3)
        for stop in (8, 1)
    ]
    text = "\n".join(report(rows, Path("pays.png")))
    return next(
        line
        for line in text.splitlines()
        if line.startswith("| Poisson in a disc")
        and "/" not in line
        and not any(name in line for name in ("| fkan |", "| tanh |", "| scipy |"))
    )


@pytest.mark.parametrize(
    ("figures", "seconds", "verdict"),
    [
        ((1.0, 5.0, 5.0), 1.0, "| the network pays: it is more exact |  |  | 5 | fKAN is ahead |"),
        ((5.0, 1.0, 1.0), 1.0, "| not reached | **SciPy wins** |  |  | 0.2 | tanh is ahead |"),
        ((1.0, 1.1, 1.0), 0.1, "| **SciPy wins**: as exact, and faster |  |  | 1 | no difference |"),
        ((1.0, 1.1, 1.0), 9.0, "| the network pays: it is as exact, and faster |  |  | 1 | no difference |"),
        ((1.0, 1.1, 1.0), 1.0, "| a draw |  |  | 1 | no difference |"),
    ],
)
def test_who_wins(figures, seconds, verdict):
    line = page(*figures, seconds=seconds)
    assert line.endswith(verdict)


def test_iterations_are_those_at_the_end_and_of_networks_alone():
    rows = [
        {"problem": "ball-2", "method": method, "seed": seed, "stop": stop, "error": 0.1, "numbers": 9}
        | {"coefficient_error": "", "cpu_seconds": 1.0}
        for method in ("fkan", "tanh", "scipy")
        for seed in range(3)
        for stop in (1, 2, 100 + seed)
    ]
    text = "\n".join(report(rows, Path("pays.png")))
    assert "| Poisson in a disc | tanh | 3 | 9 | 101 | 1.0e-01 |" in text
    assert "| Poisson in a disc | scipy | 3 | 9 |  | 1.0e-01 |" in text


def test_a_measurement_has_a_row_for_every_look():
    rows = measure("friction", "fkan", 0, quick=True)
    *looks, last = [row["stop"] for row in rows]
    assert looks == [2**place for place in range(len(looks))]  # how many there are is for the machine to say
    assert len(looks) >= 1
    assert looks[-1] < last <= 2 * looks[-1]
    assert all(row["coefficient_error"] > 0.0 for row in rows)
    (row,) = measure("friction", "scipy", 0)
    assert row["coefficient_error"] < 0.05
    assert [row["stop"] for row in last_rows(rows, "friction", "fkan")] == [rows[-1]["stop"]]
    assert {name: methods(name)[-1] for name in PROBLEMS}["fisher"] == "data alone"
