"""HKAN as a search space: what the framework sees of this family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from evokan.errors import InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.spaces.architecture import Architecture, Weights
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.explanation import Explanation
from evokan.spaces.space import Preset, SearchSpace, SpaceOptions
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training.one_by_one import train_each
from search_spaces.hkan import cost, encoding
from search_spaces.hkan.encoding import HKANArchitecture
from search_spaces.hkan.layers import HKANLayer
from search_spaces.hkan.options import HKANOptions

if TYPE_CHECKING:
    import torch
    from matplotlib.axes import Axes


class HKAN(SearchSpace):
    """Hierarchical networks without back-propagation: blocks and nodes by least squares, layer by layer.

    Dudek and Rodak, "HKAN", arXiv 2501.18199. The losses are root mean squared errors (its paper's figure) of the
    scaled target, or for classes the mean cross-entropy; classification by one-hot targets is ours. The ``paper``
    preset has no limit to the cost of a network, and no preference for small ones.
    """

    name: ClassVar[str] = "hkan"
    summary: ClassVar[str] = (
        "layered ridge regressions of fixed basis functions, no gradients; val_loss is the RMSE "
        "(HKAN, arXiv 2501.18199)"
    )
    Options: ClassVar[type[SpaceOptions]] = HKANOptions
    presets: ClassVar = {
        "default": Preset(
            settings={"scaler": "minmax", "folds": 5, "population": 15, "generations": 19, "mutation_rate": 0.9}
        ),
        "paper": Preset(settings={"parsimony": "none"}, options={"max_cost": 1e6}),
    }

    @property
    def settings(self) -> HKANOptions:
        """The options, typed."""
        return cast(HKANOptions, self.options)

    def layout(self, problem: Problem) -> ChromosomeLayout:
        """Return number of layers, hidden layers, output layer: the same for every problem."""
        return encoding.layout(self.settings)

    def decode(self, bits: Bits, problem: Problem) -> HKANArchitecture:
        """Return the network; raises `InvalidArchitecture` where it would cost more than `max_cost`."""
        values = self.layout(problem).unpack(bits)
        network = encoding.decode(values, self.settings, problem.n_features, problem.n_outputs)
        expected = cost.seconds(network.layers, problem.n_features, problem)
        if expected > self.settings.max_cost:
            raise InvalidArchitecture(
                f"costs an estimated {expected:.3g} s, more than max_cost {self.settings.max_cost:g}"
            )
        return network

    def train(self, jobs: Sequence[TrainingJob], problem: Problem, budget: Budget) -> list[Trained]:
        """Train each job by itself, always on the processor; `budget` has no meaning without iterations."""
        from search_spaces.hkan.training import train

        return train_each(jobs, problem.arrays, lambda job, arrays: train(job, arrays, problem, self.settings))

    def architecture_from_json(self, data: Mapping[str, Any]) -> HKANArchitecture:
        """Return the architecture whose `to_json` gave `data`."""
        return HKANArchitecture.from_json(data)

    def model(self, architecture: Architecture, problem: Problem, weights: Weights) -> torch.nn.Module:
        """Return an `HKANModule` with the trained weights and the problem's scalers."""
        from search_spaces.hkan.network import build_model

        return build_model(cast(HKANArchitecture, architecture), problem, weights)

    def load_model(self, spec: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> torch.nn.Module:
        """Build an `HKANModule` from its spec and state dict."""
        from search_spaces.hkan.network import load_model

        weights = {name: tensor.numpy() for name, tensor in state.items()}
        return load_model(HKANArchitecture.from_json(spec["architecture"]), spec, weights)

    def explain(self, model: torch.nn.Module, problem: Problem) -> Explanation:
        """Return importances of the input columns, and how well blocks and nodes of every layer predict."""
        from search_spaces.hkan.explain import explain
        from search_spaces.hkan.network import HKANModule

        return explain(cast(HKANModule, model), problem)

    def plots(self, explanation: Explanation) -> Mapping[str, Callable[[], Axes]]:
        """Return ``levels.png`` and ``input_fit.png`` (the paper's Figures 5 to 8 and 9)."""
        from search_spaces.hkan.plots import plot_input_fit, plot_levels

        return {"levels.png": lambda: plot_levels(explanation), "input_fit.png": lambda: plot_input_fit(explanation)}

    def reference_architectures(self, problem: Problem) -> dict[str, Architecture]:
        """Return the linear model: one identity layer."""
        return {"linear": HKANArchitecture(problem.n_features, (HKANLayer(problem.n_outputs, "identity"),))}

    def prepare(self, problem: Problem) -> None:
        """Load the mathematical libraries, so that limits on their threads find them."""
        import search_spaces.hkan.training  # noqa: F401 - SciPy comes with it
