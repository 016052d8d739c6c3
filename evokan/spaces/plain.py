"""A trained network as arrays and a handful of known steps: what it takes to compute it anywhere else."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from evokan.arrays import FloatArray, IntArray
from evokan.problem.prediction import check_columns
from evokan.problem.task import Task
from evokan.spaces import steps


@dataclass(frozen=True, eq=False)
class Step:
    """From the values of one level, shape (N, columns), to those of the next.

    Attributes
    ----------
    kind
        Name of the function in `evokan.spaces.steps` that computes it; the fields are its arguments.
    """

    kind: ClassVar[str]

    @property
    def arrays(self) -> dict[str, Any]:
        """The arguments by name: arrays, or one whole number."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def width(self, below: int) -> int:
        """Return the number of columns above, for `below` columns below."""
        arrays = self.arrays
        return next((len(arrays[name]) for name in ("bias", "numbers") if name in arrays), below)

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the values above."""
        values: FloatArray = getattr(steps, self.kind)(x, **self.arrays)
        return values


@dataclass(frozen=True, eq=False)
class Columns(Step):
    """Some of the columns; see `evokan.spaces.steps.columns`, as for the others."""

    kind = "columns"
    numbers: IntArray


@dataclass(frozen=True, eq=False)
class Linear(Step):
    """A linear map."""

    kind = "linear"
    weight: FloatArray
    bias: FloatArray


@dataclass(frozen=True, eq=False)
class Splines(Step):
    """Sums of cubic splines."""

    kind = "splines"
    source: IntArray
    target: IntArray
    lo: FloatArray
    h: FloatArray
    coefficients: FloatArray
    base: FloatArray
    bias: FloatArray


@dataclass(frozen=True, eq=False)
class Series(Step):
    """Chebyshev series of a power of the sigmoid, one a column."""

    kind = "series"
    power: FloatArray
    coefficients: FloatArray


@dataclass(frozen=True, eq=False)
class Blocks(Step):
    """Sums of basis functions."""

    kind = "blocks"
    turn: IntArray
    sigma: np.float64
    centres: FloatArray
    factors: FloatArray
    bias: FloatArray


@dataclass(frozen=True, eq=False)
class Bound(Step):
    """What holds every value in a range."""

    kind = "bound"
    number: int


@dataclass(frozen=True, eq=False)
class PlainNetwork:
    """A network on raw inputs.

    The value is output_shift + output_scale * (the steps one after the other, of (x - input_shift) / input_scale).

    Attributes
    ----------
    family
        Name of the search space.
    task
        ``classification`` (outputs are logits) or anything else (outputs are values).
    input_names, output_names
        Names of the inputs; the classes, or what each value is.
    input_shift, input_scale
        Shape (inputs,).
    steps
        In order.
    output_shift, output_scale
        Shape (outputs,).
    """

    family: str
    task: Task
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    input_shift: FloatArray
    input_scale: FloatArray
    steps: tuple[Step, ...]
    output_shift: FloatArray
    output_scale: FloatArray

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return logits or values in own units, shape (N, outputs), of raw inputs, shape (N, inputs)."""
        check_columns(np.shape(x), len(self.input_names), self.input_names)
        values = (np.asarray(x, dtype=np.float64) - self.input_shift) / self.input_scale
        for step in self.steps:
            values = step(values)
        return values * self.output_scale + self.output_shift
