"""Formulas of the logarithm of a target, and of the target itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp

from evokan.explain.formulas.expression import exponential
from evokan.explain.formulas.front import Formulas


def of_target(found: Formulas, target: str) -> Formulas:
    """Return formulas of a logarithm as formulas of the target; losses stay those of the logarithm."""
    return _each(found, exponential, target)


def of_logarithm(found: Formulas, name: str) -> Formulas:
    """Undo `of_target`; `name` is that of the logarithm."""
    return _each(found, lambda output: sp.expand_log(sp.log(output), force=True), name)


def _each(found: Formulas, change: Callable[[sp.Expr], sp.Expr], name: str) -> Formulas:
    front = (replace(one, outputs=tuple(map(change, one.outputs)), names=(name,)) for one in found)
    return replace(found, front=tuple(front))
