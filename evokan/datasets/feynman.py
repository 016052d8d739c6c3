"""Thirty laws of physics: a suite for the whole way from data to formula.

The first thirty equations with two to five variables in the order of the Feynman Symbolic Regression Database
(Udrescu and Tegmark, Science Advances 6, eaay2631, 2020), I.6.2 to I.34.8, written out here. Ranges follow that
database as we know it; where a law would not be finite on the whole box they are ours. No noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evokan.seeding import generator

if TYPE_CHECKING:
    from evokan.arrays import FloatArray
    from evokan.problem.table import Table

ROWS = 1000
"""Rows to search with, and as many fresh rows to test on."""


@dataclass(frozen=True)
class FeynmanLaw:
    """One law.

    Attributes
    ----------
    name
        Number of the equation in the Lectures.
    formula
        In the notation of Python and SymPy.
    ranges
        For each variable, in the order of the columns, where it is drawn from, uniformly.
    """

    name: str
    formula: str
    ranges: dict[str, tuple[float, float]]

    @property
    def function(self) -> Callable[..., Any]:
        """The law as a NumPy function of its variables."""
        import sympy

        symbols = sympy.symbols(list(self.ranges), real=True)
        expression = sympy.sympify(self.formula, locals={str(symbol): symbol for symbol in symbols})
        function: Callable[..., Any] = sympy.lambdify(symbols, expression, "numpy")
        return function

    def sample(self, seed: int) -> Table:
        """Return the table of a data seed: 1,000 rows to search with, 1,000 marked as test part."""
        from evokan.datasets.tables import make_table

        place = generator("data set", f"feynman {self.name}", seed).random((2 * ROWS, len(self.ranges)))
        low, high = (np.array([bounds[end] for bounds in self.ranges.values()]) for end in (0, 1))
        x: FloatArray = low + (high - low) * place
        y = np.asarray(self.function(*x.T), dtype=np.float64)
        return make_table(
            f"feynman-{self.name}",
            "regression",
            x,
            y,
            feature_names=tuple(self.ranges),
            target_name="f",
            test_rows=np.arange(ROWS, 2 * ROWS),
        )


def _law(
    name: str, formula: str, variables: str, low: float = 1.0, high: float = 5.0, **others: tuple[float, float]
) -> FeynmanLaw:
    return FeynmanLaw(name, formula, {v: others.get(v, (low, high)) for v in variables.split()})


FEYNMAN: tuple[FeynmanLaw, ...] = (
    _law("I.6.2", "exp(-(theta/sigma)**2/2)/(sqrt(2*pi)*sigma)", "sigma theta", 1, 3),
    _law("I.6.2b", "exp(-((theta-theta1)/sigma)**2/2)/(sqrt(2*pi)*sigma)", "sigma theta theta1", 1, 3),
    _law("I.8.14", "sqrt((x2-x1)**2+(y2-y1)**2)", "x1 x2 y1 y2"),
    _law("I.10.7", "m0/sqrt(1-v**2/c**2)", "m0 v c", v=(1, 2), c=(3, 10)),
    _law("I.12.1", "mu*Nn", "mu Nn"),
    _law("I.12.2", "q1*q2/(4*pi*epsilon*r**2)", "q1 q2 epsilon r"),
    _law("I.12.4", "q1/(4*pi*epsilon*r**2)", "q1 epsilon r"),
    _law("I.12.5", "q2*Ef", "q2 Ef"),
    _law("I.12.11", "q*(Ef+B*v*sin(theta))", "q Ef B v theta"),
    _law("I.13.4", "m*(v**2+u**2+w**2)/2", "m v u w"),
    _law("I.13.12", "G*m1*m2*(1/r2-1/r1)", "m1 m2 r1 r2 G"),
    _law("I.14.3", "m*g*z", "m g z"),
    _law("I.14.4", "k*x**2/2", "k x"),
    _law("I.15.3x", "(x-u*t)/sqrt(1-u**2/c**2)", "x u c t", x=(5, 10), u=(1, 2), c=(3, 20), t=(1, 2)),
    _law("I.15.3t", "(t-u*x/c**2)/sqrt(1-u**2/c**2)", "x c u t", c=(3, 10), u=(1, 2)),
    _law("I.15.1", "m0*v/sqrt(1-v**2/c**2)", "m0 v c", v=(1, 2), c=(3, 10)),
    _law("I.16.6", "(u+v)/(1+u*v/c**2)", "c v u"),
    _law("I.18.4", "(m1*r1+m2*r2)/(m1+m2)", "m1 m2 r1 r2"),
    _law("I.18.12", "r*F*sin(theta)", "r F theta", theta=(0, 5)),
    _law("I.18.14", "m*r*v*sin(theta)", "m r v theta"),
    _law("I.24.6", "m*(omega**2+omega0**2)*x**2/4", "m omega omega0 x", 1, 3),
    _law("I.25.13", "q/C", "q C"),
    _law("I.26.2", "asin(n*sin(theta2))", "n theta2", n=(0, 1)),
    _law("I.27.6", "1/(1/d1+n/d2)", "d1 d2 n"),
    _law("I.29.4", "omega/c", "omega c", 1, 10),
    _law("I.29.16", "sqrt(x1**2+x2**2-2*x1*x2*cos(theta1-theta2))", "x1 x2 theta1 theta2"),
    _law("I.30.3", "I0*sin(n*theta/2)**2/sin(theta/2)**2", "I0 theta n"),
    _law("I.30.5", "asin(lambd/(n*d))", "lambd d n", lambd=(1, 2), d=(2, 5)),
    _law("I.32.5", "q**2*a**2/(6*pi*epsilon*c**3)", "q a epsilon c"),
    _law("I.34.8", "q*v*B/p", "q v B p"),
)
"""All thirty, in the order of the database."""
