"""Known laws, sampled from a data seed: searches whose right answer is known.

``exp-sin`` and ``product`` are those of the GA-KAN paper (arXiv 2501.17411), ``tf1`` to ``tf5-5`` those of
the HKAN paper (arXiv 2501.18199; its ``tf2`` is read from a file). Inputs are uniform and independent, no
noise; the test rows follow the rows to search with and are marked as a published test part. ``fkan-1d`` is that
of the fKAN paper (arXiv 2406.07456): 50 points with noise, a third of them for the test.

Open in the papers, and our reading: a scaled law hands out its inputs as their place in the domain, and its
values by their minimum and maximum over all rows drawn. The HKAN authors' files differ a little from the
text followed here: there the test rows of the laws of two inputs are a 100 x 100 grid, the values of TF1 and
the inputs of TF5 fill [0, 1] and [0.5, 1], and TF4 adds 0.1 r instead of taking it away (checked against
those files).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evokan.datasets.catalogue import DatasetInfo, Loader
from evokan.seeding import generator

if TYPE_CHECKING:
    from evokan.arrays import FloatArray
    from evokan.problem.table import Table


@dataclass(frozen=True)
class Law:
    """A function of a few inputs, and how it is sampled.

    Attributes
    ----------
    name, formula
        As the user types it; in words a reader can check.
    function
        Values, shape (rows,), of inputs in the law's own units, shape (rows, inputs).
    low, high
        The domain, the same for every input.
    inputs, target
        Column names.
    train_rows, test_rows
        Rows to search with, and fresh rows to test on.
    scaled
        Whether inputs and values are handed out in [0, 1] instead of their own units.
    source
        Where the law is stated.
    """

    name: str
    formula: str
    function: Callable[[FloatArray], FloatArray]
    low: float
    high: float
    inputs: tuple[str, ...]
    train_rows: int
    test_rows: int
    scaled: bool
    source: str
    target: str = "y"

    def sample(self, seed: int) -> Table:
        """Return the table of a data seed: the same on every machine, whatever ran before."""
        from evokan.datasets.tables import make_table

        rows = self.train_rows + self.test_rows
        place = generator("data set", self.name, seed).random((rows, len(self.inputs)))
        x = self.low + (self.high - self.low) * place
        y = self.function(x)
        if self.scaled:
            x, y = place, (y - y.min()) / (y.max() - y.min())
        return make_table(
            self.name,
            "regression",
            x,
            y,
            feature_names=self.inputs,
            target_name=self.target,
            test_rows=np.arange(self.train_rows, rows),
        )

    @property
    def info(self) -> DatasetInfo:
        """The law's line in the listing."""
        unit = ", scaled to [0, 1]" if self.scaled else ""
        return DatasetInfo(
            self.name,
            "regression",
            self.train_rows + self.test_rows,
            len(self.inputs),
            f"{self.formula} on [{self.low:.4g}, {self.high:.4g}]^{len(self.inputs)}{unit}",
            self.source,
            seeded=True,
        )


def exp_sin(x: FloatArray) -> FloatArray:
    """Return exp(sin(pi x) + y^2), inputs of shape (rows, 2)."""
    return np.exp(np.sin(np.pi * x[:, 0]) + x[:, 1] ** 2)


def product(x: FloatArray) -> FloatArray:
    """Return x y, inputs of shape (rows, 2)."""
    return x[:, 0] * x[:, 1]


def tf1(x: FloatArray) -> FloatArray:
    """Return (2 x1 - 1)(2 x2 - 1), inputs of shape (rows, 2)."""
    return (2 * x[:, 0] - 1) * (2 * x[:, 1] - 1)


def tf3(x: FloatArray) -> FloatArray:
    """Return -sum x_i sin sqrt|x_i| (Schwefel's function), inputs of shape (rows, n)."""
    values: FloatArray = -(x * np.sin(np.sqrt(np.abs(x)))).sum(axis=1)
    return values


def tf4(x: FloatArray) -> FloatArray:
    """Return 1 - cos(2 pi r) - 0.1 r with r = |x| (after Salomon's function), inputs of shape (rows, n)."""
    r: FloatArray = np.sqrt((x**2).sum(axis=1))
    values: FloatArray = 1 - np.cos(2 * np.pi * r) - 0.1 * r
    return values


def tf5(x: FloatArray) -> FloatArray:
    """Return -sum sin(x_i) sin^20(i x_i^2 / pi) (Michalewicz's function), inputs of shape (rows, n)."""
    i = np.arange(1, x.shape[1] + 1)
    values: FloatArray = -(np.sin(x) * np.sin(i * x**2 / np.pi) ** 20).sum(axis=1)
    return values


def fkan_1d(seed: int, points: int = 50) -> Table:
    """Return rows of sin(pi x) + 10 exp(x / 5) + e / 100, x equidistant on [-2, 1], a third of them for the test.

    That e is standard normal, the points equidistant, and the test rows drawn at random, is our reading.
    """
    from evokan.datasets.tables import make_table

    rng = generator("data set", "fkan-1d", seed)
    x = np.linspace(-2.0, 1.0, points)
    y = np.sin(np.pi * x) + 10.0 * np.exp(x / 5.0) + rng.normal(size=points) / 100.0
    return make_table(
        "fkan-1d",
        "regression",
        x[:, None],
        y,
        feature_names=["x"],
        target_name="chi",
        test_rows=np.sort(rng.permutation(points)[: -(-33 * points // 100)]).astype(np.int64),
    )


def _numbered(n: int) -> tuple[str, ...]:
    return tuple(f"x{i}" for i in range(1, n + 1))


_GAKAN = "GA-KAN paper (arXiv 2501.17411)"
_HKAN = "HKAN paper (arXiv 2501.18199)"

LAWS: tuple[Law, ...] = (
    Law("exp-sin", "exp(sin(pi x) + y^2)", exp_sin, -1, 1, ("x", "y"), 1000, 1000, False, _GAKAN, target="f"),
    Law("product", "x y", product, -1, 1, ("x", "y"), 1000, 1000, False, _GAKAN, target="f"),
    Law("tf1", "(2 x1 - 1)(2 x2 - 1)", tf1, 0, 1, _numbered(2), 5000, 10000, False, _HKAN),
    Law("tf3", "-sum x_i sin sqrt|x_i|", tf3, -500, 500, _numbered(2), 5000, 10000, True, _HKAN),
    Law("tf4", "1 - cos(2 pi r) - 0.1 r, r = |x|,", tf4, -4, 4, _numbered(10), 3750, 1250, True, _HKAN),
    Law("tf5", "-sum sin(x_i) sin^20(i x_i^2 / pi)", tf5, 0, np.pi, _numbered(2), 5000, 10000, True, _HKAN),
    Law("tf5-5", "-sum sin(x_i) sin^20(i x_i^2 / pi)", tf5, 0, np.pi, _numbered(5), 7500, 2500, True, _HKAN),
)
"""Every law, in the order of the listing."""

DATASETS: tuple[tuple[DatasetInfo, Loader], ...] = (
    *((law.info, law.sample) for law in LAWS),
    (
        DatasetInfo(
            "fkan-1d",
            "regression",
            50,
            1,
            "sin(pi x) + 10 exp(x / 5) + noise on [-2, 1]",
            "fKAN paper (arXiv 2406.07456)",
            seeded=True,
        ),
        fkan_1d,
    ),
)
"""Name cards and loaders."""
