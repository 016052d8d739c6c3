"""The functions that an edge may turn out to be, y = c f(a x + b) + d, and how users add their own.

Some of the four numbers say the same thing twice: in c exp(a x + b) the shift b is a factor of c, in c (a x + b)^2
the scale a is one. `LibraryFunction.free` names those of a and b that say something new; the others keep their
value, so that least squares has one answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from evokan.arrays import FloatArray
from evokan.errors import InputError, unknown_name

Pointwise = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class LibraryFunction:
    """A function of one variable that laws are made of.

    Attributes
    ----------
    name
        As it is written, with ``x`` for the argument.
    value, slope
        f and its derivative, on arrays of any shape.
    expression
        Takes a SymPy expression to f of it.
    complexity
        Its share in the complexity of a formula; x itself has 1.
    free
        Which of a and b are free: ``""``, ``"a"``, ``"b"`` or ``"ab"``.
    positive
        Whether f needs an argument above 0.
    periodic
        Whether f repeats itself, with period 2 pi.
    degree
        Where f(s x) = s^degree f(x) for s > 0 (for the logarithm: 0, with log s added), otherwise None.
    """

    name: str
    value: Pointwise
    slope: Pointwise
    expression: Callable[[Any], Any]
    complexity: int
    free: Literal["", "a", "b", "ab"] = "ab"
    positive: bool = False
    periodic: bool = False
    degree: float | None = None

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        # What it is made of has no name that another process could find it by; it is itself in the library there.
        return _named, (self.name,)


def _sympy(name: str) -> Callable[[Any], Any]:
    def apply(x: Any) -> Any:
        import sympy

        return getattr(sympy, name)(x)

    return apply


def _sigmoid(x: FloatArray) -> FloatArray:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _sigmoid_expression(x: Any) -> Any:
    import sympy

    return 1 / (1 + sympy.exp(-x))


def _power(name: str, p: float, complexity: int, *, positive: bool) -> LibraryFunction:
    def expression(x: Any) -> Any:
        import sympy

        return x ** sympy.Rational(p).limit_denominator(6)

    return LibraryFunction(
        name, lambda x: x**p, lambda x: p * x ** (p - 1), expression, complexity, "b", positive, degree=p
    )


IDENTITY = LibraryFunction("x", lambda x: x, np.ones_like, lambda x: x, 1, "", degree=1)

_BUILT_IN = (
    IDENTITY,
    _power("x^2", 2, 2, positive=False),
    _power("x^3", 3, 3, positive=False),
    _power("x^4", 4, 3, positive=False),
    _power("sqrt(x)", 0.5, 2, positive=True),
    _power("cbrt(x)", 1 / 3, 3, positive=True),
    _power("x^(3/2)", 1.5, 3, positive=True),
    _power("1/x", -1, 2, positive=True),
    _power("1/x^2", -2, 3, positive=True),
    _power("1/sqrt(x)", -0.5, 3, positive=True),
    LibraryFunction("abs(x)", np.abs, np.sign, _sympy("Abs"), 3, "b", degree=1),
    LibraryFunction(
        "exp(x)", lambda x: np.exp(np.minimum(x, 700.0)), lambda x: np.exp(np.minimum(x, 700.0)), _sympy("exp"), 2, "a"
    ),
    LibraryFunction("log(x)", np.log, lambda x: 1 / x, _sympy("log"), 2, "b", positive=True, degree=0),
    LibraryFunction("sin(x)", np.sin, np.cos, _sympy("sin"), 3, periodic=True),
    LibraryFunction("cos(x)", np.cos, lambda x: -np.sin(x), _sympy("cos"), 3, periodic=True),
    LibraryFunction("tanh(x)", np.tanh, lambda x: 1 - np.tanh(x) ** 2, _sympy("tanh"), 4),
    LibraryFunction("sigmoid(x)", _sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x), _sigmoid_expression, 4),
    LibraryFunction("arctan(x)", np.arctan, lambda x: 1 / (1 + x * x), _sympy("atan"), 4),
    LibraryFunction(
        "gaussian(x)",
        lambda x: np.exp(-np.minimum(x * x, 700.0)),
        lambda x: -2 * x * np.exp(-np.minimum(x * x, 700.0)),
        lambda x: _sympy("exp")(-(x**2)),
        4,
    ),
)

_library: dict[str, LibraryFunction] = {function.name: function for function in _BUILT_IN}
_lock = threading.Lock()

TWINS = {"cos(x)": "sin(x)", "sigmoid(x)": "tanh(x)"}
"""Functions that differ from another one by their constants alone: whoever fits both does the work twice."""


def register_function(
    name: str,
    value: Pointwise,
    expression: Callable[[Any], Any],
    *,
    slope: Pointwise | None = None,
    complexity: int = 4,
    positive: bool = False,
) -> LibraryFunction:
    """Add a function to the library, for every later search for formulas in this process.

    Parameters
    ----------
    name
        As it is to be named, with ``x`` for the argument, such as ``"sinc(x)"``.
    value
        f on float64 arrays of any shape.
    expression
        Takes a SymPy expression to f of it, made of functions that SymPy prints in Python and C.
    slope
        The derivative; by central differences where it is not given.
    complexity
        At least 1; 2 for exp and log, 3 for sin, 4 for tanh.
    positive
        Whether f needs an argument above 0.

    Raises
    ------
    InputError
        The name is taken, or the complexity is below 1.

    Examples
    --------
    >>> import numpy as np, sympy
    >>> function = register_function("sinh(x)", np.sinh, sympy.sinh, slope=np.cosh)
    >>> function.free
    'ab'
    """

    def difference(x: FloatArray) -> FloatArray:
        step = 1e-6 * np.maximum(np.abs(x), 1.0)
        return (value(x + step) - value(x - step)) / (2 * step)

    if complexity < 1:
        raise InputError(f"function {name!r}: complexity {complexity} must be at least 1")
    made = LibraryFunction(name, value, slope or difference, expression, complexity, positive=positive)
    with _lock:
        if name in _library:
            raise InputError(f"function {name!r} is in the library already: choose another name")
        _library[name] = made
    return made


def library(names: Sequence[str] | None = None) -> tuple[LibraryFunction, ...]:
    """Return the functions called `names`, by default all, in the order of registration.

    Raises
    ------
    InputError
        There is no function of that name.
    """
    with _lock:
        known = dict(_library)
    if names is None:
        return tuple(known.values())
    for name in names:
        if name not in known:
            raise unknown_name("function", name, known)
    return tuple(known[name] for name in names)


def _named(name: str) -> LibraryFunction:
    return library([name])[0]


def has_registered() -> bool:
    """Return whether the library has functions that another process does not know."""
    return len(_library) > len(_BUILT_IN)
