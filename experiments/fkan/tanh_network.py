"""A plain tanh network on equations: the same misfits, points and optimiser as a fractional network has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, pairwise

import numpy as np
import torch
from torch import Tensor

from evokan.arrays import FloatArray
from evokan.problem.equations import Equation
from evokan.problem.scaling import Scaler
from evokan.seeding import generator
from search_spaces.fkan.system import JetSystem

SPREAD = 3.0
"""Of the first map's weights, as that of fractional networks on equations is."""


class TanhSystem(JetSystem):
    """The misfits of an equation of second order as a function of a tanh network's parameters.

    Value and derivatives go through the layers together, for all points at once.

    Parameters
    ----------
    widths
        Neurons of the hidden layers.
    """

    def __init__(self, equation: Equation, widths: Sequence[int], scaler: Scaler, points: FloatArray) -> None:
        super().__init__(equation, scaler, points, len(equation.unknowns))
        if self.order != 2:
            raise ValueError(f"expected an equation of second order, got one of order {self.order}")
        coordinates = points.shape[1]
        self.levels = (coordinates, *widths, self.outputs)
        self._slopes = torch.diag(torch.from_numpy(self.slope))
        self._first, self._second = torch.tensor([*combinations_with_replacement(range(coordinates), 2)]).T

    @property
    def n_params(self) -> int:
        """Weights and biases."""
        return sum((lower + 1) * upper for lower, upper in pairwise(self.levels))

    def begin(self, seed: int) -> FloatArray:
        """Return the values to begin with.

        The first map is that of `search_spaces.fkan.flat.spread_values`, the others are Glorot's, biases there are 0.
        """
        rng = generator("tanh network", seed)
        coordinates, width = self.levels[:2]
        weights = rng.uniform(-1.0, 1.0, (width, coordinates)) * SPREAD / coordinates**0.5
        zeros = rng.uniform(-(3.0**0.5), 3.0**0.5, weights.shape)
        parts = [weights.ravel(), -(weights * zeros).sum(axis=1)]
        for lower, upper in pairwise(self.levels[1:]):
            parts += [rng.uniform(-1.0, 1.0, upper * lower) * (6.0 / (lower + upper)) ** 0.5, np.zeros(upper)]
        return np.concatenate(parts)

    def jets(self, network: FloatArray, points: FloatArray) -> FloatArray:
        """Return the jets in raw coordinates, shape (points, outputs, components)."""
        with torch.no_grad():
            found = torch.func.vmap(self._jet, (None, 0))(torch.from_numpy(network), torch.from_numpy(points))
        return np.ascontiguousarray(found.numpy())

    def pull(self, network: FloatArray, points: FloatArray, seeds: FloatArray) -> FloatArray:
        """Return the gradients in the network's parameters of `seeds` times the jets, shape (parameters, points)."""
        theta = torch.from_numpy(network)

        def gradient(point: Tensor, seed: Tensor) -> Tensor:
            pulled: Tensor = torch.func.vjp(lambda values: self._jet(values, point), theta)[1](seed)[0]
            return pulled

        found = torch.func.vmap(gradient)(torch.from_numpy(points), torch.from_numpy(np.ascontiguousarray(seeds)))
        return np.asarray(found.T.numpy())

    def _jet(self, theta: Tensor, point: Tensor) -> Tensor:
        """Return the jets at one scaled point, shape (outputs, components)."""
        value, slope, bend = point, self._slopes, torch.zeros(len(point), len(self._first), dtype=point.dtype)
        place, last = 0, len(self.levels) - 2
        for layer, (lower, upper) in enumerate(pairwise(self.levels)):
            weights = theta[place : place + lower * upper].reshape(upper, lower)
            place += lower * upper
            value = weights @ value + theta[place : place + upper]
            place += upper
            slope, bend = weights @ slope, weights @ bend
            if layer < last:
                value = torch.tanh(value)
                first = (1.0 - value * value)[:, None]
                bend = first * (bend - 2.0 * value[:, None] * slope[:, self._first] * slope[:, self._second])
                slope = first * slope
        return torch.cat([value[:, None], slope, bend], dim=1)
