"""A LaTeX document with every equation of the network, and every number with all of its digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from evokan.export.content import Content
from evokan.spaces.plain import Step
from evokan.texts import printable

EXTENSION = ".tex"
SUMMARY = "a LaTeX document with every equation of the network"

TERMS = 4
"""Terms in a line."""
_NAMES = (r"\sigma", r"\gamma", r"\rho", r"\lambda", r"\tanh", "", r"\kappa")
"""What the functions of `evokan.spaces.steps.function` and `bound` are called."""
_MEANINGS = {
    r"\sigma": r"\sigma(u) = \frac{1}{1 + e^{-u}}",
    r"\gamma": r"\gamma(u) = e^{-u^2}",
    r"\rho": r"\rho(u) = \max(u, 0)",
    r"\lambda": r"\lambda(u) = \log(1 + e^u)",
    r"\kappa": r"\kappa(u) = \max(-1, \min(1, u))",
}
_SPLINE = (
    r"\beta(v) = \tfrac16 \begin{cases} 4 - 6 s^2 + 3 s^3 & s \le 1 \\ (2 - s)^3 & 1 < s \le 2 \\ 0 & s > 2 "
    r"\end{cases} \quad\text{with } s = |v + 1|"
)
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}


def write(content: Content) -> bytes:
    """Return the document."""
    plain = content.plain
    lines = [
        *(f"% {line}".rstrip() for line in content.lines()),
        r"\documentclass{article}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage{amsmath}",
        r"\allowdisplaybreaks",
        r"\begin{document}",
        r"\noindent " + _escaped(content.title) + r".\\",
        *(f"$x_{{{number}}}$: {_escaped(text)}\\\\" for number, text in enumerate(content.inputs)),
        "where",
        r"\begin{align*}",
        *(f"{meaning} \\\\" for meaning in _meanings(plain.steps)),
        *(
            _equation(f"z_{{0,{number}}}", [rf"\frac{{x_{{{number}}} {_signed(-shift)}}}{{{_number(scale)}}}"])
            for number, (shift, scale) in enumerate(zip(plain.input_shift, plain.input_scale, strict=True))
        ),
    ]
    below = len(plain.input_names)
    for level, step in enumerate(plain.steps, start=1):
        lines += _STEPS[step.kind](step, level, below)
        below = step.width(below)
    last = len(plain.steps)
    for number, (shift, scale) in enumerate(zip(plain.output_shift, plain.output_scale, strict=True)):
        lines.append(_equation(f"y_{{{number}}}", [_times(scale, f"z_{{{last},{number}}}"), _signed(shift)]))
    lines += [r"\end{align*}", "Outputs" + " (logits)" * plain.task.has_classes + r":\\"]
    lines += [f"$y_{{{number}}}$: {_escaped(name)}\\\\" for number, name in enumerate(plain.output_names)]
    return ("\n".join([*lines, r"\end{document}"]) + "\n").encode("utf-8")


def _meanings(steps: tuple[Step, ...]) -> Iterator[str]:
    """Yield the definitions of the functions that occur."""
    numbers = [step.arrays[name] for step in steps for name in ("turn", "number") if name in step.arrays]
    used = {_NAMES[number] for array in numbers for number in np.unique(array)}
    kinds = {step.kind for step in steps}
    for name, meaning in _MEANINGS.items():
        if name in used or (name == r"\sigma" and kinds & {"splines", "series"}):
            yield meaning
    if "splines" in kinds:
        yield _SPLINE
    if "series" in kinds:
        yield r"T_k(t) = \cos(k \arccos t)"


def _columns(step: Step, level: int, below: int) -> Iterator[str]:
    for node, number in enumerate(step.arrays["numbers"]):
        yield _equation(f"z_{{{level},{node}}}", [f"z_{{{level - 1},{number}}}"])


def _linear(step: Step, level: int, below: int) -> Iterator[str]:
    for node, (row, bias) in enumerate(zip(step.arrays["weight"], step.arrays["bias"], strict=True)):
        terms = [_times(weight, f"z_{{{level - 1},{number}}}") for number, weight in enumerate(row)]
        yield _equation(f"z_{{{level},{node}}}", [_signed(bias), *terms])


def _splines(step: Step, level: int, below: int) -> Iterator[str]:
    arrays = step.arrays
    terms: list[list[str]] = [[_signed(bias)] for bias in arrays["bias"]]
    for edge, (source, target) in enumerate(zip(arrays["source"], arrays["target"], strict=True)):
        terms[target].append(f"+ s_{{{level},{edge}}}")
        z = f"z_{{{level - 1},{source}}}"
        argument = rf"\frac{{{z} {_signed(-arrays['lo'][source])}}}{{{_number(arrays['h'][source])}}}"
        parts = [_times(arrays["base"][edge], rf"{z}\,\sigma({z})")]
        parts += [
            _times(c, rf"\beta\left({argument} - {number}\right)")
            for number, c in enumerate(arrays["coefficients"][edge])
        ]
        yield _equation(f"s_{{{level},{edge}}}", parts)
    for node, sums in enumerate(terms):
        yield _equation(f"z_{{{level},{node}}}", sums)


def _series(step: Step, level: int, below: int) -> Iterator[str]:
    for node, (power, row) in enumerate(zip(step.arrays["power"], step.arrays["coefficients"], strict=True)):
        yield _equation(f"t_{{{level},{node}}}", [rf"2\,\sigma(z_{{{level - 1},{node}}})^{{{_number(power)}}}", "- 1"])
        terms = [_times(c, f"T_{{{number}}}(t_{{{level},{node}}})") for number, c in enumerate(row)]
        yield _equation(f"z_{{{level},{node}}}", terms)


def _blocks(step: Step, level: int, below: int) -> Iterator[str]:
    arrays = step.arrays
    for node, bias in enumerate(arrays["bias"]):
        terms = [_signed(bias)]
        for source, name in enumerate(_NAMES[int(number)] for number in arrays["turn"][node]):
            for centre, factor in zip(arrays["centres"][node, source], arrays["factors"][node, source], strict=True):
                inside = f"{_number(arrays['sigma'])} (z_{{{level - 1},{source}}} {_signed(-centre)})"
                terms.append(_times(factor, rf"{name}\left({inside}\right)"))
        yield _equation(f"z_{{{level},{node}}}", terms)


def _bound(step: Step, level: int, below: int) -> Iterator[str]:
    for node in range(below):
        yield _equation(f"z_{{{level},{node}}}", [rf"{_NAMES[step.arrays['number']]}(z_{{{level - 1},{node}}})"])


def _equation(left: str, terms: list[str]) -> str:
    """Return ``left = sum of terms`` as lines of an alignment."""
    terms = [terms[0].removeprefix("+ "), *terms[1:]]
    lines = [" ".join(terms[at : at + TERMS]) for at in range(0, len(terms), TERMS)]
    return f"{left} &= " + " \\\\\n  &\\quad ".join(lines) + r" \\"


def _times(factor: float, what: str) -> str:
    """Return a product as a term of a sum."""
    return rf"{_signed(factor)}\,{what}"


def _signed(value: float) -> str:
    """Return a number as a term of a sum."""
    return _number(value) if value < 0 else f"+ {_number(value)}"


def _number(value: Any) -> str:
    """Return a number with all of its digits; of two zeros the one without a sign."""
    digits, _, exponent = repr(float(value) + 0.0).partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits


def _escaped(text: str) -> str:
    """Return a text as LaTeX sets it; what steers is written by number, other scripts need their own fonts."""
    return "".join(_SPECIAL.get(char, char) for char in printable(text))


_STEPS: dict[str, Callable[[Step, int, int], Iterator[str]]] = {
    "columns": _columns,
    "linear": _linear,
    "splines": _splines,
    "series": _series,
    "blocks": _blocks,
    "bound": _bound,
}
