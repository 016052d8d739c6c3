"""KA-FCM as a search space: what the framework sees of this family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from evokan.arrays import FloatArray
from evokan.problem.problem import Problem
from evokan.problem.task import Task, TaskName
from evokan.spaces.architecture import Weights
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.explanation import Explanation
from evokan.spaces.space import Preset, SearchSpace
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training.one_by_one import train_each
from search_spaces.kafcm import beginning, encoding, moves
from search_spaces.kafcm.encoding import CausalMap
from search_spaces.kafcm.options import KAFCMOptions
from search_spaces.kafcm.rules import FORBIDDEN, edge_rules

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from evokan.spaces.graph import FunctionGraph
    from evokan.spaces.plain import PlainNetwork
    from search_spaces.kafcm.network import CognitiveMap

REFERENCE_GRID = 5


class KAFCM(SearchSpace[KAFCMOptions, CausalMap, "CognitiveMap"]):
    """Causal maps with a curve on every edge: which concept drives which, and how, found from data.

    Salmeron, "KA-FCM", arXiv 2604.05136. Trajectories are maps of the concepts onto themselves; an input table is
    a two-level map from the inputs to the target. The loss is the mean squared error over rollouts of
    `KAFCMOptions.rollout` steps, on targets of unit variance. The paper's numbers are lost in the text we hold: the
    ``paper`` preset is the plain loss on one hold-out, without penalty and without early stop.
    """

    name: ClassVar[str] = "kafcm"
    summary: ClassVar[str] = (
        "causal maps with a spline on every edge, of time series and input tables; loss of "
        "rollouts (KA-FCM, arXiv 2604.05136)"
    )
    tasks: ClassVar[tuple[Task | TaskName, ...]] = ("trajectory", "regression")
    moves: ClassVar = moves.MOVES
    Options = KAFCMOptions
    Network = CausalMap
    presets: ClassVar = {
        "default": Preset(
            settings={
                "folds": 5,
                "population": 10,
                "generations": 3,
                "objectives": ("val_loss", "n_edges"),
                "parsimony": "sizes",
                "move_rate": 1.0,
                "mutation_rate": 1.0,
                "choose": "paired:3",
            }
        ),
        "paper": Preset(
            settings={
                "folds": 1,
                "population": 100,
                "generations": 20,
                "objectives": ("val_loss",),
                "initial": "random",
                "move_rate": 0.0,
                "parsimony": "none",
                "choose": "best-loss",
                "refit": "holdout",
            },
            options={"patience": 0, "ridge": 0.0, "l1": 0.0, "bounding": "tanh"},
        ),
    }

    def layout(self, problem: Problem) -> ChromosomeLayout:
        """Return a gene of causes for every concept, grid bits and the bit for self-loops."""
        return encoding.layout(problem, self.options)

    def decode(self, bits: Bits, problem: Problem) -> CausalMap:
        """Return the map; raises `InvalidArchitecture` where it has no edge."""
        bounding = beginning.bounding_of(problem, self.options)
        return encoding.decode(self.layout(problem).unpack(bits), problem, self.options, bounding)

    def encode(self, architecture: CausalMap, problem: Problem) -> Bits:
        """Return bits that decode to `architecture`."""
        layout = self.layout(problem)
        return layout.pack(beginning.encode(architecture, layout, problem, self.options))

    def seeds(self, problem: Problem) -> Sequence[CausalMap]:
        """Return maps whose causes were found one effect at a time, with several grids."""
        return beginning.seeds(problem, self.options)

    def sample(self, problem: Problem, rng: np.random.Generator) -> Bits:
        """Return a random map, sparse ones more often."""
        layout = self.layout(problem)
        return layout.pack(beginning.sample(layout, self.options, rng))

    def neighbour(
        self, bits: Bits, move: str, problem: Problem, attributions: FloatArray | None, rng: np.random.Generator
    ) -> Bits | None:
        """Return a map with an edge dropped, or with another grid."""
        layout = self.layout(problem)
        values = moves.neighbour(layout.unpack(bits), move, problem, self.options, rng)
        return None if values is None else layout.pack(values)

    def train(self, jobs: Sequence[TrainingJob[CausalMap]], problem: Problem, budget: Budget) -> list[Trained]:
        """Train each job in the compiled driver."""
        from search_spaces.kafcm.training import fold_data, train

        return train_each(
            jobs,
            lambda fold: fold_data(fold, problem, self.options),
            lambda job, data: train(job, data, problem, self.options, budget),
        )

    def model_class(self) -> type[CognitiveMap]:
        """Return `CognitiveMap`."""
        from search_spaces.kafcm.network import CognitiveMap

        return CognitiveMap

    def spec(self, architecture: CausalMap, problem: Problem) -> dict[str, Any]:
        """Return the spec, with the bounding function and the concepts that edges lead to."""
        from evokan.spaces.module import module_spec

        own: dict[str, Any] = {"bounding": architecture.bounded_by(self.options)}
        if problem.table.lags:
            own["lags"] = list(problem.table.lags)
        return module_spec(self.name, architecture, problem, own, ("feature_names", "output_names"))

    def scaling(self, problem: Problem, weights: Weights) -> Weights:
        """Return nothing: the scalers between values and states come with the training."""
        return {}

    def explain(self, model: CognitiveMap, problem: Problem) -> Explanation:
        """Return edge curves over the training rows, and attributions of the causes."""
        from search_spaces.kafcm.explain import explain

        return explain(model, problem)

    def examine(self, model: CognitiveMap, problem: Problem) -> Explanation:
        """Return the same, with the q-value and the stability of every edge."""
        from search_spaces.kafcm.confidence import confidences
        from search_spaces.kafcm.explain import with_confidences

        return with_confidences(self.explain(model, problem), confidences(model.architecture, problem, self.options))

    def tables(self, explanation: Explanation) -> Mapping[str, str]:
        """Return ``edges.csv``: the edges with delay, strength, q-value and stability."""
        from search_spaces.kafcm.confidence import edges_csv

        return {"edges.csv": edges_csv(explanation)}

    def graph(self, model: CognitiveMap, problem: Problem) -> FunctionGraph:
        """Return one step of the map as its edge functions."""
        from search_spaces.kafcm.explain import function_graph

        return function_graph(model, problem)

    def plain(self, model: CognitiveMap) -> PlainNetwork:
        """Return a network as arrays and steps."""
        return model.plain()

    def plots(self, explanation: Explanation) -> Mapping[str, Callable[[], Axes]]:
        """Return the functional adjacency matrix and the causal graph."""
        from search_spaces.kafcm.plots import plot_causal_graph, plot_functional_matrix

        return {
            "functional_matrix.png": lambda: plot_functional_matrix(explanation),
            "causal_graph.png": lambda: plot_causal_graph(explanation),
        }

    def reference_architectures(self, problem: Problem) -> dict[str, CausalMap]:
        """Return the map with every edge that is allowed."""
        mask = edge_rules(problem, self.options) != FORBIDDEN
        bounding = beginning.bounding_of(problem, self.options)
        every = np.asarray(mask, dtype=bool)
        return {"all edges": encoding.from_mask(every, REFERENCE_GRID, bounding)} if mask.any() else {}

    def baselines(self, problem: Problem, seed: int) -> dict[str, dict[str, Any]]:
        """Return test figures of a classical map trained by a particle swarm, and of an MLP with two hidden layers."""
        from search_spaces.kafcm.baselines import fit_family_baselines

        return fit_family_baselines(problem, seed)

    def prepare(self, problem: Problem) -> None:
        """Compile or load the training kernel by training one edge on a handful of rows."""
        from search_spaces.kafcm.training import warm_up

        warm_up(problem, self.options)

    def is_compiled(self, problem: Problem) -> bool:
        """Return whether the training kernel is on disk already."""
        from search_spaces.kafcm.training import is_compiled

        return is_compiled(problem, self.options)
