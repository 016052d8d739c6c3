"""fKAN as a search space: what the framework sees of this family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Protocol

from evokan.problem.problem import Problem
from evokan.problem.task import Task, TaskName
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.explanation import Explanation
from evokan.spaces.space import Preset, SearchSpace
from evokan.spaces.threads import single_threaded_math
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training.one_by_one import train_each
from search_spaces.fkan import encoding
from search_spaces.fkan.encoding import FKANArchitecture
from search_spaces.fkan.options import FKANOptions
from search_spaces.fkan.published import paper_network
from search_spaces.fkan.seeds import seeds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from evokan.spaces.graph import FunctionGraph
    from evokan.spaces.plain import PlainNetwork
    from search_spaces.fkan.network import FKANNetwork


class FKAN(SearchSpace[FKANOptions, FKANArchitecture, "FKANNetwork"]):
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
    tasks: ClassVar[tuple[Task | TaskName, ...]] = ("classification", "regression", "residual")
    Options = FKANOptions
    Network = FKANArchitecture
    presets: ClassVar = {
        "default": Preset(settings={"folds": 5, "choose": "one-se"}),
        "paper": Preset(
            settings={
                "scaler": "none",
                "folds": 1,
                "initial": "random",
                "parsimony": "none",
                "distinct": False,
                "choose": "best-loss",
                "refit": "holdout",
            },
            options={"optimizer": "adam", "learning_rate": 0.01, "patience": 0, "ridge": 0.0, "max_degree": 6},
        ),
    }

    def layout(self, problem: Problem) -> ChromosomeLayout:
        """Return input mask, wiring, depth, widths and degrees."""
        return encoding.layout(problem, self.options)

    def decode(self, bits: Bits, problem: Problem) -> FKANArchitecture:
        """Return the network; raises `InvalidArchitecture` where no input column is in use."""
        return encoding.decode(self.layout(problem).unpack(bits), problem, self.options)

    def continues(self, problem: Problem) -> bool:
        """Return whether there are steps to go on with: those on an equation."""
        return problem.task.is_equation

    def encode(self, architecture: FKANArchitecture, problem: Problem) -> Bits:
        """Return bits that `decode` to `architecture`."""
        return self.layout(problem).pack(encoding.encode(architecture, problem, self.options))

    def seeds(self, problem: Problem) -> Sequence[FKANArchitecture]:
        """Return networks that solve most equations, from small to large; none on a table."""
        return seeds(problem, self.options)

    def train(self, jobs: Sequence[TrainingJob[FKANArchitecture]], problem: Problem, budget: Budget) -> list[Trained]:
        """Train each job: on a table in the compiled driver, on an equation by compiled derivatives of the network.

        Torch differentiates no more than the equation itself.
        """
        if problem.task.is_equation:
            from search_spaces.fkan.residual import train_residual

            # The order of BLAS's sums depends on its threads, and results must not.
            with single_threaded_math():
                return [train_residual(job, problem, self.options, budget) for job in jobs]
        from search_spaces.fkan.training import train

        return train_each(jobs, problem.arrays, lambda job, data: train(job, data, problem, self.options, budget))

    def model_class(self) -> type[FKANNetwork]:
        """Return `FKANNetwork`."""
        from search_spaces.fkan.network import FKANNetwork

        return FKANNetwork

    def explain(self, model: FKANNetwork, problem: Problem) -> Explanation:
        """Return the curves between the levels over the training rows, and attributions of the input columns."""
        from search_spaces.fkan.explain import explain

        return explain(model, problem)

    def graph(self, model: FKANNetwork, problem: Problem) -> FunctionGraph:
        """Return straight lines and activations, to be read as formulas."""
        from search_spaces.fkan.explain import function_graph

        return function_graph(model, problem)

    def plain(self, model: FKANNetwork) -> PlainNetwork:
        """Return a network as arrays and steps."""
        return model.plain()

    def plots(self, explanation: Explanation) -> Mapping[str, Callable[[], Axes]]:
        """Return the learned basis functions, and of an equation its solution with its residual."""
        from search_spaces.fkan.plots import plot_bases, plot_solution

        found: dict[str, Callable[[], Axes]] = {"bases.png": partial(plot_bases, explanation)}
        if "solution" in explanation.data:
            found["solution.png"] = partial(plot_solution, explanation)
        return found

    def reference_architectures(self, problem: Problem) -> dict[str, FKANArchitecture]:
        """Return the network of the paper's equation; for any other problem, that of its Lane-Emden equations."""
        label, network = paper_network(problem, self.options.triples == "block")
        return {label: network}

    def prepare(self, problem: Problem) -> None:
        """Compile or load the training kernel by training one neuron on a handful of rows."""
        kernels(problem).warm_up(problem, self.options)

    def is_compiled(self, problem: Problem) -> bool:
        """Return whether the training kernel is on disk already."""
        return kernels(problem).is_compiled(problem, self.options)


class Kernels(Protocol):
    """What both ways of training have: kernels to be compiled."""

    def warm_up(self, problem: Problem, options: FKANOptions) -> None:
        """Compile or load them."""

    def is_compiled(self, problem: Problem, options: FKANOptions) -> bool:
        """Return whether they need no compilation."""


def kernels(problem: Problem) -> Kernels:
    """Return the module that trains on this problem."""
    from search_spaces.fkan import residual, training

    return residual if problem.task.is_equation else training
