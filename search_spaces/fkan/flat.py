"""The flat form of a network that the compiled kernel works on; without torch, which is slow to import."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evokan.seeding import generator
from evokan.spaces.architecture import Weights
from search_spaces.fkan.encoding import FKANArchitecture
from search_spaces.fkan.kernel import Net
from search_spaces.fkan.options import FKANOptions

TRIPLE = ("alpha", "beta", "gamma")


def compile_network(architecture: FKANArchitecture) -> Net:
    """Return the flat form of `architecture`: see `search_spaces.fkan.kernel`."""
    sizes, degrees = architecture.widths, architecture.degrees
    if not architecture.shared:
        degrees = tuple(degree for width, degree in zip(sizes, degrees, strict=True) for _ in range(width))
        sizes = (1,) * len(degrees)
    first = np.concatenate([[0], np.cumsum(sizes)])
    return np.array(architecture.levels, np.int64), first.astype(np.int64), np.array(degrees, np.int64)


def initial_values(architecture: FKANArchitecture, options: FKANOptions, seed: int) -> NDArray[np.float64]:
    """Return the parameter vector to start from, in the kernel's order.

    Weights and biases are uniform in +-1 / sqrt(inputs of the neuron), as PyTorch begins; alpha, beta and gamma are
    those of the options.
    """
    rng = generator("initial", seed)
    parts = []
    for lower, upper in pairwise(architecture.levels):
        parts.append(rng.uniform(-1.0, 1.0, upper * (lower + 1)) / np.sqrt(lower))
    parts += [np.full(architecture.n_triples, value) for value in (options.alpha, options.beta, options.gamma)]
    return np.concatenate(parts)


def spread_values(architecture: FKANArchitecture, options: FKANOptions, seed: int) -> NDArray[np.float64]:
    """Return the parameter vector that training on an equation starts from, in the kernel's order.

    As `initial_values`, but the first map has weights uniform in +-spread / sqrt(inputs), and biases with which the
    sums below the blocks vanish at points uniform in +-sqrt(3), the standardised domain: neurons that differ much
    are what a solution to many digits is made of.
    """
    theta = initial_values(architecture, options, seed)
    lower, upper = architecture.levels[:2]
    weights = theta[: lower * upper].reshape(upper, lower)
    weights *= options.spread
    zeros = generator("zeros", seed).uniform(-(3.0**0.5), 3.0**0.5, weights.shape)
    theta[lower * upper : (lower + 1) * upper] = -(weights * zeros).sum(axis=1)
    return theta


def state_dict(architecture: FKANArchitecture, theta: NDArray[np.float64]) -> Weights:
    """Return the values of a parameter vector under the names of `FKANNetwork`'s state dict.

    Coefficients of an equation stand behind what the kernel knows.
    """
    state: Weights = {}
    place = 0
    for level, (lower, upper) in enumerate(pairwise(architecture.levels)):
        middle, end = place + lower * upper, place + (lower + 1) * upper
        state[f"weights.{level}"] = theta[place:middle].reshape(upper, lower).copy()
        state[f"biases.{level}"] = theta[middle:end].copy()
        place = end
    for name in TRIPLE:
        state[name] = theta[place : place + architecture.n_triples].copy()
        place += architecture.n_triples
    if architecture.n_coefficients:
        state["coefficients"] = theta[place:].copy()
    return state


def flat_values(state: Weights) -> NDArray[np.float64]:
    """Return the parameter vector of which `state_dict` has made `state`."""
    maps = sum(name.startswith("weights.") for name in state)
    names = [f"{part}.{level}" for level in range(maps) for part in ("weights", "biases")]
    names += [*TRIPLE, *(name for name in ("coefficients",) if name in state)]
    return np.concatenate([np.ravel(state[name]) for name in names])
