"""A plain tanh network on equations: the same misfits, points and optimiser as a fractional network has.

Its derivatives are written by hand, so that the comparison is one of networks and not of ways to differentiate: to the
second order in the coordinates, and those of all these in the parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise

import numpy as np

from evokan.arrays import FloatArray
from evokan.problem.equations import Equation
from evokan.problem.scaling import Scaler
from evokan.seeding import generator
from search_spaces.fkan.system import JetSystem

CACHED = 2**16
"""Numbers of a layer's jets that go through the layers together: so many stay in the processor's cache."""
SPREAD = 3.0
"""Of the first map's weights, as that of fractional networks on equations is."""


@dataclass(eq=False)
class Tanh:
    """The derivatives of tanh at some sums, and what they make of jets of the sums.

    Jets have the shape (components, neurons, points): value, slopes, and second derivatives.

    Attributes
    ----------
    below
        The jets of the sums.
    pairs
        Coordinates of the second derivatives.
    one, two, three
        Derivatives of tanh, shape (neurons, points).
    """

    below: FloatArray
    pairs: Sequence[tuple[int, int]]

    def __post_init__(self) -> None:
        self.value = np.tanh(self.below[0])
        square = self.value * self.value
        self.one = 1.0 - square
        self.two = -2.0 * self.value * self.one
        self.three = self.one * (6.0 * square - 2.0)

    @property
    def slopes(self) -> FloatArray:
        """Those of the sums, shape (coordinates, neurons, points)."""
        return self.below[1 : len(self.below) - len(self.pairs)]

    def jets(self) -> FloatArray:
        """Return the jets of tanh of the sums."""
        found: FloatArray = self.one * self.below
        slopes = self.slopes
        found[0] = self.value
        curved = self.two * slopes
        for place, (one, other) in enumerate(self.pairs, start=1 + len(slopes)):
            found[place] += curved[one] * slopes[other]
        return found

    def pull(self, above: FloatArray) -> FloatArray:
        """Return the gradients in the jets of the sums, from those in the jets of tanh."""
        found: FloatArray = self.one * above
        slopes = self.slopes
        flat, curved = np.einsum("cjn,cjn->jn", above[1:], self.below[1:]), np.zeros_like(self.two)
        for place, (one, other) in enumerate(self.pairs, start=1 + len(slopes)):
            bent = self.two * above[place]
            found[1 + one] += bent * slopes[other]
            found[1 + other] += bent * slopes[one]
            curved += above[place] * slopes[one] * slopes[other]
        found[0] += self.two * flat + self.three * curved
        return found


class TanhSystem(JetSystem):
    """The misfits of an equation of second order as a function of a tanh network's parameters.

    Value and derivatives go through the layers together.

    Parameters
    ----------
    widths
        Neurons of the hidden layers.
    """

    def __init__(self, equation: Equation, widths: Sequence[int], scaler: Scaler, points: FloatArray) -> None:
        super().__init__(equation, scaler, points, len(equation.unknowns))
        if self.order != 2:
            raise ValueError(f"expected an equation of second order, got one of order {self.order}")
        self.coordinates = points.shape[1]
        self.levels = (self.coordinates, *widths, self.outputs)
        self._pairs = [*combinations_with_replacement(range(self.coordinates), 2)]
        self._components = 1 + self.coordinates + len(self._pairs)
        self._run = CACHED // (self._components * max(self.levels)) + 1
        """Points that go through the layers together."""

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
        return np.concatenate([self._forward(network, points[run])[-1][0].T for run in self._runs(points)])

    def pull(self, network: FloatArray, points: FloatArray, seeds: FloatArray) -> FloatArray:
        """Return the gradients in the network's parameters of `seeds` times the jets, shape (parameters, points)."""
        out = np.empty((len(network), len(points)))
        for run in self._runs(points):
            out[:, run] = self._backward(network, points[run], np.ascontiguousarray(seeds[run].T))
        return out

    def _runs(self, points: FloatArray) -> list[slice]:
        return [slice(start, start + self._run) for start in range(0, len(points), self._run)]

    def _maps(self, network: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Return weights, shape (upper, lower), and biases of all maps."""
        found, place = [], 0
        for lower, upper in pairwise(self.levels):
            end = place + lower * upper
            found.append((network[place:end].reshape(upper, lower), network[end : end + upper]))
            place = end + upper
        return found

    def _forward(self, network: FloatArray, points: FloatArray) -> list[tuple[FloatArray, Tanh | None]]:
        """Return the jets below every map and those of the outputs, each with the activations that it comes from.

        Shapes (components, neurons, points); those of the coordinates have no second derivatives.
        """
        jets = np.zeros((1 + self.coordinates, self.coordinates, len(points)))
        jets[0] = points.T
        for place, slope in enumerate(self.slope):
            jets[1 + place, place] = slope
        found: list[tuple[FloatArray, Tanh | None]] = [(jets, None)]
        maps = self._maps(network)
        for number, (weights, bias) in enumerate(maps, start=1):
            jets = found[-1][0]
            sums = np.zeros((self._components, len(bias), len(points)))
            np.matmul(weights, jets, out=sums[: len(jets)])
            sums[0] += bias[:, None]
            tanh = Tanh(sums, self._pairs) if number < len(maps) else None
            found.append((sums if tanh is None else tanh.jets(), tanh))
        return found

    def _backward(self, network: FloatArray, points: FloatArray, above: FloatArray) -> FloatArray:
        """Return the gradients in the parameters from those in the outputs' jets, shape (parameters, points)."""
        maps, layers, parts = self._maps(network), self._forward(network, points), list[FloatArray]()
        for place in reversed(range(len(maps))):
            jets, tanh = layers[place]
            parts += [above[0], _products(above[: len(jets)], jets)]
            if tanh is not None:
                above = tanh.pull(maps[place][0].T @ above)
        return np.concatenate(parts[::-1])


def _products(above: FloatArray, below: FloatArray) -> FloatArray:
    """Return the gradients in a map's weights, those of the first neuron above first, shape (weights, points)."""
    return np.concatenate([np.einsum("cn,ckn->kn", own, below) for own in above.transpose(1, 0, 2)])
