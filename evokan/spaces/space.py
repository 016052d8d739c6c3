"""The interface between the framework and a family of networks.

A family implements `SearchSpace`; the framework knows nothing else about it. `evokan.testing.SearchSpaceContract`
is the test class that every family, ours or a third party's, should pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from evokan.errors import InputError
from evokan.problem.problem import Problem
from evokan.problem.table import Task
from evokan.spaces.architecture import Architecture, Weights
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.explanation import Explanation
from evokan.spaces.training import Budget, Trained, TrainingJob

if TYPE_CHECKING:
    import torch
    from matplotlib.axes import Axes

    from evokan.spaces.graph import FunctionGraph


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


class SearchSpace(ABC):
    """A family of networks: encoding, training, model and explanation.

    Parameters
    ----------
    options
        An instance of the class's `Options`; None takes the defaults.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    inherits: ClassVar[bool] = False
    """Whether trainings make use of `TrainingJob.parents`."""
    Options: ClassVar[type[SpaceOptions]] = SpaceOptions
    presets: ClassVar[Mapping[Literal["default", "paper"], Preset]] = {"default": Preset(), "paper": Preset()}

    def __init__(self, options: SpaceOptions | None = None) -> None:
        self.options: Any = self.Options() if options is None else options

    @abstractmethod
    def layout(self, problem: Problem) -> ChromosomeLayout:
        """Return the meaning of the bits for this problem."""

    @abstractmethod
    def decode(self, bits: Bits, problem: Problem) -> Architecture:
        """Return the network that `bits` describe: total and deterministic.

        Raises
        ------
        InvalidArchitecture
            The bits describe no usable network; the message is the reason.
        """

    @abstractmethod
    def train(self, jobs: Sequence[TrainingJob], problem: Problem, budget: Budget) -> list[Trained]:
        """Train a cohort; results in the order of the jobs.

        A result depends on its own job alone, never on its neighbours. A training that breaks down returns
        `Trained.failed` with a reason; only faults of the whole cohort raise.
        """

    @abstractmethod
    def architecture_from_json(self, data: Mapping[str, Any]) -> Architecture:
        """Return the architecture whose `to_json` gave `data`."""

    @abstractmethod
    def model(self, architecture: Architecture, problem: Problem, weights: Weights) -> torch.nn.Module:
        """Return what the user keeps: raw inputs (N, features) to logits (N, classes) or values (N, 1).

        Its state dict holds tensors only (scalers as buffers), and its attribute ``spec`` the JSON values from
        which `load_model` builds it again.
        """

    @abstractmethod
    def load_model(self, spec: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> torch.nn.Module:
        """Build the module of `model` from its ``spec`` and state dict, without the problem."""

    @abstractmethod
    def explain(self, model: torch.nn.Module, problem: Problem) -> Explanation:
        """Return curves and importances of a trained model."""

    def graph(self, model: torch.nn.Module, problem: Problem) -> FunctionGraph:
        """Return the one-variable functions on the edges of a trained model, to be read as formulas.

        Raises
        ------
        InputError
            The family has no such edges (the default).
        """
        raise InputError(f"search space {self.name!r} has no one-variable edges that could be read as formulas")

    def plots(self, explanation: Explanation) -> Mapping[str, Callable[[], Axes]]:
        """Return pictures of the family's own, by file name (``levels.png``); none by default.

        Called for the chosen network of a finished run, with `explanation` as read from the run's folder: neither
        the data nor the model is at hand, so `explain` puts what a picture needs into `Explanation.data`.
        """
        return {}

    def reference_architectures(self, problem: Problem) -> dict[str, Architecture]:
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

    def prepare(self, problem: Problem) -> None:  # noqa: B027 - nothing to do is a fine answer
        """Compile or load what the first training needs; called once before a search, may take seconds."""
