"""How far other maps go that might have been found: the chosen one, trained again without parts of the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from evokan.problem.problem import Problem
from evokan.problem.splits import cut_folds
from evokan.seeding import derive_seed
from evokan.spaces.space import SearchSpace
from evokan.spaces.threads import single_threaded_math
from evokan.spaces.training import Budget, TrainingJob
from search_spaces.kafcm.confidence import CUTS, FEWEST_ROWS, PARTS
from search_spaces.kafcm.encoding import CausalMap
from search_spaces.kafcm.network import CognitiveMap

STEPS = 20
"""L-BFGS steps; the moments that are left out end a training."""


def resampled_maps(network: CausalMap, problem: Problem, space: SearchSpace) -> Sequence[CognitiveMap]:
    """Return the map trained again on ten parts of the development rows, each without a block of moments.

    They are the parts that the stability of an edge is told from. There is none where rows are few; what fails to train
    is left out.
    """
    if len(problem.development) < FEWEST_ROWS:
        return ()
    space.prepare(problem)
    jobs: list[TrainingJob[CausalMap]] = []
    for number in range(CUTS):
        seed = derive_seed("stability", number) % 2**32
        for fold in cut_folds(problem.table, problem.development, PARTS, seed):
            jobs.append(TrainingJob(network, fold, derive_seed("spread", len(jobs)), keep_weights=True))
    with single_threaded_math():
        found = space.train(jobs, problem, Budget(STEPS))
    models = [space.model(network, problem, one.weights) for one in found if one.weights is not None]
    return [model for model in models if _is_finite(model, problem)]


def _is_finite(model: CognitiveMap, problem: Problem) -> bool:
    with torch.no_grad():
        values = model(torch.from_numpy(problem.table.X[problem.development[:FEWEST_ROWS]])).numpy()
    return bool(np.isfinite(values).all())
