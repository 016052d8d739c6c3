"""A network of laws as SymPy expressions in the user's columns and units.

Sums are expanded, and what hidden levels can say in many ways is said in one: exp(k log g + ...) becomes g^k times
the rest, a factor inside a logarithm or a power comes out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from evokan.explain.laws.law import Law
from evokan.explain.reading.forms import LawForm, SplineForm
from evokan.explain.reading.network import Network
from evokan.spaces.graph import FunctionGraph, SplineTable

TERMS = 24
"""A power of a sum is written out up to so many terms."""


def columns(names: Sequence[str]) -> tuple[sp.Symbol, ...]:
    """Return one real symbol a column, by its name."""
    return tuple(sp.Symbol(name, real=True) for name in names)


def expressions(network: Network, graph: FunctionGraph) -> tuple[tuple[sp.Expr, ...], Mapping[str, SplineTable]]:
    """Return the outputs in raw units, and the tables of the splines in them by name (``spline1``, ...).

    `network` was made from `graph`: its inputs are scaled by the graph's input scaler, and outputs that are not
    classes by the target scaler.
    """
    symbols = columns(graph.input_names)
    tables: dict[str, SplineTable] = {}
    sums: list[sp.Expr] = [*symbols]
    for node in range(network.n_inputs, network.n_nodes):
        terms: list[sp.Expr] = [sp.Float(network.biases[node])]
        for number in network.into(node):
            link = network.links[number]
            below = sums[link.source]
            shift, scale = 0.0, 1.0
            if link.source < network.n_inputs:
                shift = float(graph.input_scaler.shift[link.source])
                scale = float(graph.input_scaler.scale[link.source])
            if isinstance(link.form, LawForm):
                terms.append(apply_law(link.form.law.moved(shift, scale), below))
            elif isinstance(link.form, SplineForm):
                name = f"spline{len(tables) + 1}"
                tables[name] = link.form.table
                terms.append(sp.Function(name)((below - shift) / scale if (shift, scale) != (0.0, 1.0) else below))
        sums.append(_node(network.function_of(node), add(terms)))
    outputs = [sums[node] for node in network.outputs]
    if not graph.task.has_classes:
        scaler = graph.target_scaler
        outputs = [
            add(
                [
                    sp.Float(scaler.scale[min(k, len(scaler.scale) - 1)]) * output,
                    sp.Float(scaler.shift[min(k, len(scaler.shift) - 1)]),
                ]
            )
            for k, output in enumerate(outputs)
        ]
    return tuple(outputs), tables


def add(terms: Sequence[sp.Expr]) -> sp.Expr:
    """Return the sum, numbers multiplied into it."""
    return sp.Add(*(sp.expand_mul(term) for term in terms))


def apply_law(law: Law, x: sp.Expr) -> sp.Expr:
    """Return the law of the expression `x`."""
    argument = add(
        [sp.Float(law.a) * x if law.a != 1 else x, sp.Float(law.b)]
        if law.b
        else [sp.Float(law.a) * x if law.a != 1 else x]
    )
    c, d = sp.Float(law.c), sp.Float(law.d)
    function = law.function
    if function.name == "exp(x)":
        value = exponential(argument)
    elif function.name == "log(x)":
        factor, argument = leading(argument)
        return add([c * sp.log(argument), d + c * sp.log(factor)])
    elif function.degree is not None and function.degree != 1 and argument.is_Add:
        few = len(argument.args) ** max(function.degree, 1) <= 6 * TERMS
        if few and len(argument.free_symbols) > 1 and function.degree in (2, 3, 4):
            expanded = sp.expand(argument ** int(function.degree))
            if not expanded.is_Add or len(expanded.args) <= TERMS:
                return add([c * expanded, d])
        factor, argument = leading(argument)
        value = sp.Float(float(factor) ** function.degree) * function.expression(argument)
    else:
        value = function.expression(argument)
    return add([c * value, d])


def leading(x: sp.Expr) -> tuple[sp.Float, sp.Expr]:
    """Return the size of the first coefficient of a sum, and the sum divided by it."""
    terms = [term for term in sp.Add.make_args(x) if not term.is_Number]
    if not terms:
        return sp.Float(1), x
    sizes = {term: abs(float(term.as_coeff_Mul()[0])) for term in terms}
    # Not a term that is about to vanish.
    first = min(
        (term for term in terms if sizes[term] >= 1e-3 * max(sizes.values())),
        key=lambda term: str(term.as_coeff_Mul()[1]),
    )
    coefficient, body = first.as_coeff_Mul()
    factor = sp.Float(abs(coefficient))
    others = [term / factor for term in sp.Add.make_args(x) if term != first]
    return factor, add([body if coefficient > 0 else -body, *others])


def exponential(x: sp.Expr) -> sp.Expr:
    """Return exp(x) with numbers and logarithms of the sum x outside as factors."""
    factors, rest = [], []
    for term in sp.Add.make_args(x):
        number, body = term.as_coeff_Mul()
        if term.is_Number:
            factors.append(sp.exp(term))
        elif isinstance(body, sp.log):
            factors.append(body.args[0] ** number)
        else:
            rest.append(term)
    return sp.Mul(*factors) * (sp.exp(sp.Add(*rest)) if rest else 1)


def _node(name: str, x: sp.Expr) -> sp.Expr:
    if name == "sigmoid":
        return 1 / (1 + sp.exp(-x))
    if name == "tanh":
        return sp.tanh(x)
    if name in ("clip", "clip1"):
        return sp.Min(sp.Max(x, 0 if name == "clip" else -1), 1)
    return x


def complexity(outputs: Sequence[sp.Expr], spline: int) -> int:
    """Return the number of nodes of the expression trees; each spline counts `spline` more."""
    count = 0
    for output in outputs:
        for node in sp.preorder_traversal(output):
            count += 1 + (spline if isinstance(node, sp.core.function.AppliedUndef) else 0)
    return count


def undefined_functions(outputs: Sequence[sp.Expr]) -> Any:
    """Return the splines that occur, as applied functions."""
    return sorted({node for output in outputs for node in output.atoms(sp.core.function.AppliedUndef)}, key=str)
