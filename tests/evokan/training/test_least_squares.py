"""The Levenberg-Marquardt method on sums of squares with known minima."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from evokan.training.least_squares import levenberg_marquardt


class Parts:
    def __init__(self, values, jacobian):
        self.values, self._jacobian = np.asarray(values, dtype=float), np.asarray(jacobian, dtype=float)

    def jacobian(self):
        return self._jacobian


def rosenbrock(theta):
    x, y = theta
    return Parts([10 * (y - x * x), 1 - x], [[-20 * x, 10], [-1, 0]])


def test_rosenbrock_to_the_last_digit():
    steps = list(islice(levenberg_marquardt(rosenbrock, np.array([-1.2, 1.0])), 200))
    losses = [float(parts.values @ parts.values) for _, parts, _ in steps]
    assert np.allclose(steps[-1][0], 1.0, rtol=0, atol=1e-10)
    assert (np.diff(losses) < 0).all()
    assert [spent for *_, spent in steps] == sorted({spent for *_, spent in steps})


def test_a_linear_problem_reaches_the_least_squares_solution():
    rng = np.random.default_rng(0)
    matrix, right = rng.normal(size=(30, 5)), rng.normal(size=30)
    *_, (theta, _, _) = levenberg_marquardt(lambda t: Parts(matrix @ t - right, matrix), np.zeros(5))
    assert np.allclose(theta, np.linalg.lstsq(matrix, right)[0], rtol=1e-9, atol=1e-9)


def test_a_rank_deficient_jacobian_is_no_obstacle():
    matrix = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0]])
    *_, (theta, parts, _) = levenberg_marquardt(lambda t: Parts(matrix @ t - [1.0, 2.0], matrix), np.zeros(3))
    assert theta[:2].sum() == pytest.approx(1.0)
    assert parts.values @ parts.values < 1e-20


def test_points_that_are_not_finite_are_kept_away_from():
    def walled(theta):
        return Parts([np.log(theta[0]) + 3.0 if theta[0] > 0 else np.nan], [[1 / theta[0]]])

    *_, (theta, _, _) = levenberg_marquardt(walled, np.array([5.0]))
    assert theta[0] == pytest.approx(np.exp(-3.0))


@pytest.mark.parametrize("values", [[np.nan], [0.0]])
def test_nothing_to_do(values):
    assert not list(levenberg_marquardt(lambda theta: Parts(values, [[1.0]]), np.zeros(1)))


def test_parts_that_become_others_on_the_way():
    aims, asked = iter([2.0, -3.0]), []

    def evaluate(theta):
        return Parts(theta - aim[0], [[1.0]])

    aim = [next(aims)]

    def renewed(theta):
        asked.append(float(theta[0]))
        if abs(theta[0] - 2.0) > 1e-3 or aim[0] != 2.0:
            return False
        aim[0] = next(aims)
        return True

    steps = list(levenberg_marquardt(evaluate, np.zeros(1), renewed))
    losses = [float(parts.values @ parts.values) for _, parts, _ in steps]
    assert steps[-1][0][0] == pytest.approx(-3.0)
    assert min(losses) < 1e-20
    assert [float(theta[0]) for theta, *_ in steps] == asked
    assert max(np.diff(losses)) > 0  # once, when the aim moved
    assert sum(np.diff(losses) > 0) == 1
