"""Causal maps with a known graph for the study: one long series each, with delays, noise and rows as wanted.

As `evokan.datasets.maps.synthetic_map`, every concept is the tanh of the sum of one to three curves; here a cause may
lie several steps back, and one series goes on for all steps. Maps that come to rest are drawn again: where nothing
moves there is nothing to find. Beside them stand series without any cause (the same, every concept shuffled by itself)
and classical systems (`evokan.datasets.systems`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evokan.arrays import FloatArray
from evokan.datasets import load_dataset
from evokan.datasets.maps import CURVES, NOT_MONOTONIC
from evokan.datasets.systems import CAUSES
from evokan.datasets.tables import make_table
from evokan.problem.table import Table
from evokan.seeding import generator

SPREAD = 0.15
"""Smallest standard deviation of a concept in a series that counts as moving."""
REST = 200
"""Steps left out at the beginning."""
LATER = 100
"""Steps to test on."""
DRAWS = 2000
"""So many maps are drawn before nobody believes in one that moves."""


@dataclass(frozen=True)
class Cell:
    """One cell of the study: the base, with one thing changed.

    Attributes
    ----------
    name
        What is changed.
    concepts, steps
        Size of the map, and rows to find it from.
    noise, observation
        Standard deviation of what is added to every state, which goes on from there, and of what is added to what
        is seen alone; shares of the concept's own standard deviation.
    delay
        Largest delay of a cause.
    monotonic
        Whether all curves rise or fall throughout.
    shuffled
        Whether every concept is put into an order of its own, so that nothing causes anything.
    system
        Data set that the series is, if it is none of our maps.
    """

    name: str
    concepts: int = 10
    steps: int = 500
    noise: float = 0.1
    observation: float = 0.0
    delay: int = 1
    monotonic: bool = False
    shuffled: bool = False
    system: str = ""


BASE = Cell("base")
CELLS = (
    BASE,
    replace(BASE, name="5 concepts", concepts=5),
    replace(BASE, name="20 concepts", concepts=20),
    replace(BASE, name="50 concepts", concepts=50),
    replace(BASE, name="noise 0.02", noise=0.02),
    replace(BASE, name="noise 0.3", noise=0.3),
    replace(BASE, name="observation noise 0.1", observation=0.1),
    replace(BASE, name="delays up to 3", delay=3),
    replace(BASE, name="delays up to 5", delay=5),
    replace(BASE, name="100 steps", steps=100),
    replace(BASE, name="2,000 steps", steps=2000),
    replace(BASE, name="monotonic curves", monotonic=True),
)
"""The cells of the study."""
NULLS = (
    replace(BASE, name="shuffled, 10 concepts", shuffled=True),
    replace(BASE, name="shuffled, 5 concepts", concepts=5, shuffled=True),
    replace(BASE, name="shuffled, delays up to 3", delay=3, shuffled=True),
    replace(BASE, name="shuffled, 100 steps", steps=100, shuffled=True),
)
"""Series without causes."""
SYSTEMS = (
    Cell("coupled logistic maps", concepts=6, system="coupled-logistic"),
    Cell("predator and prey", concepts=4, system="predator-prey"),
    Cell("Lorenz-96", concepts=10, system="lorenz-96"),
)
"""Classical systems."""


@dataclass(frozen=True, eq=False)
class Plant:
    """A series of a known map.

    Attributes
    ----------
    series
        What methods see, shape (steps + largest delay, concepts).
    later
        How the series goes on: steps to test forecasts on.
    true
        Which (effect, cause, delay) there is, shape (concepts, concepts, delays); delay d at place d - 1.
    """

    cell: Cell
    series: FloatArray
    later: FloatArray
    true: np.ndarray

    @property
    def columns(self) -> np.ndarray:
        """The true edges as a `Table` with delays has its columns: shape (effects, delays x causes)."""
        n = self.cell.concepts
        return np.asarray(self.true.transpose(0, 2, 1).reshape(n, -1), dtype=bool)


def plant(cell: Cell, seed: int) -> Plant:
    """Return the series of a cell's map with this seed.

    Raises
    ------
    RuntimeError
        No map that moves was drawn.
    """
    if cell.system:
        return _classical(cell, seed)
    rng = generator("plant", cell.name, seed)
    for _ in range(DRAWS):
        law = _Law.draw(cell, rng)
        sigma = np.full(cell.concepts, 0.5 * cell.noise)
        for _ in range(4):  # the noise is a share of a spread that depends on it
            spread = law.run(REST + 500, sigma, rng)[REST:].std(axis=0)
            if spread.min() < SPREAD:
                break
            sigma = cell.noise * spread
        else:
            seen = cell.steps + cell.delay
            path = law.run(REST + seen + LATER, sigma, rng)[REST:]
            spread = path.std(axis=0)
            if spread.min() >= SPREAD:
                path = path + cell.observation * spread * rng.normal(size=path.shape)
                if cell.shuffled:
                    path = rng.permuted(path, axis=0)
                    return Plant(cell, path[:seen], path[seen:], np.zeros_like(law.true()))
                return Plant(cell, path[:seen], path[seen:], law.true())
    raise RuntimeError(f"{cell.name}: none of {DRAWS} maps moves")


def _classical(cell: Cell, seed: int) -> Plant:
    data = load_dataset(cell.system, seed=seed)
    true = np.zeros((cell.concepts, cell.concepts, 1), dtype=bool)
    for cause, effect in CAUSES[cell.system]:
        true[effect, cause] = True
    seen = cell.steps + cell.delay
    return Plant(cell, data.X[:seen], data.X[seen:], true)


@dataclass(frozen=True, eq=False)
class _Law:
    cell: Cell
    cause: np.ndarray
    effect: np.ndarray
    lag: np.ndarray
    curve: tuple[str, ...]
    gain: FloatArray

    @classmethod
    def draw(cls, cell: Cell, rng: np.random.Generator) -> _Law:
        n = cell.concepts
        edges = [
            (int(place) % n, effect, int(place) // n + 1)
            for effect in range(n)
            for place in rng.choice(n * cell.delay, rng.integers(1, 4), replace=False)
        ]
        names = list(CURVES)
        bent = rng.permutation(len(edges)) < (len(edges) + 1) // 2
        first = NOT_MONOTONIC if cell.monotonic else 0
        last = [NOT_MONOTONIC if is_bent and not cell.monotonic else len(names) for is_bent in bent]
        curve = tuple(names[int(rng.integers(first, end))] for end in last)
        low, high = (1.0, 2.0) if cell.monotonic else (0.6, 1.2)
        gain = rng.uniform(low, high, len(edges)) * rng.choice([-1.0, 1.0], len(edges))
        cause, effect, lag = (np.array(part) for part in zip(*edges, strict=True))
        return cls(cell, cause, effect, lag, curve, gain)

    def run(self, steps: int, sigma: FloatArray, rng: np.random.Generator) -> FloatArray:
        n, longest = self.cell.concepts, self.cell.delay
        path = np.zeros((longest + steps, n))
        path[:longest] = rng.uniform(-1.0, 1.0, (longest, n))
        noise = sigma * rng.normal(size=(longest + steps, n))
        groups = [(np.array([name == other for other in self.curve]), CURVES[name]) for name in sorted(set(self.curve))]
        added = np.zeros(len(self.cause))
        for t in range(longest, longest + steps):
            values = path[t - self.lag, self.cause]
            for chosen, law in groups:
                added[chosen] = law(values[chosen])
            path[t] = np.tanh(np.bincount(self.effect, self.gain * added, n)) + noise[t]
        return path[longest:]

    def true(self) -> np.ndarray:
        n = self.cell.concepts
        found = np.zeros((n, n, self.cell.delay), dtype=bool)
        found[self.effect, self.cause, self.lag - 1] = True
        return found


def as_table(found: Plant) -> Table:
    """Return the series as a trajectory without delays; what comes later is the test part."""
    path = np.vstack([found.series, found.later])
    return make_table(
        "plant",
        "trajectory",
        path[:-1],
        path[1:],
        feature_names=[f"c{i}" for i in range(1, path.shape[1] + 1)],
        target_name="",
        test_rows=np.arange(len(found.series) - 1, len(path) - 1),
        series=np.zeros(len(path) - 1, dtype=np.int64),
    )
