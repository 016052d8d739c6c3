"""Networks that any search should know: the linear one, and standard ones of rising size."""

from __future__ import annotations

from evokan.problem.problem import Problem
from search_spaces.hkan.encoding import HKANArchitecture, nearest
from search_spaces.hkan.layers import HKANLayer
from search_spaces.hkan.options import HKANOptions


def seeds(problem: Problem, options: HKANOptions) -> tuple[HKANArchitecture, ...]:
    """Return networks that a chromosome can say, from small to large."""
    last = problem.n_outputs
    # Of 24 combinations the best on held-out training rows of six tables, and two that are unlike it.
    above = HKANLayer(last, "softplus", 5, 10, "data", 0.1)
    found = [
        [HKANLayer(last, "identity")],
        [HKANLayer(last, "sigmoid", 3, 8, "equal", 0.1)],
        *([HKANLayer(nodes, "sigmoid", 3, 3, "data", 0.01), above] for nodes in (10, 30, 100, 300)),
        [HKANLayer(100, "sigmoid", 25, 1, "data", 0.01), above],
        [HKANLayer(100, "relu", 3, 1, "data", 0.01), above],
    ]
    networks = (
        nearest(HKANArchitecture(problem.n_features, tuple(layers)), problem, options)
        for layers in found
        if len(layers) <= options.max_layers
    )
    return tuple(dict.fromkeys(networks))
