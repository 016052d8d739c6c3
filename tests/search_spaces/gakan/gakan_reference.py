"""What the tests of GA-KAN share: random networks, and the formula written out with SciPy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from scipy.interpolate import BSpline

from evokan.errors import InvalidArchitecture
from search_spaces.gakan.encoding import KANArchitecture, from_masks
from search_spaces.gakan.flat import FlatNetwork, flatten, state_dict
from search_spaces.gakan.network import SparseKAN


def silu(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.exp(np.clip(-x, -700, 700)))


def phi(x: np.ndarray, coefficients: np.ndarray, w_b: float, w_s: float, lo: float, h: float) -> np.ndarray:
    """w_b silu(x) + w_s sum_i c_i B_i(x), with knots three intervals beyond the grid and 0 outside of them.

    SciPy evaluates between the fourth knot from either end, so three more knots with coefficients 0 go around.
    """
    knots = lo + h * np.arange(-6, len(coefficients) + 4)
    spline = BSpline(knots, np.pad(coefficients, 3), 3, extrapolate=False)
    return w_b * silu(x) + w_s * np.nan_to_num(spline(x))


def random_masks(rng: np.random.Generator, widths: tuple[int, ...], share: float = 0.6) -> list[np.ndarray]:
    """Masks with at least one path through them."""
    while True:
        masks = [rng.random((upper, lower)) < share for lower, upper in pairwise(widths)]
        try:
            from_masks(masks, 1)
        except InvalidArchitecture:
            continue
        return masks


@dataclass(frozen=True)
class Case:
    """A network with values and grids of its own for every node, as kernel arguments and as a module."""

    architecture: KANArchitecture
    flat: FlatNetwork
    theta: np.ndarray
    input_grid: tuple[np.ndarray, np.ndarray]
    hidden_grid: tuple[np.ndarray, np.ndarray]

    def module(self) -> SparseKAN:
        model = SparseKAN(self.architecture, {})
        values = state_dict(self.architecture, self.flat, self.theta, self.input_grid, self.hidden_grid)
        state = {name: torch.as_tensor(value) for name, value in values.items()}
        model.load_state_dict({**model.state_dict(), **state})
        return model

    def gradient(self, model: SparseKAN) -> np.ndarray:
        """The module's gradients in the order of the kernel's parameter vector."""
        return np.concatenate(
            [
                getattr(layer, name).grad.numpy().reshape(-1)
                for name in ("coefficients", "w_b", "w_s")
                for layer in model.layers
            ]
        )

    def points(self, rng: np.random.Generator, rows: int) -> np.ndarray:
        """Inputs (rows, columns) on the grid, beyond it, beyond the knots, and exactly on knots."""
        x = rng.normal(size=(rows, self.architecture.widths[0]))
        for column, lo, h in zip(self.flat.columns, *self.input_grid, strict=True):
            intervals = self.architecture.intervals
            scattered = lo + h * rng.uniform(-4.5, intervals + 4.5, rows)
            knots = lo + h * rng.integers(-4, intervals + 5, rows)
            x[:, column] = np.where(rng.random(rows) < 0.3, knots, scattered)
        return x


def random_case(rng: np.random.Generator, widths: tuple[int, ...], intervals: int, share: float = 0.6) -> Case:
    architecture = from_masks(random_masks(rng, widths, share), intervals)
    flat = flatten(architecture)
    columns, nodes = len(flat.columns), int(flat.level_start[-1])
    theta = 0.5 * rng.normal(size=architecture.n_params)

    def grids(count: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.uniform(-3, -0.5, count), rng.uniform(1, 6, count) / intervals

    return Case(architecture, flat, theta, grids(columns), grids(nodes))
