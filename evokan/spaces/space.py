"""The interface between the framework and a family of networks.

A family implements `SearchSpace`; the framework knows nothing else about it. `evokan.testing.SearchSpaceContract`
is the test class that every family, ours or a third party's, should pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict
from typing_extensions import TypeVar

from evokan.arrays import FloatArray
from evokan.errors import InputError
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.problem.task import Task, TaskName
from evokan.spaces.architecture import ArchitectureT, Weights
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.explanation import Explanation
from evokan.spaces.training import Budget, Trained, TrainingJob

if TYPE_CHECKING:
    import torch
    from matplotlib.axes import Axes

    from evokan.spaces.graph import FunctionGraph
    from evokan.spaces.plain import PlainNetwork


class SpaceOptions(BaseModel):
    """Options of a family (``--space-option KEY=VALUE``); a family adds its own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Preset:
    """Named settings of a family (``--preset``).

    Attributes
    ----------
    settings
        Fields of `evokan.settings.config.SearchConfig` that the preset sets where the user does not.
    options
        Fields of the family's own options, likewise.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


OptionsT = TypeVar("OptionsT", bound=SpaceOptions, default=Any)
ModelT = TypeVar("ModelT", bound="torch.nn.Module", default=Any)


class SearchSpace(ABC, Generic[OptionsT, ArchitectureT, ModelT]):
    """A family of networks: encoding, training, model and explanation.

    Parameters
    ----------
    options
        An instance of the class's `Options`; None takes the defaults.

    Notes
    -----
    A family says its types once, in the class it inherits: ``SearchSpace[MyOptions, MyArchitecture, "MyModule"]``
    (the module by its name, since torch is imported late).
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    tasks: ClassVar[tuple[Task | TaskName, ...]] = ("classification", "regression")
    inherits: ClassVar[bool] = False
    """Whether trainings make use of `TrainingJob.parents`."""
    moves: ClassVar[Mapping[str, float]] = {}
    """Changes of a network that `neighbour` knows, and how often each is wanted beside the others."""
    renews: ClassVar[bool] = False
    """Whether individuals of a search that repeat a network are changed until they do not."""
    Options: type[OptionsT] = SpaceOptions  # type: ignore[assignment]  # of a family that has none
    """What the options are made of."""
    Network: type[ArchitectureT]
    """What chromosomes decode to."""
    presets: ClassVar[Mapping[Literal["default", "paper"], Preset]] = {"default": Preset(), "paper": Preset()}

    def __init__(self, options: OptionsT | None = None) -> None:
        self.options: OptionsT = self.Options() if options is None else options

    @abstractmethod
    def layout(self, problem: Problem) -> ChromosomeLayout:
        """Return the meaning of the bits for this problem."""

    @abstractmethod
    def decode(self, bits: Bits, problem: Problem) -> ArchitectureT:
        """Return the network that `bits` describe: total and deterministic.

        Raises
        ------
        InvalidArchitecture
            The bits describe no usable network; the message is the reason.
        """

    def encode(self, architecture: ArchitectureT, problem: Problem) -> Bits:
        """Return bits that `decode` to `architecture`; only families with `seeds` need it."""
        raise NotImplementedError(f"search space {self.name!r} cannot write a network as a chromosome")

    def continues(self, problem: Problem) -> bool:
        """Return whether trainings on this problem can begin from the same network's values; as `inherits` by default.

        Those values are the one member of `TrainingJob.parents`.
        """
        return self.inherits

    def seeds(self, problem: Problem) -> Sequence[ArchitectureT]:
        """Return networks worth trying on any table, the most promising first: a search begins with some of them."""
        return ()

    @property
    def allowance(self) -> float:
        """Seconds of one core that the networks of a search may take together, by `cost`; no end by default."""
        return float("inf")

    def cost(self, architecture: ArchitectureT, problem: Problem, folds: Sequence[Fold]) -> float:
        """Return about how many seconds of one core a network takes on `folds` of the problem's rows.

        Only asked where `allowance` has an end.
        """
        return 0.0

    def descend(self, bits: Bits, problem: Problem, attributions: FloatArray | None) -> Bits | None:
        """Return the next smaller network on the way down from a seed, or None at its end (the default).

        Parameters
        ----------
        bits, attributions
            As of `neighbour`.
        """
        return None

    def sample(self, problem: Problem, rng: np.random.Generator) -> Bits:
        """Return a random chromosome to begin with: fair coins, where the family knows nothing better."""
        return self.layout(problem).random(rng)

    def neighbour(
        self, bits: Bits, move: str, problem: Problem, attributions: FloatArray | None, rng: np.random.Generator
    ) -> Bits | None:
        """Return the chromosome of a network that is one of `moves` away, or None where that move is not possible.

        Parameters
        ----------
        bits
            A chromosome that decodes to a network.
        attributions
            What every edge of that network is worth (`Trained.attributions`), mean over the folds, shape (edges,);
            None if unknown.
        """
        return None

    @abstractmethod
    def train(self, jobs: Sequence[TrainingJob[ArchitectureT]], problem: Problem, budget: Budget) -> list[Trained]:
        """Train a cohort; results in the order of the jobs.

        A result depends on its own job alone, never on its neighbours. A training that breaks down returns
        `Trained.failed` with a reason; only faults of the whole cohort raise.
        """

    @abstractmethod
    def model_class(self) -> type[ModelT]:
        """Return the class of what the user keeps, imported late: torch is slow to import.

        It is made from a spec's architecture and the spec itself (`evokan.spaces.module.ScaledModule`), and takes raw
        inputs (N, features) to logits (N, classes) or values (N, 1). Its state dict holds tensors only (scalers as
        buffers), and its attribute ``spec`` the JSON values.
        """

    def model(self, architecture: ArchitectureT, problem: Problem, weights: Weights) -> ModelT:
        """Return what the user keeps, with the trained `weights` and the problem's scalers."""
        from evokan.spaces.module import with_values

        model = self.model_class()(architecture, self.spec(architecture, problem))
        return with_values(model, {**weights, **self.scaling(problem, weights)})

    def load_model(self, spec: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> ModelT:
        """Build the module of `model` from its ``spec`` and state dict, without the problem."""
        from evokan.spaces.module import check_sizes, with_values

        architecture, module = self.Network.from_json(spec["architecture"]), self.model_class()
        check_sizes(lambda: module(architecture, spec), state)
        return with_values(module(architecture, spec), state)

    def spec(self, architecture: ArchitectureT, problem: Problem) -> dict[str, Any]:
        """Return the JSON values from which `load_model` builds a module again."""
        from evokan.spaces.module import module_spec

        return module_spec(self.name, architecture, problem, {})

    def scaling(self, problem: Problem, weights: Weights) -> Weights:
        """Return the values of the module's scalers, which training does not know: those of the problem."""
        from evokan.spaces.module import scaling

        return scaling(input=problem.input_scaler, target=problem.target_scaler)

    @abstractmethod
    def explain(self, model: ModelT, problem: Problem) -> Explanation:
        """Return curves and importances of a trained model."""

    def examine(self, model: ModelT, problem: Problem) -> Explanation:
        """Return what `explain` does, with what only the chosen network of a run is worth; the same by default."""
        return self.explain(model, problem)

    def tables(self, explanation: Explanation) -> Mapping[str, str]:
        """Return texts to keep beside the chosen network of a run, by file name (``edges.csv``); none by default.

        `explanation` is that of `examine`.
        """
        return {}

    def graph(self, model: ModelT, problem: Problem) -> FunctionGraph:
        """Return the one-variable functions on the edges of a trained model, to be read as formulas.

        Raises
        ------
        InputError
            The family has no such edges (the default).
        """
        raise InputError(f"search space {self.name!r} has no one-variable edges that could be read as formulas")

    def plain(self, model: ModelT) -> PlainNetwork:
        """Return a trained model as arrays and known steps, so that it can be computed anywhere.

        Raises
        ------
        InputError
            The family does not say how (the default).
        """
        raise InputError(
            f"search space {self.name!r} does not say how its networks are computed: export --format torch"
        )

    def plots(self, explanation: Explanation) -> Mapping[str, Callable[[], Axes]]:
        """Return pictures of the family's own, by file name (``levels.png``); none by default.

        Called for the chosen network of a finished run, with `explanation` as read from the run's folder: neither
        the data nor the model is at hand, so `explain` puts what a picture needs into `Explanation.data`.
        """
        return {}

    def reference_architectures(self, problem: Problem) -> dict[str, ArchitectureT]:
        """Return hand-made networks of this family to compare with, by label; none by default."""
        return {}

    def baselines(self, problem: Problem, seed: int) -> dict[str, dict[str, Any]]:
        """Fit what the family's paper compares with, and return test figures by name; none by default.

        They stand beside those of `evokan.problem.baselines.fit_baselines`, which also says what the figures are.
        """
        return {}

    def is_compiled(self, problem: Problem) -> bool:
        """Return whether `prepare` will be quick; a family without compiled kernels need not say so."""
        return True

    def prepare(self, problem: Problem) -> None:
        """Compile or load what the first training needs; called once before a search, may take seconds."""
