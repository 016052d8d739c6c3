"""A problem as it stands after rewriting: a target over variables, both of them expressions in the columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp

from evokan.arrays import FloatArray

JUDGES = 3
"""Every third row judges, the others are fitted to."""
FLAT = 1e-9
"""A target that varies by less than this share of its largest value varies by rounding alone."""


@dataclass(frozen=True, eq=False)
class Posed:
    """What has to be explained.

    Attributes
    ----------
    x
        Values of the variables, raw, shape (N, variables).
    y
        The target, shape (N,).
    variables
        Each as an expression in the columns.
    factor, weights
        The target as the user has it is `factor` (an expression; its values: `weights`, shape (N,)) times `y`.
    """

    x: FloatArray
    y: FloatArray
    variables: tuple[sp.Expr, ...]
    factor: sp.Expr
    weights: FloatArray

    @classmethod
    def of(cls, x: FloatArray, y: FloatArray, variables: tuple[sp.Expr, ...]) -> Posed:
        """Return the problem as the user has it; a target that is negative throughout is turned round."""
        sign = -1 if (y < 0).all() else 1
        return cls(x, sign * y, variables, sp.Integer(sign), np.full(len(y), float(sign)))

    @property
    def count(self) -> int:
        """Number of variables."""
        return len(self.variables)

    def with_variables(self, x: FloatArray, variables: tuple[sp.Expr, ...]) -> Posed:
        """Return the same target over other variables."""
        return Posed(x, self.y, variables, self.factor, self.weights)

    def divided(self, values: FloatArray, expression: sp.Expr) -> Posed:
        """Return the problem with its target divided by `expression`, which has these `values`."""
        return Posed(self.x, self.y / values, self.variables, self.factor * expression, self.weights * values)

    def rows(self, chosen: FloatArray) -> Posed:
        """Return the problem on some of its rows, told by a mask or by numbers."""
        return Posed(self.x[chosen], self.y[chosen], self.variables, self.factor, self.weights[chosen])

    def parted(self) -> tuple[Posed, Posed]:
        """Return the problem on the rows that are fitted to, and on those that judge."""
        judge = np.arange(len(self.y)) % JUDGES == 0
        return self.rows(~judge), self.rows(judge)

    @property
    def usable(self) -> bool:
        """Whether all values are finite, and target and variables vary."""
        finite = np.isfinite(self.x).all() and np.isfinite(self.y).all() and np.isfinite(self.weights).all()
        return bool(finite and varies(self.y) and (self.x.std(axis=0) > 0).all())

    def unexplained(self, predicted: FloatArray) -> float:
        """Return the mean squared error of `predicted` (for `y`), as a share of the variance of the user's target."""
        truth = self.weights * self.y
        with np.errstate(all="ignore"):
            share = float(np.mean((self.weights * predicted - truth) ** 2) / truth.var())
        return share if np.isfinite(share) else np.inf


def varies(y: FloatArray) -> bool:
    """Return whether a target varies by more than rounding."""
    return bool(y.std() > FLAT * np.abs(y).max())
