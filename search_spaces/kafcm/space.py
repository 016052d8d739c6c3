"""KA-FCM as a search space: what the framework sees of this family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from evokan.problem.problem import Problem
from evokan.problem.table import Task
from evokan.spaces.architecture import Architecture, Weights
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.explanation import Explanation
from evokan.spaces.space import Preset, SearchSpace, SpaceOptions
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training.one_by_one import train_each
from search_spaces.kafcm import encoding
from search_spaces.kafcm.encoding import CausalMap, Rules
from search_spaces.kafcm.options import KAFCMOptions

if TYPE_CHECKING:
    import torch
    from matplotlib.axes import Axes

    from evokan.spaces.graph import FunctionGraph

REFERENCE_GRID = 5


class KAFCM(SearchSpace):
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
    tasks: ClassVar[tuple[Task, ...]] = ("trajectory", "regression")
    Options: ClassVar[type[SpaceOptions]] = KAFCMOptions
    presets: ClassVar = {
        "default": Preset(settings={"folds": 5, "parsimony": "one-se", "mutation_rate": 1.0, "choose": "one-se"}),
        "paper": Preset(
            settings={"folds": 1, "parsimony": "none", "choose": "best-loss", "refit": "holdout"},
            options={"patience": 0, "ridge": 0.0, "l1": 0.0},
        ),
    }

    @property
    def settings(self) -> KAFCMOptions:
        """The options, typed."""
        return cast(KAFCMOptions, self.options)

    def rules(self, problem: Problem) -> Rules:
        """Return which edges are free, required and forbidden; raises `InputError` for edges that do not exist."""
        return encoding.edge_rules(problem, self.settings.required, self.settings.forbidden)

    def layout(self, problem: Problem) -> ChromosomeLayout:
        """Return a gene of causes for every concept, grid bits and the bit for self-loops."""
        return encoding.layout(
            self.rules(problem),
            problem.table.output_names,
            self.settings.grid_bits,
            recurrent=problem.task == "trajectory",
        )

    def decode(self, bits: Bits, problem: Problem) -> CausalMap:
        """Return the map; raises `InvalidArchitecture` where it has no edge."""
        return encoding.decode(self.layout(problem).unpack(bits), self.rules(problem), problem.table.output_names)

    def train(self, jobs: Sequence[TrainingJob], problem: Problem, budget: Budget) -> list[Trained]:
        """Train each job in the compiled driver."""
        from search_spaces.kafcm.training import fold_states, train

        return train_each(
            jobs,
            lambda fold: fold_states(problem, fold, self.settings),
            lambda job, states: train(job, states, self.settings, budget),
        )

    def architecture_from_json(self, data: Mapping[str, Any]) -> CausalMap:
        """Return the architecture whose `to_json` gave `data`."""
        return CausalMap.from_json(data)

    def model(self, architecture: Architecture, problem: Problem, weights: Weights) -> torch.nn.Module:
        """Return a `CognitiveMap` with the trained weights."""
        from search_spaces.kafcm.network import build_model

        return build_model(cast(CausalMap, architecture), problem, weights, self.settings.bounding)

    def load_model(self, spec: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> torch.nn.Module:
        """Build a `CognitiveMap` from its spec and state dict."""
        from search_spaces.kafcm.network import CognitiveMap

        model = CognitiveMap(CausalMap.from_json(spec["architecture"]), spec)
        model.load_state_dict(dict(state))
        return model.eval()

    def explain(self, model: torch.nn.Module, problem: Problem) -> Explanation:
        """Return edge curves over the training rows, and attributions of the causes."""
        from search_spaces.kafcm.explain import explain
        from search_spaces.kafcm.network import CognitiveMap

        return explain(cast(CognitiveMap, model), problem)

    def graph(self, model: torch.nn.Module, problem: Problem) -> FunctionGraph:
        """Return one step of the map as its edge functions."""
        from search_spaces.kafcm.explain import function_graph
        from search_spaces.kafcm.network import CognitiveMap

        return function_graph(cast(CognitiveMap, model), problem)

    def plots(self, explanation: Explanation) -> Mapping[str, Callable[[], Axes]]:
        """Return the functional adjacency matrix and the causal graph."""
        from search_spaces.kafcm.plots import plot_causal_graph, plot_functional_matrix

        return {
            "functional_matrix.png": lambda: plot_functional_matrix(explanation),
            "causal_graph.png": lambda: plot_causal_graph(explanation),
        }

    def reference_architectures(self, problem: Problem) -> dict[str, Architecture]:
        """Return the map with every edge that is allowed."""
        mask = self.rules(problem) != encoding.FORBIDDEN
        return {"all edges": encoding.from_mask(np.asarray(mask, dtype=bool), REFERENCE_GRID)} if mask.any() else {}

    def baselines(self, problem: Problem, seed: int) -> dict[str, dict[str, Any]]:
        """Return test figures of a classical map trained by a particle swarm, and of an MLP with two hidden layers."""
        from search_spaces.kafcm.baselines import fit_family_baselines

        return fit_family_baselines(problem, seed)

    def prepare(self, problem: Problem) -> None:
        """Compile or load the training kernel by training one edge on a handful of rows."""
        from search_spaces.kafcm.training import warm_up

        warm_up(self.settings)

    def is_compiled(self, problem: Problem) -> bool:
        """Return whether the training kernel is on disk already."""
        from search_spaces.kafcm.training import is_compiled

        return is_compiled(self.settings)
