"""Classical systems whose causes are known from their equations: coupled logistic maps, predators and prey, Lorenz-96.

Each gives one series. The constants of the coupled maps and of the animals, and all noise, are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from evokan.datasets.catalogue import DatasetInfo, Loader
from evokan.seeding import generator

if TYPE_CHECKING:
    from evokan.arrays import FloatArray
    from evokan.problem.table import Table

STEPS = 600
REST = 300
"""Steps left out at the beginning."""

GROWTHS = (3.95, 3.72, 3.88, 3.78, 3.91, 3.84)
COUPLING = 0.2
PARENTS: tuple[tuple[int, ...], ...] = ((), (0,), (1,), (0,), (3,), (2, 4))
"""Which other maps lead each of the coupled maps."""

ANIMALS = ("hare", "lynx", "vole", "owl")
PREY_GROWTHS, ATTACKS, ANIMAL_NOISE = (2.2, 1.9), (3.0, 2.6), 0.1

LORENZ_SIZE, LORENZ_FORCE, LORENZ_STEP, LORENZ_INNER = 10, 8.0, 0.1, 10


def logistic_step(x: FloatArray) -> FloatArray:
    """Return the coupled maps after `x`, shape (6,): x' = 0.8 f(x) + 0.2 times the mean f of those that lead it.

    f(x) = r x (1 - x), with an r of its own for each map; the first is led by none, and x' = f(x).
    """
    grown = np.array(GROWTHS) * x * (1.0 - x)
    found: FloatArray = np.array(
        [
            grown[place] if not parents else (1.0 - COUPLING) * grown[place] + COUPLING * grown[list(parents)].mean()
            for place, parents in enumerate(PARENTS)
        ]
    )
    return found


def animal_step(logs: FloatArray) -> FloatArray:
    """Return the logarithms of two pairs of prey and predator a season later, shape (4,), without noise.

    N' = N exp(r (1 - N) - a P) and P' = N (1 - exp(-a P)): Beddington, Free and Lawton, Nature 255 (1975). Each sum
    is one of curves of the logarithms.
    """
    found = np.empty(4)
    for pair, (growth, attack) in enumerate(zip(PREY_GROWTHS, ATTACKS, strict=True)):
        prey, hunter = logs[2 * pair], logs[2 * pair + 1]
        found[2 * pair] = prey + growth * (1.0 - np.exp(prey)) - attack * np.exp(hunter)
        found[2 * pair + 1] = prey + np.log(-np.expm1(-attack * np.exp(hunter)))
    return found


def lorenz_slope(x: FloatArray) -> FloatArray:
    """Return x_i' = (x_(i+1) - x_(i-2)) x_(i-1) - x_i + 8 on a ring: Lorenz, ECMWF Seminar on Predictability (1996)."""
    slope: FloatArray = (np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + LORENZ_FORCE
    return slope


def lorenz_step(x: FloatArray) -> FloatArray:
    """Return the state of the ring 0.1 time units later: ten Runge-Kutta steps."""
    h = LORENZ_STEP / LORENZ_INNER
    for _ in range(LORENZ_INNER):
        k1 = lorenz_slope(x)
        k2 = lorenz_slope(x + h / 2.0 * k1)
        k3 = lorenz_slope(x + h / 2.0 * k2)
        x = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + lorenz_slope(x + h * k3))
    return x


CAUSES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "coupled-logistic": tuple(
        (cause, effect) for effect, parents in enumerate(PARENTS) for cause in sorted({effect, *parents})
    ),
    "predator-prey": tuple(
        (2 * pair + cause, 2 * pair + effect) for pair in range(2) for effect in range(2) for cause in range(2)
    ),
    "lorenz-96": tuple(
        sorted((int(effect + away) % LORENZ_SIZE, effect) for effect in range(LORENZ_SIZE) for away in (-2, -1, 0, 1))
    ),
}
"""The graph of each system: (cause, effect), one step apart. Of the ring, what its slopes are made of."""

_STARTS: Mapping[str, tuple[FloatArray, FloatArray]] = {
    "coupled-logistic": (np.full(6, 0.1), np.full(6, 0.9)),
    "predator-prey": (np.full(4, -1.0), np.full(4, -0.5)),
    "lorenz-96": (np.full(LORENZ_SIZE, -4.0), np.full(LORENZ_SIZE, 12.0)),
}


def _series(
    name: str, step: Callable[[FloatArray], FloatArray], noise: float, names: tuple[str, ...], seed: int
) -> Table:
    """Return one series of a system, noise added to every state, which goes on from there."""
    from evokan.datasets.tables import make_table

    rng = generator("data set", name, seed)
    state = rng.uniform(*_STARTS[name])
    path = np.empty((STEPS + 1, len(state)))
    for t in range(-REST, STEPS + 1):
        state = step(state)
        if noise:
            state = state + noise * rng.normal(size=len(state))
        path[max(t, 0)] = state
    return make_table(
        name,
        "trajectory",
        path[:-1],
        path[1:],
        feature_names=names,
        target_name="",
        series=np.zeros(STEPS, dtype=np.int64),
    )


def _entry(
    name: str,
    step: Callable[[FloatArray], FloatArray],
    noise: float,
    names: tuple[str, ...],
    description: str,
    source: str,
) -> tuple[DatasetInfo, Loader]:
    info = DatasetInfo(name, "trajectory", STEPS, len(names), description, source, seeded=True)
    return info, partial(_series, name, step, noise, names)


DATASETS: tuple[tuple[DatasetInfo, Loader], ...] = (
    _entry(
        "coupled-logistic",
        logistic_step,
        0.0,
        tuple(f"x{place}" for place in range(1, 7)),
        "six chaotic logistic maps, of which some lead others, no noise",
        "our own",
    ),
    _entry(
        "predator-prey",
        animal_step,
        ANIMAL_NOISE,
        ANIMALS,
        "two pairs of prey and predator, logarithms; the pairs know nothing of each other",
        "Beddington, Free and Lawton, Nature 255 (1975)",
    ),
    _entry(
        "lorenz-96",
        lorenz_step,
        0.0,
        tuple(f"x{place}" for place in range(1, LORENZ_SIZE + 1)),
        "chaos on a ring of ten, each driven by products of its neighbours, every 0.1",
        "Lorenz, ECMWF Seminar on Predictability (1996)",
    ),
)
"""Name cards and loaders."""
