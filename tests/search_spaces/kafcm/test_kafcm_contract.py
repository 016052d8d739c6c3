"""KA-FCM keeps the framework's contract, for one step and for rollouts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from evokan.arrays import IntArray
from evokan.problem.problem import Problem
from evokan.spaces.space import SearchSpace
from evokan.testing import SearchSpaceContract
from search_spaces.kafcm import KAFCM, KAFCMOptions
from search_spaces.kafcm.states import cut_rollouts

pytestmark = pytest.mark.smoke


class TestKAFCM(SearchSpaceContract):
    def make_space(self) -> SearchSpace:
        return KAFCM()


class TestKAFCMOfRollouts(SearchSpaceContract):
    length = 3

    def make_space(self) -> SearchSpace:
        return KAFCM(KAFCMOptions(rollout=self.length, bounding="sigmoid", l1=1e-3))

    def loss(self, outputs: torch.Tensor, problem: Problem, rows: IntArray) -> float:
        """The model, applied again to its own result, in place of the one-step loss; `outputs` are its first steps."""
        if problem.task != "trajectory":
            return super().loss(outputs, problem, rows)
        cut = cut_rollouts(rows, problem.table.series, self.length)
        errors = []
        for number, first in enumerate(cut.first):
            steps = int((cut.running > number).sum())
            with torch.no_grad():
                path = self.current.rollout(torch.as_tensor(problem.table.X[first : first + 1]), steps)[0, 1:]
            wanted = problem.scaled_targets[first : first + steps]
            errors.append((problem.target_scaler.transform(path.numpy()) - wanted) ** 2)
        return float(np.mean(np.concatenate(errors)))

    def trained(self, space: SearchSpace, problem: Problem):
        for entry in super().trained(space, problem):
            self.current = entry[2]
            yield entry
