"""Options of the GA-KAN family: what a chromosome may describe, and how a network is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evokan.problem.problem import Problem
from evokan.spaces.space import SpaceOptions

PATIENCE_WITH_RUNGS = 3
"""Where columns act together only, the loss rests on a plateau before it falls: of 18 networks with a hidden layer on
4,000 rows (8 or 20 columns, grid 8), 11 get past it with 10 looks and 17 with 40. Of many rows there is little to fear
from going on."""


class GAKANOptions(SpaceOptions):
    """Options of ``--space gakan`` (``--space-option KEY=VALUE``).

    Attributes
    ----------
    max_depth, max_width
        Largest number of layers d and of neurons in a hidden layer u.
    ridge, roughness, l1
        Penalties on the effective coefficients w_s c of every edge: sums of squares, of squared second differences,
        and of absolute values.
    base_ridge
        Penalty on w_b: sum of squares. Larger than `ridge`, since a spline of few pieces bends less than SiLU.
    patience
        Stop a training after this many looks at the validation loss without improvement; 0 never stops. Where a search
        has rungs, `PATIENCE_WITH_RUNGS` times as many.
    look
        When to look at the validation loss: after every L-BFGS ``iteration``, or every ``step`` (20 iterations).
    input_margin
        The grid of an input column covers its training range, widened by this share of it at both ends.
    hidden_range
        Grids of hidden neurons begin as [-hidden_range, hidden_range].
    grid_steps
        Steps before which hidden grids are fitted to the activations; empty for never.
    grid_margin
        Widening of fitted hidden grids, as `input_margin`.
    start
        Rule of the initial values. ``evokan``: coefficients uniform in [-noise / 2, noise / 2], w_b uniform in
        +-base_scale / sqrt(live inputs of the neuron), w_s = 1 / sqrt(live inputs). ``pykan``: those of pykan 0.2.1,
        coefficients uniform in +-1 / (2 grid), w_b = (2 z - 1) / sqrt(all inputs) with z standard normal, w_s = 1.
    noise, base_scale
        Sizes of the initial values of ``evokan``.
    precision
        Arithmetic of the training kernel.
    """

    max_depth: int = Field(4, ge=1, le=16)
    max_width: int = Field(5, ge=1, le=64)
    ridge: float = Field(0.0001, ge=0)
    base_ridge: float = Field(0.01, ge=0)
    roughness: float = Field(0.0, ge=0)
    l1: float = Field(0.0, ge=0)
    patience: int = Field(10, ge=0)
    look: Literal["iteration", "step"] = "iteration"
    input_margin: float = Field(0.3, ge=0, le=10)
    hidden_range: float = Field(8.0, gt=0)
    grid_steps: tuple[int, ...] = ()
    grid_margin: float = Field(0.0, ge=0, le=10)
    start: Literal["evokan", "pykan"] = "evokan"
    noise: float = Field(0.1, ge=0)
    base_scale: float = Field(2.0, ge=0)
    precision: Literal["float64", "float32"] = "float64"

    def patience_on(self, problem: Problem) -> int:
        """Return after how many looks without improvement a training on a problem stops."""
        return self.patience * (PATIENCE_WITH_RUNGS if problem.cuts else 1)

    @property
    def penalties(self) -> tuple[float, float, float, float]:
        """Weights as the kernel takes them."""
        return self.ridge, self.base_ridge, self.roughness, self.l1
