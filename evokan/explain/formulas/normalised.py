"""Formulas in scaled columns, where the size of a coefficient says what its column is worth.

Every column is (column - shift) / scale with the scaling of the network, by default mean and standard deviation over
the rows it learned from, and so is a target; scores of classes are what they are. This is how we read the normalised
form in GA-KAN's paper (arXiv 2501.17411, Equation 10).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp

from evokan.explain.formulas.expression import columns
from evokan.explain.formulas.expressions import ScaledColumn
from evokan.explain.formulas.formula import Formula
from evokan.explain.formulas.front import Formulas
from evokan.problem.scaling import Scaler

ROUNDING = 1e-11
"""What a number lies beside 0 or 1 by rounding alone."""


def normalised(found: Formulas, inputs: Scaler, targets: Scaler) -> Formulas:
    """Return the same front in scaled columns, each called ``NAME_scaled``; complexities and losses stay.

    Parameters
    ----------
    inputs, targets
        The scaling of the network (`FunctionGraph`); that of the targets counts where these are numbers.
    """
    return replace(found, front=tuple(_scaled(formula, inputs, targets) for formula in found.front))


def _scaled(formula: Formula, inputs: Scaler, targets: Scaler) -> Formula:
    names = tuple(f"{name}_scaled" for name in formula.columns)
    old, new = columns(formula.columns), columns(names)
    known = {
        symbol: sp.Float(shift) + sp.Float(scale) * scaled
        for symbol, scaled, shift, scale in zip(old, new, inputs.shift, inputs.scale, strict=True)
    }
    outputs = [output.xreplace(known) for output in formula.outputs]
    occurring: set[Any] = set().union(*(output.free_symbols for output in formula.outputs))
    told = [
        ScaledColumn(symbol.name, float(shift), float(scale))
        for symbol, shift, scale in zip(old, inputs.shift, inputs.scale, strict=True)
        if symbol in occurring
    ]
    called = formula.names
    if not formula.task.has_classes:
        ends = [min(place, len(targets.scale) - 1) for place in range(len(outputs))]
        outputs = [
            (output - sp.Float(targets.shift[end])) / sp.Float(targets.scale[end])
            for output, end in zip(outputs, ends, strict=True)
        ]
        told += [
            ScaledColumn(name, float(targets.shift[end]), float(targets.scale[end]))
            for name, end in zip(formula.names, ends, strict=True)
        ]
        called = tuple(f"{name}_scaled" for name in formula.names)
    return replace(
        formula,
        outputs=tuple(_tidy(output) for output in outputs),
        columns=names,
        names=called,
        scaled=tuple(told),
        encode=None,
    )


def _tidy(output: sp.Expr) -> sp.Expr:
    """Return the expression with factors multiplied into sums, and what is 0 or 1 but for rounding being that."""
    output = sp.expand_mul(output)
    near = {
        number: sp.Integer(round(float(number)))
        for number in output.atoms(sp.Float)
        if min(abs(float(number)), abs(abs(float(number)) - 1)) < ROUNDING
    }
    return output.xreplace(near)
