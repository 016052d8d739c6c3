"""GA-KAN as a search space: what the framework sees of this family."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evokan.arrays import FloatArray
from evokan.problem.problem import Problem
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.explanation import Explanation
from evokan.spaces.space import Preset, SearchSpace
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training.one_by_one import train_each
from search_spaces.gakan import beginning, encoding, moves
from search_spaces.gakan.encoding import KANArchitecture
from search_spaces.gakan.options import GAKANOptions

if TYPE_CHECKING:
    from evokan.spaces.graph import FunctionGraph
    from evokan.spaces.plain import PlainNetwork
    from search_spaces.gakan.network import SparseKAN

REFERENCE_GRID = 5
MOST_REFERENCE_EDGES = 20_000
"""Larger ones are left out: with 2,000 columns the first would have 8 million edges."""


class GAKAN(SearchSpace[GAKANOptions, KANArchitecture, "SparseKAN"]):
    """Sparse networks of spline edges: connection masks, grid and depth as one binary chromosome.

    Long, Wang, Xue and Zhang, "GA-KAN", arXiv 2501.17411. The ``paper`` preset is the published protocol: raw
    features, one hold-out, pykan 0.2.1's initial values, 20 full L-BFGS steps, the validation loss looked at after
    each of them, grids from the least to the largest value and fitted to the activations at steps 0, 5, 10 and 15, no
    penalty, no preference for small networks, and the fittest individual as it was trained. What still differs:
    pykan's fitted grids follow the quantiles of the activations (98 % of their weight), ours are uniform; equal
    networks are trained once; parents win a binary tournament, since the paper names no way to pick them.
    """

    name: ClassVar[str] = "gakan"
    summary: ClassVar[str] = "sparse spline KANs: connection masks, grid, depth; L-BFGS (GA-KAN, arXiv 2501.17411)"
    inherits: ClassVar[bool] = True
    moves: ClassVar = moves.MOVES
    Options = GAKANOptions
    Network = KANArchitecture
    presets: ClassVar = {
        "default": Preset(settings={"folds": 5, "fold_stop": "common", "choose": "se:0.25", "parsimony": "sizes"}),
        "paper": Preset(
            settings={
                "scaler": "none",
                "folds": 1,
                "parsimony": "none",
                "distinct": False,
                "initial": "random",
                "move_rate": 0.0,
                "choose": "best-loss",
                "refit": "none",
            },
            options={
                "patience": 0,
                "look": "step",
                "grid_steps": (0, 5, 10, 15),
                "ridge": 0.0,
                "base_ridge": 0.0,
                "roughness": 0.0,
                "l1": 0.0,
                "start": "pykan",
                "input_margin": 0.0,
            },
        ),
    }

    def layout(self, problem: Problem) -> ChromosomeLayout:
        """Return neuron blocks, grid bits and depth bits."""
        return encoding.layout(problem, self.options)

    def decode(self, bits: Bits, problem: Problem) -> KANArchitecture:
        """Return the pruned network; raises `InvalidArchitecture` where no path leads through it."""
        return encoding.decode(self.layout(problem).unpack(bits), problem, self.options)

    def encode(self, architecture: KANArchitecture, problem: Problem) -> Bits:
        """Return bits that decode to `architecture`."""
        layout = self.layout(problem)
        return layout.pack(encoding.encode(architecture, layout, problem, self.options))

    def seeds(self, problem: Problem) -> Sequence[KANArchitecture]:
        """Return the full additive network, and one with a hidden layer, with grids from coarse to fine."""
        return beginning.seeds(problem, self.options)

    def descend(self, bits: Bits, problem: Problem, attributions: FloatArray | None) -> Bits | None:
        """Return the network without the tenth of its edges that is worth least; None for one edge."""
        layout = self.layout(problem)
        values = moves.lighter(layout.unpack(bits), problem, self.options, attributions)
        return None if values is None else layout.pack(values)

    def sample(self, problem: Problem, rng: np.random.Generator) -> Bits:
        """Return a network from sparse to full, with a grid from coarse to fine: small ones more often."""
        layout = self.layout(problem)
        return layout.pack(beginning.sample(layout, problem, self.options, rng))

    def neighbour(
        self, bits: Bits, move: str, problem: Problem, attributions: FloatArray | None, rng: np.random.Generator
    ) -> Bits | None:
        """Return a network with edges dropped, added or swapped, another grid, or one layer more."""
        layout = self.layout(problem)
        values = moves.neighbour(layout.unpack(bits), move, problem, self.options, attributions, rng)
        return None if values is None else layout.pack(values)

    def train(self, jobs: Sequence[TrainingJob[KANArchitecture]], problem: Problem, budget: Budget) -> list[Trained]:
        """Train each job in the compiled driver, or on a GPU all of them as one batched program."""
        if budget.device != "cpu":
            from search_spaces.gakan.batched.trainer import train_batched

            return train_batched(jobs, problem, self.options, budget)
        from search_spaces.gakan.training import fold_data, train

        return train_each(
            jobs,
            lambda fold: fold_data(fold, problem, self.options),
            lambda job, data: train(job, data, problem, self.options, budget),
        )

    def model_class(self) -> type[SparseKAN]:
        """Return `SparseKAN`."""
        from search_spaces.gakan.network import SparseKAN

        return SparseKAN

    def explain(self, model: SparseKAN, problem: Problem) -> Explanation:
        """Return edge curves over the training rows, and attributions of the input columns."""
        from search_spaces.gakan.explain import explain

        return explain(model, problem)

    def graph(self, model: SparseKAN, problem: Problem) -> FunctionGraph:
        """Return the spline edges as they are."""
        from search_spaces.gakan.explain import function_graph

        return function_graph(model, problem)

    def plain(self, model: SparseKAN) -> PlainNetwork:
        """Return a network as arrays and steps."""
        return model.plain()

    def reference_architectures(self, problem: Problem) -> dict[str, KANArchitecture]:
        """Return the two full networks of the paper's Figure 6, with grid 5."""
        n, m = problem.n_features, problem.n_outputs
        shapes = ((n, 2 * n + 1, m), (n, 5, 5, 5, m))
        return {
            f"full [{','.join(map(str, shape))}]": encoding.full_network(shape, REFERENCE_GRID)
            for shape in shapes
            if sum(lower * upper for lower, upper in pairwise(shape)) <= MOST_REFERENCE_EDGES
        }

    def prepare(self, problem: Problem) -> None:
        """Compile or load the training kernel by training one edge on a handful of rows."""
        from search_spaces.gakan.training import warm_up

        warm_up(problem, self.options)

    def is_compiled(self, problem: Problem) -> bool:
        """Return whether the training kernel is on disk already."""
        from search_spaces.gakan.training import is_compiled

        return is_compiled(problem, self.options)
