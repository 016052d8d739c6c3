"""A hundred laws of physics: a suite for the whole way from data to formula.

The equations of the Feynman Symbolic Regression Database (Udrescu and Tegmark, Science Advances 6, eaay2631, 2020),
written out here: first the thirty of two to five variables from I.6.2 to I.34.8, then the seventy others in its order.
Ranges follow that database as we know it; where a law would not be finite on the whole box they are ours. No noise.
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

    def sample(self, seed: int, noise: float = 0.0, extra: int = 0) -> Table:
        """Return `ROWS` rows to search with, and as many fresh ones without noise as the test part.

        Parameters
        ----------
        seed
            Of the rows.
        noise
            Normal noise on the target of the rows to search with, as a share of the target's standard deviation.
        extra
            Columns ``extra1``, ``extra2``, ... that the law has nothing to do with, uniform on [1, 5].
        """
        from evokan.datasets.tables import make_table

        place = generator("data set", f"feynman {self.name}", seed).random((2 * ROWS, len(self.ranges)))
        low, high = (np.array([bounds[end] for bounds in self.ranges.values()]) for end in (0, 1))
        x: FloatArray = low + (high - low) * place
        y = np.asarray(self.function(*x.T), dtype=np.float64)
        rng = generator("data set", f"feynman {self.name}, noise and extra columns", seed)
        if noise:
            y[:ROWS] += noise * y.std() * rng.normal(size=ROWS)
        others = rng.uniform(1.0, 5.0, size=(2 * ROWS, extra))
        return make_table(
            f"feynman-{self.name}",
            "regression",
            np.hstack([x, others]),
            y,
            feature_names=(*self.ranges, *(f"extra{number + 1}" for number in range(extra))),
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
"""The first thirty, in the order of the database."""

HBAR = "(h/(2*pi))"

MORE: tuple[FeynmanLaw, ...] = (
    _law("I.6.2a", "exp(-theta**2/2)/sqrt(2*pi)", "theta", 1, 3),
    _law(
        "I.9.18",
        "G*m1*m2/((x2-x1)**2+(y2-y1)**2+(z2-z1)**2)",
        "m1 m2 G x1 x2 y1 y2 z1 z2",
        1,
        2,
        x1=(3, 4),
        y1=(3, 4),
        z1=(3, 4),
    ),
    _law("I.11.19", "x1*y1+x2*y2+x3*y3", "x1 x2 x3 y1 y2 y3"),
    _law(
        "I.32.17",
        "epsilon*c*Ef**2/2*8*pi*r**2/3*omega**4/(omega**2-omega0**2)**2",
        "epsilon c Ef r omega omega0",
        1,
        2,
        omega0=(3, 5),
    ),
    _law("I.34.10", "omega0/(1-v/c)", "c v omega0", c=(3, 10), v=(1, 2)),
    _law("I.34.14", "omega0*(1+v/c)/sqrt(1-v**2/c**2)", "c v omega0", c=(3, 10), v=(1, 2)),
    _law("I.34.27", f"{HBAR}*omega", "omega h"),
    _law("I.37.4", "I1+I2+2*sqrt(I1*I2)*cos(delta)", "I1 I2 delta"),
    _law("I.38.12", f"4*pi*epsilon*{HBAR}**2/(m*q**2)", "m q h epsilon"),
    _law("I.39.10", "3*pr*V/2", "pr V"),
    _law("I.39.11", "pr*V/(gamma-1)", "gamma pr V", gamma=(2, 5)),
    _law("I.39.22", "n*kb*T/V", "n T V kb"),
    _law("I.40.1", "n0*exp(-m*g*x/(kb*T))", "n0 m x T g kb"),
    _law("I.41.16", f"{HBAR}*omega**3/(pi**2*c**2*(exp({HBAR}*omega/(kb*T))-1))", "omega T h kb c"),
    _law("I.43.16", "mu*q*Volt/d", "mu q Volt d"),
    _law("I.43.31", "mob*kb*T", "mob T kb"),
    _law("I.43.43", "kb*v/((gamma-1)*A)", "gamma kb A v", gamma=(2, 5)),
    _law("I.44.4", "n*kb*T*log(V2/V1)", "n kb T V1 V2"),
    _law("I.47.23", "sqrt(gamma*pr/rho)", "gamma pr rho"),
    _law("I.48.20", "m*c**2/sqrt(1-v**2/c**2)", "m v c", v=(1, 2), c=(3, 10)),
    _law("I.50.26", "x1*(cos(omega*t)+alpha*cos(omega*t)**2)", "x1 omega t alpha", 1, 3),
    _law("II.2.42", "kappa*(T2-T1)*A/d", "kappa T1 T2 A d"),
    _law("II.3.24", "Pwr/(4*pi*r**2)", "Pwr r"),
    _law("II.4.23", "q/(4*pi*epsilon*r)", "q epsilon r"),
    _law("II.6.11", "p_d*cos(theta)/(4*pi*epsilon*r**2)", "epsilon p_d theta r", 1, 3),
    _law("II.6.15a", "3*p_d*z*sqrt(x**2+y**2)/(4*pi*epsilon*r**5)", "epsilon p_d r x y z", 1, 3),
    _law("II.6.15b", "3*p_d*cos(theta)*sin(theta)/(4*pi*epsilon*r**3)", "epsilon p_d theta r", 1, 3),
    _law("II.8.7", "3*q**2/(20*pi*epsilon*d)", "q epsilon d"),
    _law("II.8.31", "epsilon*Ef**2/2", "epsilon Ef"),
    _law("II.10.9", "sigma/(epsilon*(1+chi))", "sigma epsilon chi"),
    _law("II.11.3", "q*Ef/(m*(omega0**2-omega**2))", "q Ef m omega0 omega", 1, 3, omega0=(3, 5), omega=(1, 2)),
    _law("II.11.17", "n0*(1+p_d*Ef*cos(theta)/(kb*T))", "n0 kb T theta p_d Ef", 1, 3),
    _law("II.11.20", "n*p_d**2*Ef/(3*kb*T)", "n p_d Ef kb T"),
    _law("II.11.27", "n*alpha*epsilon*Ef/(1-n*alpha/3)", "n alpha epsilon Ef", 1, 2, n=(0, 1), alpha=(0, 1)),
    _law("II.11.28", "1+n*alpha/(1-n*alpha/3)", "n alpha", 0, 1),
    _law("II.13.17", "2*I1/(4*pi*epsilon*c**2*r)", "epsilon c I1 r"),
    _law("II.13.23", "rho/sqrt(1-v**2/c**2)", "rho v c", v=(1, 2), c=(3, 10)),
    _law("II.13.34", "rho*v/sqrt(1-v**2/c**2)", "rho v c", v=(1, 2), c=(3, 10)),
    _law("II.15.4", "-mom*B*cos(theta)", "mom B theta"),
    _law("II.15.5", "-p_d*Ef*cos(theta)", "p_d Ef theta"),
    _law("II.21.32", "q/(4*pi*epsilon*r*(1-v/c))", "q epsilon r v c", v=(1, 2), c=(3, 10)),
    _law("II.24.17", "sqrt(omega**2/c**2-pi**2/d**2)", "omega c d", omega=(4, 6), c=(1, 2), d=(2, 4)),
    _law("II.27.16", "epsilon*c*Ef**2", "epsilon c Ef"),
    _law("II.27.18", "epsilon*Ef**2", "epsilon Ef"),
    _law("II.34.2a", "q*v/(2*pi*r)", "q v r"),
    _law("II.34.2", "q*v*r/2", "q v r"),
    _law("II.34.11", "g*q*B/(2*m)", "g q B m"),
    _law("II.34.29a", "q*h/(4*pi*m)", "q h m"),
    _law("II.34.29b", f"g*mom*B*Jz/{HBAR}", "g h Jz mom B"),
    _law("II.35.18", "n0/(exp(mom*B/(kb*T))+exp(-mom*B/(kb*T)))", "n0 kb T mom B", 1, 3),
    _law("II.35.21", "n*mom*tanh(mom*B/(kb*T))", "n mom B kb T"),
    _law("II.36.38", "mom*H/(kb*T)+mom*alpha*M/(epsilon*c**2*kb*T)", "mom H kb T alpha epsilon c M", 1, 3),
    _law("II.37.1", "mom*(1+chi)*B", "mom B chi"),
    _law("II.38.3", "Y*A*x/d", "Y A x d"),
    _law("II.38.14", "Y/(2*(1+sigma))", "Y sigma"),
    _law("III.4.32", f"1/(exp({HBAR}*omega/(kb*T))-1)", "h omega kb T"),
    _law("III.4.33", f"{HBAR}*omega/(exp({HBAR}*omega/(kb*T))-1)", "h omega kb T"),
    _law("III.7.38", f"2*mom*B/{HBAR}", "mom B h"),
    _law("III.8.54", f"sin(E_n*t/{HBAR})**2", "E_n t h", 1, 2, h=(1, 4)),
    _law(
        "III.9.52",
        f"p_d*Ef*t/{HBAR}*sin((omega-omega0)*t/2)**2/((omega-omega0)*t/2)**2",
        "p_d Ef t h omega omega0",
        1,
        3,
        omega=(1, 5),
        omega0=(1, 5),
    ),
    _law("III.10.19", "mom*sqrt(Bx**2+By**2+Bz**2)", "mom Bx By Bz"),
    _law("III.12.43", f"n*{HBAR}", "n h"),
    _law("III.13.18", f"2*E_n*d**2*k/{HBAR}", "E_n d k h"),
    _law("III.14.14", "I0*(exp(q*Volt/(kb*T))-1)", "I0 q Volt kb T", 1, 2, I0=(1, 5)),
    _law("III.15.12", "2*U*(1-cos(k*d))", "U k d"),
    _law("III.15.14", f"{HBAR}**2/(2*E_n*d**2)", "h E_n d"),
    _law("III.15.27", "2*pi*alpha/(n*d)", "alpha n d"),
    _law("III.17.37", "beta*(1+alpha*cos(theta))", "beta alpha theta"),
    _law("III.19.51", f"-m*q**4/(2*(4*pi*epsilon)**2*{HBAR}**2*n**2)", "m q h n epsilon"),
    _law("III.21.20", "-rho*q*A/m", "rho q A m"),
)
"""The seventy others."""

HUNDRED: tuple[FeynmanLaw, ...] = FEYNMAN + MORE
