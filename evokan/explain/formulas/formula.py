"""A formula as the user meets it, and the front of formulas that a search for them gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evokan.arrays import FloatArray
from evokan.errors import InputError
from evokan.explain.formulas.expressions import Expressions
from evokan.spaces.graph import SplineTable


class Formula(Expressions):
    """One formula in the user's columns and units: what it is stands in `Expressions`."""

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """One line for each output: ``y = x1*x2``; columns called like a number, ``pi`` or ``12``, in quotes."""
        from evokan.explain.formulas.wording import written
        from evokan.texts import printable

        left = "score({})" if self.task.has_classes else "{}"
        return "\n".join(
            f"{left.format(printable(name))} = {written(output)}"
            for name, output in zip(self.names, self.outputs, strict=True)
        )

    @property
    def latex(self) -> str:
        """One line of LaTeX for each output, without dollar signs."""
        from evokan.explain.formulas.wording import latex

        return latex(self)

    def python(self) -> str:
        """Return the source of a Python module that needs nothing but the standard library.

        It has the function ``formula`` of the columns that occur, and for classes ``probabilities``.
        """
        from evokan.explain.formulas.writers import python

        return python(self)

    def c(self) -> str:
        """Return C99 source with the function ``formula`` (and ``probabilities``), to be linked with ``-lm``."""
        from evokan.explain.formulas.writers import c

        return c(self)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values: expressions as text, spline tables with knots and coefficients, losses."""
        from evokan.explain.formulas.wording import written

        return {
            "task": self.task,
            "columns": list(self.columns),
            "outputs": {name: written(output) for name, output in zip(self.names, self.outputs, strict=True)},
            "latex": self.latex.splitlines(),
            "complexity": self.complexity,
            "train_loss": self.train_loss,
            "val_loss": self.val_loss,
            "splines": {name: table_to_json(table) for name, table in self.tables.items()},
        }

    def probabilities(self, X: FloatArray) -> FloatArray:
        """Return the softmax of the scores, shape (N, classes)."""
        from scipy.special import softmax

        shares: FloatArray = softmax(self.predict(X), axis=1)
        return shares

    def check(self, X: FloatArray) -> None:
        """Raise where the formula has no value for a row of `X`.

        Raises
        ------
        InputError
            One sentence for each output with such rows: the part that is not defined, how many rows, and the first.
        """
        from evokan.explain.formulas.domains import undefined_parts

        faults = undefined_parts(self, np.asarray(X, dtype=np.float64))
        if faults:
            raise InputError(*faults)


@dataclass(frozen=True, eq=False)
class Formulas:
    """The front of formulas: each is simpler than all that have a smaller validation loss.

    Attributes
    ----------
    front
        Simplest first.
    chosen
        Place of the chosen one: the simplest whose validation loss is within `tolerance` of the lowest.
    network_loss
        Validation loss of the network that was read, as it stands (it may have been trained on these rows too).
    tolerance
        As asked for.
    seconds
        Time spent.
    complete
        Whether the search came to its end before the time was up.
    """

    front: tuple[Formula, ...]
    chosen: int
    network_loss: float
    tolerance: float
    seconds: float
    complete: bool

    @property
    def best(self) -> Formula:
        """The chosen formula."""
        return self.front[self.chosen]

    def __iter__(self) -> Iterator[Formula]:
        return iter(self.front)

    def __len__(self) -> int:
        return len(self.front)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "chosen": self.chosen,
            "network_loss": self.network_loss,
            "tolerance": self.tolerance,
            "seconds": self.seconds,
            "complete": self.complete,
            "front": [formula.to_json() for formula in self.front],
        }


def pareto(formulas: Sequence[Formula]) -> list[Formula]:
    """Return the formulas that no other one beats in complexity and loss, simplest first."""
    front: list[Formula] = []
    for formula in sorted(formulas, key=lambda f: (f.complexity, f.val_loss, f.text)):
        if not front or formula.val_loss < front[-1].val_loss:
            front.append(formula)
    return front


def table_to_json(table: SplineTable) -> dict[str, Any]:
    """Return grid, knots and coefficients of a spline.

    The value at x is sum_i coefficients[i] B_i(x) + base x / (1 + exp(-x)) + slope x, with the cubic B-splines B_i on
    knots[i] ... knots[i + 4].
    """
    knots = table.lo + table.h * np.arange(-3, len(table.coefficients) + 1)
    return {
        "knots": knots.tolist(),
        "coefficients": table.coefficients.tolist(),
        "base": table.base,
        "slope": table.slope,
    }
