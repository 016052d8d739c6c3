"""Problems of the page on where networks pay: several dimensions, an unknown coefficient, data with an equation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from evokan.arrays import FloatArray
from evokan.problem.equations import Equation, Unknown, derivative
from evokan.seeding import generator

JUDGED = 2000
"""Points at which errors are measured."""
TRUST = 10.0
"""What residuals are multiplied by where there are measurements: the equation is exact, and they are not."""


class Task(Equation):
    """An equation whose solution and coefficients are known to the page, not to who solves it.

    Attributes
    ----------
    truth
        The coefficients.
    """

    truth: Mapping[str, float] = MappingProxyType({})

    @abstractmethod
    def judged(self) -> FloatArray:
        """Return the points at which errors are measured, shape (N, coordinates)."""

    @abstractmethod
    def solution(self, x: FloatArray) -> FloatArray:
        """Return the solution at `x`, shape (N,)."""

    def unseen(self, u: Unknown) -> float:
        """Return the mean squared misfit at measurements that `conditions` does not have; NaN where there are none."""
        return np.nan


class Ball(Task):
    """Poisson's equation in the unit ball, values on its surface given: u = 1 / (1 + |x - c|^2), no ridge function.

    Parameters
    ----------
    dimensions
        Of the ball; it has 200 points inside of it for each, and 100 on its surface.
    """

    summary = "the Laplacian of u is f in a ball, u given on its surface"

    def __init__(self, dimensions: int) -> None:
        self.name = f"ball-{dimensions}"
        self.dimensions = dimensions
        self.coordinates = tuple(f"x{place}" for place in range(dimensions))
        self.centre = np.linspace(0.1, 0.4, dimensions)

    def drawn(self, count: int, label: str, *, inside: bool) -> FloatArray:
        """Return points uniform in the ball, or on its surface."""
        rng = generator("ball", self.dimensions, label)
        points = rng.standard_normal((count, self.dimensions))
        points /= np.linalg.norm(points, axis=1)[:, None]
        return points * rng.uniform(0.0, 1.0, (count, 1)) ** (1.0 / self.dimensions) if inside else points

    def points(self, seed: int) -> FloatArray:
        """Return points uniform in the ball."""
        return self.drawn(200 * self.dimensions, "points", inside=True)

    def laplacian(self, x: FloatArray) -> FloatArray:
        """Return the Laplacian of the solution."""
        value = self.solution(x)
        found: FloatArray = -2.0 * self.dimensions * value**2 + 8.0 * (1.0 / value - 1.0) * value**3
        return found

    def residual(self, u: Unknown, x: Tensor) -> Tensor:
        """Return the Laplacian less what it should be."""
        value = u(x)
        total = -torch.from_numpy(self.laplacian(x.detach().numpy()))
        for place in range(self.dimensions):
            total = total + derivative(derivative(value, x, place), x, place)
        return total

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return what the values on the surface miss, four times: an error there is one everywhere."""
        surface = self.drawn(100 * self.dimensions, "surface", inside=False)
        return [4.0 * (u(torch.tensor(surface, requires_grad=True)) - torch.from_numpy(self.solution(surface)))]

    def judged(self) -> FloatArray:
        """Return points uniform in the ball."""
        return self.drawn(JUDGED, "judged", inside=True)

    def solution(self, x: FloatArray) -> FloatArray:
        """Return 1 / (1 + |x - c|^2)."""
        found: FloatArray = 1.0 / (1.0 + np.sum((x - self.centre) ** 2, axis=1))
        return found


class Friction(Task):
    """theta'' + k theta' + sin(theta) = 0 on [0, 10] with an unknown k; 20 measurements, no initial values.

    Parameters
    ----------
    seed
        Of times and errors of the measurements.
    """

    name, summary, coordinates = "friction", "theta'' + k theta' + sin(theta) = 0, k unknown, 20 measurements", ("t",)
    coefficients: Mapping[str, float] = MappingProxyType({"k": 1.0})
    truth: Mapping[str, float] = MappingProxyType({"k": 0.3})
    end, noise = 10.0, 0.02

    def __init__(self, seed: int) -> None:
        rng = generator("friction", seed)
        self.times = np.sort(rng.uniform(0.0, self.end, 20))
        self.measured = self.solution(self.times[:, None]) + self.noise * rng.standard_normal(20)

    def points(self, seed: int) -> FloatArray:
        """Return 200 equidistant points."""
        return np.linspace(0.0, self.end, 200)[:, None]

    def residual(self, u: Unknown, x: Tensor) -> Tensor:
        """Return theta'' + k theta' + sin(theta), times `TRUST`."""
        theta = u(x)
        slope = derivative(theta, x)
        return TRUST * (derivative(slope, x) + u.coefficients["k"] * slope + torch.sin(theta))

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return what the measurements are missed by."""
        return [u(self.at(self.times)) - torch.from_numpy(self.measured)]

    def judged(self) -> FloatArray:
        """Return equidistant points."""
        return np.linspace(0.0, self.end, JUDGED)[:, None]

    def solution(self, x: FloatArray) -> FloatArray:
        """Return the swing that begins at rest in theta = 2; `x` ascends."""
        return swing(self.truth["k"], (2.0, 0.0), x[:, 0], tolerance=1e-11)


def swing(k: float, begin: Sequence[float] | FloatArray, times: FloatArray, *, tolerance: float) -> FloatArray:
    """Return theta at ascending times from 0 on, by a Runge-Kutta method."""
    path = solve_ivp(
        lambda t, y: [y[1], -k * y[1] - np.sin(y[0])],
        (0.0, float(times[-1])),
        begin,
        method="DOP853",
        t_eval=times,
        rtol=tolerance,
        atol=tolerance,
    )
    found: FloatArray = path.y[0]
    return found


class Fisher(Task):
    """u_t = D u_xx + r u (1 - u) on [-5, 5] x [0, 2]: 80 measurements inside, D, r, initial and boundary values unknown.

    The solution is the travelling wave of Ablowitz and Zeppetella (1979) for D = r = 1.

    Parameters
    ----------
    seed
        Of places and errors of the measurements.
    """

    name, summary, coordinates = "fisher", "u_t = D u_xx + r u (1 - u), D and r unknown, 80 measurements", ("x", "t")
    coefficients: Mapping[str, float] = MappingProxyType({"D": 0.3, "r": 0.3})
    truth: Mapping[str, float] = MappingProxyType({"D": 1.0, "r": 1.0})
    low, high, noise = (-5.0, 0.0), (5.0, 2.0), 0.01
    kept_back = 16

    def __init__(self, seed: int) -> None:
        rng = generator("fisher", seed)
        self.places = rng.uniform(self.low, self.high, (80, 2))
        self.measured = self.solution(self.places) + self.noise * rng.standard_normal(80)

    def points(self, seed: int) -> FloatArray:
        """Return 400 points uniform in the domain."""
        return generator("fisher points").uniform(self.low, self.high, (400, 2))

    def residual(self, u: Unknown, x: Tensor) -> Tensor:
        """Return u_t - D u_xx - r u (1 - u), times `TRUST`."""
        value, found = u(x), u.coefficients
        bend = derivative(derivative(value, x, 0), x, 0)
        return TRUST * (derivative(value, x, 1) - found["D"] * bend - found["r"] * value * (1.0 - value))

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return what the measurements are missed by that are not kept back."""
        return [self._missed(u, slice(self.kept_back, None))]

    def unseen(self, u: Unknown) -> float:
        """Return the mean squared misfit at those kept back."""
        return float(self._missed(u, slice(self.kept_back)).detach().square().mean())

    def _missed(self, u: Unknown, part: slice) -> Tensor:
        return u(torch.tensor(self.places[part], requires_grad=True)) - torch.from_numpy(self.measured[part])

    def judged(self) -> FloatArray:
        """Return points uniform in the domain."""
        return generator("fisher judged").uniform(self.low, self.high, (JUDGED, 2))

    def solution(self, x: FloatArray) -> FloatArray:
        """Return the wave."""
        found: FloatArray = (1.0 + np.exp((x[:, 0] - 5.0 / 6.0**0.5 * x[:, 1]) / 6.0**0.5)) ** -2
        return found


DIMENSIONS = (2, 3, 5)
PROBLEMS = (*(f"ball-{dimensions}" for dimensions in DIMENSIONS), "friction", "fisher")


def problem(name: str, seed: int) -> Task:
    """Return a problem by its name; the seed is that of measurements."""
    if name.startswith("ball-"):
        return Ball(int(name.removeprefix("ball-")))
    return Friction(seed) if name == "friction" else Fisher(seed)
