"""HKAN as a search space: what the framework sees of this family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evokan.arrays import FloatArray
from evokan.problem.problem import Problem
from evokan.problem.scaling import Scaler
from evokan.problem.splits import Fold
from evokan.problem.task import Task, TaskName
from evokan.spaces.architecture import Weights
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.explanation import Explanation
from evokan.spaces.space import Preset, SearchSpace
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training.one_by_one import train_each
from search_spaces.hkan import cost, encoding, moves
from search_spaces.hkan.encoding import HKANArchitecture
from search_spaces.hkan.layers import HKANLayer
from search_spaces.hkan.options import HKANOptions
from search_spaces.hkan.seeds import seeds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from evokan.spaces.plain import PlainNetwork
    from search_spaces.hkan.network import HKANModule


_DRAWS, _SAMPLES = 100, 300
"""Throws at most for a sample, and samples that the budget has room for at least."""


class HKAN(SearchSpace[HKANOptions, HKANArchitecture, "HKANModule"]):
    """Hierarchical networks without back-propagation: blocks and nodes by least squares, layer by layer.

    Dudek and Rodak, "HKAN", arXiv 2501.18199. The losses are root mean squared errors (its paper's figure) of the
    scaled target, or for classes the mean cross-entropy; classification, by one-hot targets with a
    logistic regression in the last layer's place, is ours, as is forecasting: of a trajectory every concept is a
    target, which the nodes take turns with, and delays are columns.

    The ``paper`` preset begins with random bit strings, has no preference for small networks, fits by the paper's plain
    least squares (`HKANOptions.steady` False), and lets networks cost 10^6 s together, more than any search takes.
    """

    name: ClassVar[str] = "hkan"
    summary: ClassVar[str] = (
        "layered ridge regressions of fixed basis functions, no gradients; val_loss is the RMSE "
        "(HKAN, arXiv 2501.18199)"
    )
    tasks: ClassVar[tuple[Task | TaskName, ...]] = ("classification", "regression", "trajectory")
    Options = HKANOptions
    Network = HKANArchitecture
    moves: ClassVar[Mapping[str, float]] = moves.MOVES
    renews: ClassVar[bool] = True
    presets: ClassVar = {
        "default": Preset(
            settings={"scaler": "minmax", "folds": 5, "population": 20, "generations": 14, "mutation_rate": 0.9}
        ),
        "paper": Preset(
            settings={"parsimony": "none", "initial": "random"}, options={"max_cost": 1e6, "steady": False}
        ),
    }

    def layout(self, problem: Problem) -> ChromosomeLayout:
        """Return number of layers, hidden layers, output layer: the same for every problem."""
        return encoding.layout(problem, self.options)

    def decode(self, bits: Bits, problem: Problem) -> HKANArchitecture:
        """Return the network: every chromosome describes one."""
        return encoding.decode(self.layout(problem).unpack(bits), problem, self.options)

    def encode(self, architecture: HKANArchitecture, problem: Problem) -> Bits:
        """Return bits that decode to `architecture`."""
        return self.layout(problem).pack(encoding.encode(architecture, problem, self.options))

    def seeds(self, problem: Problem) -> Sequence[HKANArchitecture]:
        """Return the linear network and standard ones of rising size."""
        return seeds(problem, self.options)

    @property
    def allowance(self) -> float:
        """``max_cost``."""
        return self.options.max_cost

    def cost(self, architecture: HKANArchitecture, problem: Problem, folds: Sequence[Fold]) -> float:
        """Return about how many seconds of one core the network takes on `folds`."""
        classes, steady = problem.task.has_classes, self.options.steady
        return cost.seconds(architecture.layers, architecture.n_inputs, folds, classes=classes, steady=steady)

    def sample(self, problem: Problem, rng: np.random.Generator) -> Bits:
        """Return fair coins, thrown until they describe a network of which the budget has room for several hundred."""
        folds = problem.cuts[0] if problem.cuts else problem.folds
        layout = self.layout(problem)
        drawn: list[tuple[float, Bits]] = []
        while len(drawn) < _DRAWS:
            bits = layout.random(rng)
            drawn.append((self.cost(self.decode(bits, problem), problem, folds), bits))
            if drawn[-1][0] <= self.allowance / _SAMPLES:
                return bits
        return min(drawn, key=lambda one: one[0])[1]

    def neighbour(
        self, bits: Bits, move: str, problem: Problem, attributions: FloatArray | None, rng: np.random.Generator
    ) -> Bits | None:
        """Return the chromosome of a network that is one of `moves` away, or None where there is none."""
        moved = moves.neighbour(self.decode(bits, problem), move, problem, self.options, rng)
        return None if moved is None else self.encode(moved, problem)

    def train(self, jobs: Sequence[TrainingJob[HKANArchitecture]], problem: Problem, budget: Budget) -> list[Trained]:
        """Train each job by itself, always on the processor; `budget` has no meaning without iterations."""
        from search_spaces.hkan.training import train

        return train_each(jobs, problem.arrays, lambda job, data: train(job, data, problem, self.options, budget))

    def model_class(self) -> type[HKANModule]:
        """Return `HKANModule`."""
        from search_spaces.hkan.network import HKANModule

        return HKANModule

    def scaling(self, problem: Problem, weights: Weights) -> Weights:
        """Return the scalers: training has brought the target into a range of its own, which goes on top."""
        from evokan.spaces.module import scaling

        target = problem.target_scaler
        own = Scaler(*(np.asarray(weights[f"output_{part}"], dtype=np.float64) for part in ("shift", "scale")))
        output = Scaler(target.shift + target.scale * own.shift, target.scale * own.scale)
        return scaling(input=problem.input_scaler, output=output)

    def explain(self, model: HKANModule, problem: Problem) -> Explanation:
        """Return importances of the input columns, and how well blocks and nodes of every layer predict."""
        from search_spaces.hkan.explain import explain

        return explain(model, problem)

    def plain(self, model: HKANModule) -> PlainNetwork:
        """Return a network as arrays and steps."""
        return model.plain()

    def plots(self, explanation: Explanation) -> Mapping[str, Callable[[], Axes]]:
        """Return ``levels.png`` and ``input_fit.png`` (the paper's Figures 5 to 8 and 9)."""
        from search_spaces.hkan.plots import plot_input_fit, plot_levels

        return {"levels.png": lambda: plot_levels(explanation), "input_fit.png": lambda: plot_input_fit(explanation)}

    def reference_architectures(self, problem: Problem) -> dict[str, HKANArchitecture]:
        """Return the linear model: one identity layer."""
        return {"linear": HKANArchitecture(problem.n_features, (HKANLayer(problem.n_outputs, "identity"),))}

    def prepare(self, problem: Problem) -> None:
        """Load the mathematical libraries, so that limits on their threads find them."""
        import search_spaces.hkan.training  # noqa: F401 - SciPy comes with it
