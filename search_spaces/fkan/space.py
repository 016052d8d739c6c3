"""fKAN as a search space: what the framework sees of this family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, cast

from evokan.problem.problem import Problem
from evokan.problem.table import Task
from evokan.spaces.architecture import Architecture, Weights
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.explanation import Explanation
from evokan.spaces.space import Preset, SearchSpace, SpaceOptions
from evokan.spaces.threads import single_threaded_math
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training.one_by_one import train_each
from search_spaces.fkan import encoding
from search_spaces.fkan.encoding import FKANArchitecture
from search_spaces.fkan.options import FKANOptions

if TYPE_CHECKING:
    import torch
    from matplotlib.axes import Axes

    from evokan.spaces.graph import FunctionGraph


class FKAN(SearchSpace):
    """Networks with trainable fractional Jacobi activations: input mask, wiring, depth, widths and degrees.

    Aghaei, "fKAN: Fractional Kolmogorov-Arnold networks with trainable Jacobi basis functions", arXiv 2406.07456.
    The ``paper`` preset is the published protocol for regression: raw inputs, Adam with rate 0.01 for 500 epochs,
    degrees to 6, no penalty. Tables are trained by a compiled kernel on the processor, whatever the device: their
    networks are too small for a GPU to help.
    """

    name: ClassVar[str] = "fkan"
    summary: ClassVar[str] = (
        "fractional Jacobi blocks: input mask, wiring, widths, degrees; tables and equations (fKAN, arXiv 2406.07456)"
    )
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression", "residual")
    Options: ClassVar[type[SpaceOptions]] = FKANOptions
    presets: ClassVar = {
        "default": Preset(settings={"folds": 5, "choose": "one-se"}),
        "paper": Preset(
            settings={
                "scaler": "none",
                "folds": 1,
                "parsimony": "none",
                "distinct": False,
                "choose": "best-loss",
                "refit": "holdout",
            },
            options={"optimizer": "adam", "learning_rate": 0.01, "patience": 0, "ridge": 0.0, "max_degree": 6},
        ),
    }

    @property
    def settings(self) -> FKANOptions:
        """The options, typed."""
        return cast(FKANOptions, self.options)

    def layout(self, problem: Problem) -> ChromosomeLayout:
        """Return input mask, wiring, depth, widths and degrees."""
        return encoding.layout(problem.n_features, self.settings)

    def decode(self, bits: Bits, problem: Problem) -> FKANArchitecture:
        """Return the network; raises `InvalidArchitecture` where no input column is in use."""
        return encoding.decode(self.layout(problem).unpack(bits), problem.n_outputs, self.settings)

    def train(self, jobs: Sequence[TrainingJob], problem: Problem, budget: Budget) -> list[Trained]:
        """Train each job: on a table in the compiled driver, on an equation in torch."""
        if problem.task == "residual":
            from search_spaces.fkan.residual import train_residual

            # The order of BLAS's sums depends on its threads, and results must not.
            with single_threaded_math():
                return [train_residual(job, problem, self.settings, budget) for job in jobs]
        from search_spaces.fkan.training import train

        return train_each(jobs, problem.arrays, lambda job, arrays: train(job, arrays, problem, self.settings, budget))

    def architecture_from_json(self, data: Mapping[str, Any]) -> FKANArchitecture:
        """Return the architecture whose `to_json` gave `data`."""
        return FKANArchitecture.from_json(data)

    def model(self, architecture: Architecture, problem: Problem, weights: Weights) -> torch.nn.Module:
        """Return an `FKANNetwork` with the trained weights and the problem's scalers."""
        from search_spaces.fkan.network import build_model

        return build_model(cast(FKANArchitecture, architecture), problem, weights)

    def load_model(self, spec: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> torch.nn.Module:
        """Build an `FKANNetwork` from its spec and state dict."""
        from search_spaces.fkan.network import FKANNetwork

        model = FKANNetwork(FKANArchitecture.from_json(spec["architecture"]), spec)
        model.load_state_dict(dict(state))
        return model.eval()

    def explain(self, model: torch.nn.Module, problem: Problem) -> Explanation:
        """Return the curves between the levels over the training rows, and attributions of the input columns."""
        from search_spaces.fkan.explain import explain
        from search_spaces.fkan.network import FKANNetwork

        return explain(cast(FKANNetwork, model), problem)

    def graph(self, model: torch.nn.Module, problem: Problem) -> FunctionGraph:
        """Return straight lines and activations, to be read as formulas."""
        from search_spaces.fkan.explain import function_graph
        from search_spaces.fkan.network import FKANNetwork

        return function_graph(cast(FKANNetwork, model), problem)

    def plots(self, explanation: Explanation) -> Mapping[str, Callable[[], Axes]]:
        """Return the picture of the learned basis functions."""
        from search_spaces.fkan.plots import plot_bases

        return {"bases.png": partial(plot_bases, explanation)}

    def reference_architectures(self, problem: Problem) -> dict[str, Architecture]:
        """Return the shape of the paper's equations: six parallel blocks of ten neurons, degrees 1 to 6."""
        columns = tuple(range(problem.n_features))
        return {
            "six parallel blocks of 10": encoding.network(
                problem.n_features,
                problem.n_outputs,
                columns,
                encoding.PARALLEL,
                (10,) * 6,
                tuple(range(1, 7)),
                self.settings.triples == "block",
            )
        }

    def prepare(self, problem: Problem) -> None:
        """Compile or load the training kernel by training one neuron on a handful of rows."""
        self._kernels(problem).warm_up(problem)

    def is_compiled(self, problem: Problem) -> bool:
        """Return whether the training kernel is on disk already."""
        return bool(self._kernels(problem).is_compiled(problem))

    @staticmethod
    def _kernels(problem: Problem) -> Any:
        return import_module(f"search_spaces.fkan.{'residual' if problem.task == 'residual' else 'training'}")
