"""The values of expressions beside closed forms, also where SymPy's are not real numbers."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from evokan.explain.formulas.values import numeric

X = sp.Symbol("x")
ROWS = np.array([-2.0, 0.5, 3.0])


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (X + sp.log(-2.0), [np.nan] * 3),
        (sp.sqrt(-2.0) + 1, [np.nan] * 3),
        (sp.asin(3.0) * X, [np.nan] * 3),
        (sp.sqrt(X), [np.nan, np.sqrt(0.5), np.sqrt(3.0)]),
        (sp.Max(X, 0) ** sp.Rational(1, 3) * (sp.sqrt(-2) ** 2), [0.0, -2 * np.cbrt(0.5), -2 * np.cbrt(3.0)]),
    ],
)
def test_what_is_no_real_number_is_nan(expression, wanted):
    np.testing.assert_allclose(numeric([expression], [X], {})(ROWS)[0], wanted, rtol=1e-14)
