"""The flat form of a map that the compiled kernel works on; without torch, which is slow to import."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.seeding import generator
from evokan.spaces.architecture import Weights
from search_spaces.kafcm.encoding import SPLINE_ORDER, CausalMap
from search_spaces.kafcm.kernel import Data, Grid, Level0, Net, first_level
from search_spaces.kafcm.options import KAFCMOptions
from search_spaces.kafcm.states import RANGES, Sample, States

Array = NDArray[Any]


def state_grid(options: KAFCMOptions, intervals: int) -> Grid:
    """Return the grid of every edge: it covers the range of the states."""
    low, high = RANGES[options.bounding]
    return low, intervals / (high - low), intervals


def initial_values(architecture: CausalMap, options: KAFCMOptions, seed: int) -> Array:
    """Return the parameter vector to start from, shape (edges x (G + 5),).

    Small uniform noise in the coefficients, w_b uniform and w_s constant, both with 1 / sqrt(causes of the
    concept). The paper says nothing about it; this is how pykan begins.
    """
    rng = generator("initial", seed)
    edges = architecture.n_edges
    effects = np.array([target for _, target in architecture.edges])
    share = 1.0 / np.sqrt(np.bincount(effects)[effects])
    coefficients = rng.uniform(-0.5, 0.5, edges * (architecture.intervals + SPLINE_ORDER)) * options.noise
    return np.concatenate([coefficients, rng.uniform(-1.0, 1.0, edges) * options.base_scale * share, share])


def compile_map(architecture: CausalMap, bias: Array, delays: tuple[int, ...] = (1,)) -> Net:
    """Return a map as the kernel takes it; `bias` has one value for each concept that edges lead to.

    The columns of a map of n concepts are the n concepts at the first of `delays`, then at the second, and so on.
    """
    causes, source = np.unique([source for source, _ in architecture.edges], return_inverse=True)
    target = np.array([target for _, target in architecture.edges])
    block, concept = np.divmod(causes, max(architecture.n_sources // len(delays), 1))
    lag = np.array(delays)[block]
    return (
        source.astype(np.int32),
        target.astype(np.int32),
        causes.astype(np.int32),
        bias,
        concept.astype(np.int32),
        lag.astype(np.int32),
    )


def kernel_data(part: Sample, net: Net, grid: Grid, weights: Array) -> Data:
    """Return rollouts as the kernel takes them."""
    level0: Level0 = first_level(np.ascontiguousarray(part.x[net[2]]), grid)
    known = part.known[net[2]] if part.known.size else np.zeros((len(net[2]), 0))
    return level0, part.wanted, part.running, weights, np.ascontiguousarray(known)


def state_dict(architecture: CausalMap, theta: Array, bias: Array, grid: Grid, states: States) -> Weights:
    """Return the trained values under the names of `search_spaces.kafcm.network.CognitiveMap`'s state dict."""
    edges, size = architecture.n_edges, architecture.intervals + SPLINE_ORDER
    lo, inv_h, _ = grid
    return {
        "step_edges.coefficients": theta[: edges * size].reshape(edges, size).copy(),
        "step_edges.w_b": theta[edges * size : edges * (size + 1)].copy(),
        "step_edges.w_s": theta[edges * (size + 1) :].copy(),
        "step_edges.lo": np.full(architecture.n_sources, lo),
        "step_edges.h": np.full(architecture.n_sources, 1.0 / inv_h),
        "bias": bias.copy(),
        "source_shift": states.source.shift.copy(),
        "source_scale": states.source.scale.copy(),
        "target_shift": states.target.shift.copy(),
        "target_scale": states.target.scale.copy(),
    }
