"""The interface between the framework and a family of networks.

A family implements `SearchSpace`; the framework knows nothing else about it. `evokan.testing.SearchSpaceContract`
is the test class that every family, ours or a third party's, should pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from evokan.chromosome import Bits, ChromosomeLayout
from evokan.errors import InputError
from evokan.problem import Problem
from evokan.splits import Fold
from evokan.table import Task

if TYPE_CHECKING:
    import torch
    from matplotlib.axes import Axes

    from evokan.explain.graph import FunctionGraph

FoldStop = Literal["common", "own"]
"""Where trainings on several folds stop to be judged: `Budget.fold_stop`."""

Weights = dict[str, NDArray[np.generic]]
"""A network's state dict as NumPy arrays."""


class SpaceOptions(BaseModel):
    """Options of a family (``--space-option KEY=VALUE``); a family adds its own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Architecture(ABC):
    """A decoded, pruned network: the phenotype. Equal `key` means the same network.

    Families subclass it as frozen dataclasses and add what they need to build the network.
    """

    @property
    @abstractmethod
    def key(self) -> str:
        """Canonical text: equal networks have equal keys (cache, training seed)."""

    @property
    @abstractmethod
    def n_params(self) -> int:
        """Trainable values of the live network."""

    @property
    def n_params_paper(self) -> int:
        """Trainable values as the family's paper counts them."""
        return self.n_params

    @property
    @abstractmethod
    def n_edges(self) -> int:
        """Live edges (one-variable functions)."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Input columns that reach an output."""

    @property
    def used_columns(self) -> tuple[int, ...] | None:
        """Input columns that reach an output, ascending; None where the family does not say."""
        return None

    @property
    @abstractmethod
    def depth(self) -> int:
        """Number of layers of edges."""

    @property
    def grid(self) -> int:
        """Grid intervals of the splines; 0 where the family has none."""
        return 0

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values from which `SearchSpace.architecture_from_json` makes an equal object."""


@dataclass(frozen=True)
class Budget:
    """How much work one training may do.

    Attributes
    ----------
    steps
        Outer optimiser steps (for L-BFGS: 20 iterations and at most 25 loss evaluations each).
    device
        ``cpu`` or ``cuda``.
    fold_stop
        Whether the folds of a network count at a ``common`` iteration or each at its ``own`` best
        (`evokan.evaluation.folds`).
    """

    steps: int = 20
    device: str = "cpu"
    fold_stop: FoldStop = "own"


@dataclass(frozen=True)
class TrainingJob:
    """One network to train on one fold.

    Attributes
    ----------
    architecture
        What to train.
    fold
        Rows to fit on and rows to look at. An empty validation part means: train for exactly `iterations`.
    seed
        Seed of the initial values; the framework derives it from the run's seed and the architecture's key.
    iterations
        Where given, stop after this many optimiser iterations and keep the last values.
    keep_weights
        Whether the trained values are wanted back.
    parents
        Networks that were trained on the same fold, and their values, to begin from instead of random values
        where the family can (`SearchSpace.inherits`); the first one is the nearer relative.
    """

    architecture: Architecture
    fold: Fold
    seed: int
    iterations: int | None = None
    keep_weights: bool = False
    parents: tuple[tuple[Architecture, Weights], ...] = ()

    @property
    def watched(self) -> bool:
        """Whether the validation loss decides which values are kept."""
        return not self.iterations and len(self.fold.validation) > 0


@dataclass(frozen=True)
class Trained:
    """What came out of a `TrainingJob`.

    Attributes
    ----------
    val_loss, train_loss
        Bare losses without penalties, at the kept iteration; finite where `reason` is empty. `val_loss` equals
        `train_loss` where the fold had no validation rows.
    iterations
        Optimiser iterations up to the kept values.
    evaluations
        Loss-and-gradient evaluations spent in all.
    seconds
        Wall-clock time of this training.
    reason
        Empty, or why the training failed.
    weights
        Trained values, where the job asked for them.
    looks
        Validation loss after iteration 1, 2, ..., as far as the training went (the last value may come twice). Empty
        where it was not looked at after every iteration, or did not decide when to stop.
    """

    val_loss: float
    train_loss: float
    iterations: int
    evaluations: int = 0
    seconds: float = 0.0
    reason: str = ""
    weights: Weights | None = None
    looks: tuple[float, ...] = ()

    @classmethod
    def failed(cls, reason: str, seconds: float = 0.0) -> Trained:
        """Return the record of a training that gave nothing usable."""
        return cls(np.inf, np.inf, 0, seconds=seconds, reason=reason)


@dataclass(frozen=True)
class EdgeCurve:
    """A learned one-variable function, sampled where the data lies.

    Attributes
    ----------
    layer, source, target
        Layer of edges from 0 at the input; node numbers below and above, as in the whole layer.
    x, y
        The curve over the range of the training data at this edge, shape (points,).
    weight
        Importance in [0, 1], 1 for the strongest edge of the network.
    """

    layer: int
    source: int
    target: int
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weight: float


@dataclass(frozen=True)
class Explanation:
    """What a family can say about a trained network.

    Attributes
    ----------
    widths
        Number of nodes of each level, input first.
    input_names, output_names
        Labels of the first and last level.
    edges
        Learned curves of every live edge; empty where a family has no such edges.
    importances
        One value per input column, in [0, 1], summing to 1 (0 for a column that reaches no output).
    data
        Plain JSON values of the family's own, a few hundred kB at most: what `SearchSpace.plots` draws.
    """

    widths: tuple[int, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    edges: tuple[EdgeCurve, ...] = ()
    importances: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset:
    """Named settings of a family (``--preset``).

    Attributes
    ----------
    settings
        Fields of `evokan.config.SearchConfig` that the preset sets where the user does not.
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

        They stand beside those of `evokan.baselines.fit_baselines`, which also says what the figures are.
        """
        return {}

    def is_compiled(self, problem: Problem) -> bool:
        """Return whether `prepare` will be quick; a family without compiled kernels need not say so."""
        return True

    def prepare(self, problem: Problem) -> None:  # noqa: B027 - nothing to do is a fine answer
        """Compile or load what the first training needs; called once before a search, may take seconds."""
