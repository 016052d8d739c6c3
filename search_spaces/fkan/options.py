"""Options of the fKAN family: what a chromosome may describe, and how a network is trained."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from evokan.problem.task import Task
from evokan.spaces.space import SpaceOptions


class FKANOptions(SpaceOptions):
    """Options of ``--space fkan`` (``--space-option KEY=VALUE``).

    Attributes
    ----------
    min_depth, max_depth
        Number of blocks: one after the other, or side by side.
    min_width, max_width
        Neurons of a block.
    min_degree, max_degree
        Degrees q of a block.
    wiring
        ``sequential``, ``parallel``, or ``both`` to let evolution choose.
    max_dense
        Linear maps without activation between the blocks and the outputs, at most; the paper has them for its delay
        equation. They widen nothing that a network can say, so there are none by default.
    triples
        One (alpha, beta, gamma) for each ``block``, as in the paper, or for each ``neuron``.
    alpha, beta, gamma
        Their initial values; those of the public code.
    optimizer
        ``lbfgs`` (strong Wolfe line search) or ``adam``, on all rows at once; ``auto`` takes L-BFGS for tables, and the
        method of Levenberg and Marquardt for equations. One of ``--steps`` is 20 iterations and at most 25
        evaluations of L-BFGS, 25 iterations of Adam, or 5 of Levenberg and Marquardt.
    learning_rate
        Of Adam.
    history
        Curvature pairs of L-BFGS; an equation keeps at least 100, which pays where losses become tiny.
    ridge
        Penalty on the sum of squared weights of the linear maps; not on equations.
    patience
        Stop a training after this many iterations without a lower validation loss; 0 never stops. Equations
        are always trained to the end.
    points
        On equations, points that a training works on at a time; after every 20 iterations others are drawn, the more
        likely the more the network misses there. 0 takes all of them, always.
    spread
        On equations, the weights of the first map are uniform in +-spread / sqrt(inputs) in standardised coordinates,
        and its biases place the neurons' zeros all over the domain.
    """

    min_depth: int = Field(1, ge=1, le=16)
    max_depth: int = Field(4, ge=1, le=16)
    min_width: int = Field(1, ge=1, le=256)
    max_width: int = Field(16, ge=1, le=256)
    min_degree: int = Field(1, ge=1, le=32)
    max_degree: int = Field(8, ge=1, le=32)
    wiring: Literal["both", "sequential", "parallel"] = "both"
    max_dense: int = Field(0, ge=0, le=8)
    triples: Literal["block", "neuron"] = "block"
    alpha: float = Field(1.0, ge=-30, le=30)
    beta: float = Field(1.0, ge=-30, le=30)
    gamma: float = Field(0.0, ge=-30, le=30)
    optimizer: Literal["auto", "lbfgs", "adam"] = "auto"
    learning_rate: float = Field(0.01, gt=0)
    history: int = Field(10, ge=1, le=1000)
    ridge: float = Field(1e-3, ge=0)
    patience: int = Field(40, ge=0)
    points: int = Field(0, ge=0)
    spread: float = Field(3.0, gt=0, le=100)

    def method(self, task: Task) -> str:
        """Return how networks are trained: ``lbfgs``, ``adam`` or ``levenberg-marquardt``."""
        if self.optimizer != "auto":
            return self.optimizer
        return "levenberg-marquardt" if task.is_equation else "lbfgs"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name in ("depth", "width", "degree"):
            low, high = getattr(self, f"min_{name}"), getattr(self, f"max_{name}")
            if low > high:
                raise ValueError(f"min_{name} ({low}) is larger than max_{name} ({high})")
        if self.points and self.optimizer != "auto":
            raise ValueError(f"points ({self.points}) move with the optimizer auto alone, not with {self.optimizer}")
        return self
