"""SciPy's way with the problems of the page on where networks pay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline, RBFInterpolator, RectBivariateSpline
from scipy.optimize import least_squares
from scipy.sparse.linalg import bicgstab, spsolve

from evokan.arrays import FloatArray
from experiments.fkan.pays_problems import Ball, Fisher, Friction, swing

CELLS, KNOTS, ENDS = 60, 9, 4
"""Of the method of lines for Fisher's equation: cells, knots of the initial values, and of the values at either end."""


@dataclass(frozen=True, eq=False)
class Solved:
    """What a solver has found.

    Attributes
    ----------
    values, x
        The solution, and where; shapes (N,) and (N, coordinates).
    coefficients
        By name.
    size
        How many numbers were looked for.
    """

    x: FloatArray
    values: FloatArray
    coefficients: Mapping[str, float]
    size: int


def by_differences(task: Ball, side: int) -> Solved:
    """Solve Poisson's equation in a ball by central differences on a grid of `side` points along each axis.

    Shortley and Weller, Journal of Applied Physics 9 (1938): next to the surface the differences are of unequal steps,
    so that the method keeps its second order. A direct solver in two dimensions, BiCGSTAB beyond.
    """
    axis = np.linspace(-1.0, 1.0, side)
    step, d = axis[1] - axis[0], task.dimensions
    squares = np.meshgrid(*[axis**2] * d, indexing="ij", sparse=True)
    inside = np.asarray(sum(squares[1:], start=squares[0]) < 1.0 - 1e-9)
    index = np.argwhere(inside)
    count = len(index)
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(count)
    x = axis[index]
    known, diagonal = task.laplacian(x), np.zeros(count)
    rows, columns, weights = [], [], []
    rest = 1.0 - np.sum(x**2, axis=1)
    for place in range(d):
        half_chord = np.sqrt(rest + x[:, place] ** 2)
        steps, neighbours = [], []
        for sign in (-1, 1):
            moved = index.copy()
            moved[:, place] += sign
            neighbours.append(number[tuple(moved.T)])
            steps.append(np.where(neighbours[-1] >= 0, step, half_chord - sign * x[:, place]))
        for sign, length, neighbour in zip((-1, 1), steps, neighbours, strict=True):
            weight = 2.0 / (length * (steps[0] + steps[1]))
            free = neighbour >= 0
            rows.append(np.flatnonzero(free))
            columns.append(neighbour[free])
            weights.append(weight[free])
            end = x[~free].copy()
            end[:, place] += sign * length[~free]
            known[~free] -= weight[~free] * task.solution(end)
        diagonal -= 2.0 / (steps[0] * steps[1])
    places = np.concatenate(rows), np.concatenate(columns)
    matrix = sparse.coo_array((np.concatenate(weights), places), shape=(count, count)).tocsr()
    matrix = (matrix + sparse.diags_array(diagonal)).tocsr()
    if d == 2:
        values = spsolve(matrix.tocsc(), known)
    else:
        values, status = bicgstab(matrix, known, rtol=1e-8, M=sparse.diags_array(1.0 / diagonal))
        assert status == 0, status
    return Solved(x, values, {}, count)


def by_shooting(task: Friction) -> Solved:
    """Fit k and the initial values, least squares around a Runge-Kutta method."""

    def missed(values: FloatArray) -> FloatArray:
        return swing(values[0], values[1:], task.times, tolerance=1e-8) - task.measured

    found = least_squares(missed, [task.coefficients["k"], task.measured[0], 0.0]).x
    x = task.judged()
    return Solved(x, swing(found[0], found[1:], x[:, 0], tolerance=1e-8), {"k": float(found[0])}, 3)


def by_lines(task: Fisher) -> Solved:
    """Fit D, r, and splines of initial and boundary values, least squares around the method of lines."""
    axis, times = np.linspace(task.low[0], task.high[0], CELLS + 1), np.linspace(task.low[1], task.high[1], 41)
    knots, ends = np.linspace(axis[0], axis[-1], KNOTS), np.linspace(times[0], times[-1], ENDS)
    step = axis[1] - axis[0]

    def solved(values: FloatArray) -> RectBivariateSpline:
        diffusion, growth = values[:2]
        begin, left, right = np.split(values[2:], [KNOTS, KNOTS + ENDS - 1])
        at_left = CubicSpline(ends, [begin[0], *left])
        at_right = CubicSpline(ends, [begin[-1], *right])

        def slope(t: float, u: FloatArray) -> FloatArray:
            whole = np.concatenate([[at_left(t)], u, [at_right(t)]])
            bend = (whole[2:] - 2.0 * u + whole[:-2]) / step**2
            found: FloatArray = diffusion * bend + growth * u * (1.0 - u)
            return found

        path = solve_ivp(
            slope,
            (times[0], times[-1]),
            CubicSpline(knots, begin)(axis)[1:-1],
            method="LSODA",
            t_eval=times,
            rtol=1e-6,
            atol=1e-7,
            lband=1,
            uband=1,
        )
        whole = np.full((len(axis), len(times)), 1e3)
        if path.y.shape[1] == len(times):
            whole = np.vstack([at_left(times), path.y, at_right(times)])
        return RectBivariateSpline(axis, times, whole)

    def at(surface: RectBivariateSpline, x: FloatArray) -> FloatArray:
        return np.asarray(surface(x[:, 0], x[:, 1], grid=False))

    begin = np.concatenate([[*task.coefficients.values()], np.full(KNOTS + 2 * (ENDS - 1), 0.5)])
    lowest = np.concatenate([[1e-3, -10.0], np.full(len(begin) - 2, -2.0)])
    found = least_squares(
        lambda values: at(solved(values), task.places) - task.measured, begin, bounds=(lowest, 10.0), x_scale="jac"
    ).x
    x = task.judged()
    coefficients = {"D": float(found[0]), "r": float(found[1])}
    return Solved(x, at(solved(found), x), coefficients, len(begin))


def by_data_alone(task: Fisher) -> Solved:
    """Smooth the measurements without the equation, by thin plates; how much, those kept back decide."""
    back, scale = task.kept_back, np.subtract(task.high, task.low)

    def smoothed(smoothing: float, first: int) -> RBFInterpolator:
        return RBFInterpolator(task.places[first:] / scale, task.measured[first:], smoothing=smoothing)

    def missed(smoothing: float) -> float:
        found = smoothed(smoothing, back)(task.places[:back] / scale)
        return float(np.mean((found - task.measured[:back]) ** 2))

    chosen = min(10.0 ** np.arange(-6.0, 1.0), key=missed)
    x = task.judged()
    return Solved(x, smoothed(chosen, 0)(x / scale), {}, len(task.places))
