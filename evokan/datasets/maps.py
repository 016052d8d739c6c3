"""Cause and effect: the three systems of the KA-FCM paper, and causal maps whose graph is known.

Salmeron, "KA-FCM", arXiv 2604.05136. The text we hold has lost its numbers: the domain and the height of the
Yerkes-Dodson curve and the domain of the sine law are the paper's, the steepness 5, the noise 0.05 and the numbers
of rows are ours. Mackey-Glass has its usual values (Mackey and Glass, Science 197, 1977): beta 0.2, gamma 0.1, n 10,
tau 17, x(0) = 1.2 and 0 before, Runge-Kutta steps of 0.1; a delayed value inside of a step is interpolated.

``synthetic-map-N`` is ours: N concepts in [-1, 1], each the tanh of the sum of one to three curves of other concepts
or of itself, plus noise; at least every second curve is not monotonic. Series of ten steps start anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from evokan.datasets.catalogue import DatasetInfo, Loader
from evokan.seeding import generator

if TYPE_CHECKING:
    from evokan.arrays import FloatArray
    from evokan.problem.table import Table

TRAIN_ROWS, TEST_ROWS = 1000, 2000
STEEPNESS, YERKES_NOISE = 5.0, 0.05
MAP_SIZES = (5, 10, 20)
MAP_NOISE, MAP_STEPS, MAP_ROWS = 0.02, 10, 500


def yerkes_dodson(x: FloatArray) -> FloatArray:
    """Return 2 exp(-5 x^2) - 1: performance under the stress `x`."""
    values: FloatArray = 2.0 * np.exp(-STEEPNESS * x**2) - 1.0
    return values


def sine_law(x: FloatArray) -> FloatArray:
    """Return sin(pi x)."""
    values: FloatArray = np.sin(np.pi * x)
    return values


def _one_edge(
    name: str, law: Callable[[FloatArray], FloatArray], noise: float, cause: str, effect: str, seed: int
) -> Table:
    """Return rows of one law of one cause, uniform on [-1, 1]; noise is on the test rows, too."""
    from evokan.datasets.tables import make_table

    rng = generator("data set", name, seed)
    x = rng.uniform(-1.0, 1.0, TRAIN_ROWS + TEST_ROWS)
    y = law(x) + (noise * rng.normal(size=len(x)) if noise else 0.0)
    return make_table(
        name,
        "regression",
        x[:, None],
        y,
        feature_names=[cause],
        target_name=effect,
        test_rows=np.arange(TRAIN_ROWS, len(x)),
    )


def mackey_glass(seconds: int, *, steps_a_second: int = 10, delay: int = 17) -> FloatArray:
    """Return x(0), x(1), ..., x(seconds) of x' = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x, shape (seconds + 1,)."""
    lag = delay * steps_a_second
    h = 1.0 / steps_a_second
    path = np.zeros(lag + seconds * steps_a_second + 1)  # zeros: the time before 0
    path[lag] = 1.2

    def slope(x: float, delayed: float) -> float:
        return 0.2 * delayed / (1.0 + delayed**10) - 0.1 * x

    for now in range(lag, len(path) - 1):
        x, old, new = path[now], path[now - lag], path[now - lag + 1]
        if now - lag + 1 == lag:  # the history jumps at 0: a step that ends there still sees what was before
            new = old
        middle = (old + new) / 2.0
        k1 = slope(x, old)
        k2 = slope(x + h / 2.0 * k1, middle)
        k3 = slope(x + h / 2.0 * k2, middle)
        k4 = slope(x + h * k3, new)
        path[now + 1] = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return path[lag::steps_a_second]


def _mackey_glass(seed: int) -> Table:
    """Return x(t + 6) from four earlier values, t = 118 ... 1117; the last 500 rows are the test part."""
    from evokan.datasets.tables import make_table

    x = mackey_glass(1123)
    t = np.arange(118, 1118)
    lags = (18, 12, 6, 0)
    names = [f"x(t-{lag})" if lag else "x(t)" for lag in lags]
    return make_table(
        "mackey-glass",
        "regression",
        np.column_stack([x[t - lag] for lag in lags]),
        x[t + 6],
        feature_names=names,
        target_name="x(t+6)",
        test_rows=np.arange(500, 1000),
    )


def _mackey_glass_series(longest: int) -> Table:
    """Return the series behind the same 1,000 values, with `longest` seconds before the first of them."""
    from evokan.datasets.tables import make_table

    x = mackey_glass(1123)[max(124 - longest, 0) :, None]
    return make_table(
        "mackey-glass",
        "trajectory",
        x[:-1],
        x[1:],
        feature_names=["x"],
        target_name="",
        test_rows=np.arange(len(x) - 1 - 500, len(x) - 1),
        series=np.zeros(len(x) - 1, dtype=np.int64),
    )


CURVES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "hill": lambda x: 2.0 * np.exp(-4.0 * x**2) - 1.0,
    "valley": lambda x: 2.0 * x**2 - 1.0,
    "sine": lambda x: np.sin(np.pi * x),
    "cubic": lambda x: 4.0 * x**3 - 3.0 * x,
    "line": lambda x: x,
    "threshold": lambda x: np.tanh(4.0 * x),
}
"""Laws of an edge on [-1, 1]; the first four are not monotonic."""
NOT_MONOTONIC = 4


@dataclass(frozen=True)
class SyntheticMap:
    """A causal map whose graph and laws are known.

    Attributes
    ----------
    concepts
        Number of concepts n.
    edges
        (cause, effect), sorted.
    curves, gains
        Name in `CURVES` and factor of every edge.
    """

    concepts: int
    edges: tuple[tuple[int, int], ...]
    curves: tuple[str, ...]
    gains: tuple[float, ...]

    def step(self, states: FloatArray) -> FloatArray:
        """Return the states after `states`, shape (N, n), without noise."""
        total = np.zeros_like(states)
        for (cause, effect), curve, gain in zip(self.edges, self.curves, self.gains, strict=True):
            total[:, effect] += gain * CURVES[curve](states[:, cause])
        return np.tanh(total)


def synthetic_map(concepts: int, seed: int) -> SyntheticMap:
    """Return the map behind ``synthetic-map-N`` of a data seed: its graph is what a search has to find."""
    rng = generator("synthetic map", concepts, seed)
    edges = sorted(
        (int(cause), effect)
        for effect in range(concepts)
        for cause in rng.choice(concepts, rng.integers(1, min(concepts, 3) + 1), replace=False)
    )
    names = list(CURVES)
    bent = rng.permutation(len(edges)) < (len(edges) + 1) // 2
    curves = tuple(names[int(rng.integers(NOT_MONOTONIC if is_bent else len(names)))] for is_bent in bent)
    gains = tuple(float(gain) for gain in rng.uniform(0.6, 1.2, len(edges)) * rng.choice([-1.0, 1.0], len(edges)))
    return SyntheticMap(concepts, tuple(edges), curves, gains)


def sample_map(concepts: int, rows: int, noise: float, seed: int) -> Table:
    """Return `rows` steps to search with and as many to test on, in series of ten steps.

    Parameters
    ----------
    concepts, seed
        Of the map, which is that of `synthetic_map`.
    rows
        A multiple of ten.
    noise
        Standard deviation of what is added to every state, which then goes on from there.
    """
    from evokan.datasets.tables import make_table

    law = synthetic_map(concepts, seed)
    rng = generator("data set", f"synthetic-map-{concepts}", seed)
    count = 2 * rows // MAP_STEPS
    path = np.zeros((count, MAP_STEPS + 1, concepts))
    path[:, 0] = rng.uniform(-1.0, 1.0, (count, concepts))
    for step in range(MAP_STEPS):
        path[:, step + 1] = law.step(path[:, step]) + noise * rng.normal(size=(count, concepts))
    return make_table(
        f"synthetic-map-{concepts}",
        "trajectory",
        path[:, :-1].reshape(-1, concepts),
        path[:, 1:].reshape(-1, concepts),
        feature_names=[f"c{i}" for i in range(1, concepts + 1)],
        target_name="",
        test_rows=np.arange(rows, 2 * rows),
        series=np.repeat(np.arange(count, dtype=np.int64), MAP_STEPS),
    )


PLANT_STEPS, PLANT_TURN, PLANT_NOISE = 600, 0.4, 0.05


def _delayed_plant(seed: int) -> Table:
    """Return one series of a plant: heat follows the valve two steps later, the load follows the heat after three.

    valve(t) = 0.6 valve(t - 1) + a turn of 0.4 at random, held in [-1, 1],
    heat(t) = tanh(0.5 heat(t - 1) + 1.2 valve(t - 2)),
    load(t) = 2 exp(-4 heat(t - 3)^2) - 1, the last two with noise of 0.05 that goes on from there.
    """
    from evokan.datasets.tables import make_table

    rng = generator("data set", "delayed-plant", seed)
    noise = rng.normal(size=(PLANT_STEPS + 4, 3)) * [PLANT_TURN, PLANT_NOISE, PLANT_NOISE]
    path = np.zeros((PLANT_STEPS + 4, 3))
    path[:3] = rng.uniform(-0.9, 0.9, (3, 3))
    for t in range(3, len(path)):
        valve = 0.6 * path[t - 1, 0]
        heat = np.tanh(0.5 * path[t - 1, 1] + 1.2 * path[t - 2, 0])
        load = 2.0 * np.exp(-4.0 * path[t - 3, 1] ** 2) - 1.0
        path[t] = np.array([valve, heat, load]) + noise[t]
        path[t, 0] = np.clip(path[t, 0], -1.0, 1.0)
    return make_table(
        "delayed-plant",
        "trajectory",
        path[3:-1],
        path[4:],
        feature_names=["valve", "heat", "load"],
        target_name="",
        series=np.zeros(PLANT_STEPS, dtype=np.int64),
    )


_KAFCM = "KA-FCM paper (arXiv 2604.05136)"

DATASETS: tuple[tuple[DatasetInfo, Loader], ...] = (
    (
        DatasetInfo(
            "yerkes-dodson",
            "regression",
            TRAIN_ROWS + TEST_ROWS,
            1,
            "performance 2 exp(-5 stress^2) - 1 on [-1, 1], noise 0.05",
            _KAFCM,
            seeded=True,
        ),
        partial(_one_edge, "yerkes-dodson", yerkes_dodson, YERKES_NOISE, "stress", "performance"),
    ),
    (
        DatasetInfo(
            "sine-law", "regression", TRAIN_ROWS + TEST_ROWS, 1, "b = sin(pi a) on [-1, 1]", _KAFCM, seeded=True
        ),
        partial(_one_edge, "sine-law", sine_law, 0.0, "a", "b"),
    ),
    (
        DatasetInfo(
            "mackey-glass",
            "regression",
            1000,
            4,
            "chaotic series: x(t+6) from x(t-18), x(t-12), x(t-6), x(t)",
            "Mackey and Glass, Science 197 (1977); " + _KAFCM,
            horizon=6,
            as_series=_mackey_glass_series,
        ),
        _mackey_glass,
    ),
    (
        DatasetInfo(
            "delayed-plant",
            "trajectory",
            PLANT_STEPS,
            3,
            "valve, heat and load: causes lie one to three steps back (--lags 4)",
            "our own",
            seeded=True,
        ),
        _delayed_plant,
    ),
    *(
        (
            DatasetInfo(
                f"synthetic-map-{n}",
                "trajectory",
                2 * MAP_ROWS,
                n,
                f"{n} concepts that drive one another by known curves, noise {MAP_NOISE}",
                "our own",
                seeded=True,
            ),
            partial(sample_map, n, MAP_ROWS, MAP_NOISE),
        )
        for n in MAP_SIZES
    ),
)
"""Name cards and loaders."""
