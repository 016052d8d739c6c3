"""What an edge can be while a formula is made: a spline with free coefficients, or a law with free constants."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.laws.law import Law
from evokan.spaces.graph import SplineTable

SPLINE_COMPLEXITY = 12
"""What an edge without a law counts in the complexity of a formula (ours): more than any law."""


class Form(Protocol):
    """An edge with trainable values."""

    @property
    def complexity(self) -> int:
        """Share in the complexity of the formula."""

    @property
    def params(self) -> FloatArray:
        """Trainable values, shape (p,)."""

    def with_params(self, params: FloatArray) -> Form:
        """Return the same form with other values."""

    def value(self, x: FloatArray) -> FloatArray:
        """Return the values at `x`, shape (N,)."""

    def slope(self, x: FloatArray) -> FloatArray:
        """Return the derivative at `x`, shape (N,)."""

    def jacobian(self, x: FloatArray) -> FloatArray:
        """Return the derivatives of `value` in the parameters, shape (N, p)."""

    def penalty(self, ridge: float) -> FloatArray:
        """Return the matrix of the quadratic penalty on the parameters, shape (p, p)."""


@dataclass(frozen=True, eq=False)
class SplineForm:
    """A spline with free coefficients, base weight and slope."""

    table: SplineTable

    @property
    def complexity(self) -> int:
        """`SPLINE_COMPLEXITY`."""
        return SPLINE_COMPLEXITY

    @property
    def params(self) -> FloatArray:
        """Coefficients, then base and slope."""
        return np.append(self.table.coefficients, (self.table.base, self.table.slope))

    def with_params(self, params: FloatArray) -> SplineForm:
        """Return the spline on the same grid with other values."""
        return SplineForm(
            replace(self.table, coefficients=params[:-2], base=float(params[-2]), slope=float(params[-1]))
        )

    def value(self, x: FloatArray) -> FloatArray:
        """Return the values at `x`."""
        return self.table(x)

    def slope(self, x: FloatArray) -> FloatArray:
        """Return the derivative at `x`."""
        values: FloatArray = self.table.basis(x, derivative=True) @ self.params
        return values

    def jacobian(self, x: FloatArray) -> FloatArray:
        """Return the basis functions at `x`."""
        return self.table.basis(x)

    def penalty(self, ridge: float) -> FloatArray:
        """Return ridge x (squared second differences of c + a tenth of sum of squares); base and slope tenfold freer.

        A spline has more freedom than data: without this its coefficients would drift where no row lies.
        """
        size = len(self.table.coefficients)
        bends = np.diff(np.eye(size), n=2, axis=0)
        matrix = np.zeros((size + 2, size + 2))
        matrix[:size, :size] = bends.T @ bends + 0.1 * np.eye(size)
        matrix[size, size] = matrix[size + 1, size + 1] = 0.01
        return ridge * matrix


@dataclass(frozen=True, eq=False)
class LawForm:
    """c f(a x + b): the constant d belongs to the bias of the upper node, and a and b are free where they say anything.

    Attributes
    ----------
    law
        With d = 0.
    """

    law: Law

    @property
    def complexity(self) -> int:
        """That of the function."""
        return self.law.function.complexity

    @property
    def params(self) -> FloatArray:
        """C, then the free ones of a and b."""
        law = self.law
        return np.array([law.c] + [law.a] * ("a" in law.function.free) + [law.b] * ("b" in law.function.free))

    def with_params(self, params: FloatArray) -> LawForm:
        """Return the law with other constants."""
        values = iter(params.tolist())
        c = next(values)
        a = next(values) if "a" in self.law.function.free else self.law.a
        b = next(values) if "b" in self.law.function.free else self.law.b
        return LawForm(replace(self.law, a=a, b=b, c=c))

    def value(self, x: FloatArray) -> FloatArray:
        """Return the values at `x`; NaN off the domain."""
        return self.law(x)

    def slope(self, x: FloatArray) -> FloatArray:
        """Return the derivative at `x`."""
        with np.errstate(all="ignore"):
            slope = self.law.function.slope(self.law.a * x + self.law.b)
        return self.law.c * self.law.a * slope

    def jacobian(self, x: FloatArray) -> FloatArray:
        """Return the derivatives in c and the free ones of a and b."""
        law = self.law
        u = law.a * x + law.b
        with np.errstate(all="ignore"):
            columns = [law.function.value(u)]
            if law.function.free:
                slope = law.c * law.function.slope(u)
                columns += [slope * x] * ("a" in law.function.free) + [slope] * ("b" in law.function.free)
        return np.column_stack(columns)

    def penalty(self, ridge: float) -> FloatArray:
        """Return ridge on c and a, none on b."""
        free = self.law.function.free
        return ridge * np.diag([1.0] + [1.0] * ("a" in free) + [0.0] * ("b" in free))
