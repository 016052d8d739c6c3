"""What every method of the comparison gives: predictions for the test rows, and how large the model is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from evokan.arrays import FloatArray
from evokan.problem.problem import Problem


@dataclass(frozen=True, eq=False)
class Product:
    """A model, fitted and asked.

    Attributes
    ----------
    problem
        What it was fitted to.
    scores
        Of the test rows: probabilities, shape (rows, classes), or values in the target's own units.
    parameters
        Numbers that a prediction needs: those that training found, thresholds, cut points and centres that were drawn from
        the data, and rows of neighbours; the two of a column's scaling, and grids of equal steps, count for nobody.
    terms
        Functions, rules or coefficients that a reader would have to look at; None for a model that has no such parts.
    columns
        Input columns that a prediction depends on.
    step
        Of a search or EBM: processor seconds of one step more.
    rows
        That it was fitted to; None for all outside of the test part.
    """

    problem: Problem
    scores: FloatArray
    parameters: int
    terms: int | None
    columns: int
    step: float = 0.0
    rows: int | None = None


class Work(Protocol):
    """Fits a method to a table's split with a budget of steps."""

    def __call__(self, table: str, split: int, steps: int) -> Product:
        """Return the product; raises whatever the method raises."""
