"""What the tests of KA-FCM share: maps by their edges, and maps trained on the first fold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evokan.problem.problem import Problem
from evokan.spaces.training import Budget, Trained, TrainingJob
from search_spaces.kafcm import KAFCM, CausalMap, KAFCMOptions
from search_spaces.kafcm.network import CognitiveMap


def from_edges(edges: Iterable[tuple[int, int]], n_sources: int, n_targets: int, intervals: int) -> CausalMap:
    """The map of the edges (cause, effect)."""
    return CausalMap(n_sources, n_targets, tuple(sorted(edges)), intervals)


def trained(problem: Problem, architecture: CausalMap, **options: Any) -> tuple[KAFCM, Trained, CognitiveMap]:
    """The family with these options, what a training with seed 0 gave, and the network."""
    space = KAFCM(KAFCMOptions(**options))
    job = TrainingJob(architecture, problem.folds[0], 0, keep_weights=True)
    (result,) = space.train([job], problem, Budget(20))
    assert result.weights is not None, result.reason
    return space, result, space.model(architecture, problem, result.weights)
