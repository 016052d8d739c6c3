"""What the derivatives of a network, or units, say of a law: variables that it can be written in, fewer than columns.

Translations: the law depends on x_i - x_j (or x_i + x_j) alone where its derivatives by both add up to 0 (are equal).
Scalings: with e_i = d log y / d log x_i, the law y(s^w1 x_1, s^w2 x_2, ...) is s^p y where w . e is p throughout. A
power that can be taken out (w of one entry), a law of a ratio or a product (w of two entries, p = 0), and homogeneous
laws are all of this kind, and so is what units ask for (Buckingham's groups). Each such w saves one variable.
Exchange: where two columns can change places, the law is one of their sum and their product.
All of it is a guess where it comes from a network: a rewritten problem counts for what is found in it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.relations.posed import Posed
from evokan.explain.relations.terms import power, product

CENTRE = 0.8
"""Share of the rows that are looked at: the derivatives of a spline are worst where the data ends."""
SMALLEST_VALUE = 0.05
"""Share of the target's root mean square below which log y says nothing."""
WEIGHTS = (1, -1, 2, -2)
SIMPLE = 0.02
"""How much worse a scaling may be for each unit of weight less."""
MANY_VARIABLES = 3
LOOKED_AT, SAME = 100, 1e-9
"""Sets of each size that are looked at; numbers of scalings within this are 0."""
VARIABLES = 9
"""Most that are looked at."""


@dataclass(frozen=True)
class Scaling:
    """y(s^weights x) = s^power y."""

    weights: tuple[float, ...]
    power: float


@dataclass(frozen=True, eq=False)
class Differentiated:
    """A posed problem with the derivatives of a network.

    Attributes
    ----------
    posed
        The problem.
    values, gradients
        Of the network, for the target of `posed` by its variables: shapes (N,) and (N, variables).
    """

    posed: Posed
    values: FloatArray
    gradients: FloatArray

    def logarithmic(self) -> FloatArray:
        """Return d log y / d log x on the rows where y is not near 0, shape (rows, variables)."""
        clear = np.abs(self.values) > SMALLEST_VALUE * np.sqrt(np.mean(self.values**2))
        found: FloatArray = self.posed.x[clear] * self.gradients[clear] / self.values[clear, None]
        return found


def spread(values: FloatArray) -> float:
    """Return the standard deviation of the middle part of some values."""
    low, high = np.quantile(values, [(1 - CENTRE) / 2, (1 + CENTRE) / 2])
    return float(values[(values >= low) & (values <= high)].std())


def translated(found: Differentiated, tolerance: float) -> Differentiated | None:
    """Return the problem in differences and sums of columns; None where there are none.

    Parameters
    ----------
    tolerance
        Share of the derivatives that may be left when they should cancel.
    """
    gradients, x = found.gradients, found.posed.x
    sizes = np.array([spread(g) + abs(float(np.median(g))) for g in gradients.T])
    left = []
    for i, j in itertools.combinations(range(found.posed.count), 2):
        if min(sizes[i], sizes[j]) < 1e-3 * sizes.max():
            continue
        for sign in (-1.0, 1.0):
            rest = gradients[:, i] - sign * gradients[:, j]
            share = (spread(rest) + abs(float(np.median(rest)))) / (sizes[i] + sizes[j])
            if share < tolerance:
                left.append((share, i, j, sign))
    taken: set[int] = set()
    columns, slopes, names = [], [], []
    for _, i, j, sign in sorted(left):
        if taken & {i, j}:
            continue
        taken |= {i, j}
        columns.append(x[:, i] + sign * x[:, j])
        slopes.append((gradients[:, i] + sign * gradients[:, j]) / 2)
        names.append(found.posed.variables[i] + int(sign) * found.posed.variables[j])
    if not taken:
        return None
    for i in range(found.posed.count):
        if i not in taken:
            columns.append(x[:, i])
            slopes.append(gradients[:, i])
            names.append(found.posed.variables[i])
    posed = found.posed.with_variables(np.column_stack(columns), tuple(names))
    return Differentiated(posed, found.values, np.column_stack(slopes))


def scalings(logarithmic: FloatArray, tolerance: float) -> list[Scaling]:
    """Return the scalings that the derivatives allow, the surest first.

    Parameters
    ----------
    logarithmic
        Derivatives of log y by log x, shape (N, variables).
    tolerance
        Of exponents.
    """
    count = logarithmic.shape[1]
    found = []
    for size in range(1, (4 if count <= 4 else 3 if count <= 6 else 2) + 1):
        for chosen in itertools.combinations(range(count), min(size, count)):
            part = logarithmic[:, list(chosen)]
            for weights in itertools.product(*([1] if place == 0 else WEIGHTS for place in range(len(chosen)))):
                values = part @ np.array(weights, dtype=np.float64)
                middle = float(np.median(values))
                exponent = round(2 * middle) / 2
                if size == 1 and exponent == 0:
                    continue  # that a column says nothing, the search has seen
                off = (spread(values) + abs(middle - exponent)) / math.sqrt(sum(w * w for w in weights))
                if off < tolerance:
                    whole = [0.0] * count
                    for place, weight in zip(chosen, weights, strict=True):
                        whole[place] = float(weight)
                    found.append((off, sum(map(abs, weights)), tuple(whole), exponent))
    # Where one holds so do its sums with others: the simple ones first, unless they are much worse.
    found.sort(key=lambda one: (one[0] + SIMPLE * one[1], one[2]))
    return [Scaling(weights, exponent) for *_, weights, exponent in found]


def independent(found: Sequence[Scaling], most: int) -> Iterator[tuple[Scaling, ...]]:
    """Yield sets of scalings none of which follows from the others, and no two sets that say the same.

    The larger ones first: they leave fewer variables, at least one. At most `most` of each size, two where many
    variables are left.
    """
    count = len(found[0].weights) if found else 0
    seen = set()
    for size in range(min(len(found), count - 1), 0, -1):
        left = most if count - size < MANY_VARIABLES else 2
        for chosen in itertools.islice(itertools.combinations(found, size), LOOKED_AT):
            space = _echelon(np.array([(*scaling.weights, scaling.power) for scaling in chosen]))
            if space is None or space in seen:
                continue
            seen.add(space)
            yield chosen
            left -= 1
            if not left:
                break


def _echelon(rows: FloatArray) -> tuple[float, ...] | None:
    """Return the rows in reduced echelon form, as one tuple; None where one of them follows from the others.

    The last column is what the others are asked to be: of rows that contradict each other nothing is returned, either.
    """
    rows = rows.astype(np.float64)
    for row in range(len(rows)):
        places = np.argwhere(np.abs(rows[row:, :-1]) > SAME)
        if not len(places):
            return None
        column = int(places[:, 1].min())
        below = row + int(np.argmax(np.abs(rows[row:, column])))
        rows[[row, below]] = rows[[below, row]]
        rows[row] /= rows[row, column]
        others = [other for other in range(len(rows)) if other != row]
        rows[others] -= rows[others, column][:, None] * rows[row]
    return tuple((np.round(rows, 6) + 0.0).ravel().tolist())


def rescaled(posed: Posed, found: Sequence[Scaling]) -> Posed:
    """Return the problem in variables that all of `found` leave as they are, the target divided by what they say of it.

    A scaling that would take a root of a negative value, or divide by 0, is left out.
    """
    left = [(list(scaling.weights), scaling.power) for scaling in found]
    while left:
        weights, exponent = left.pop(0)
        pivot = _pivot(posed.x, weights)
        if pivot is None:
            continue
        others = [i for i in range(posed.count) if i != pivot]
        shares = [-weights[i] / weights[pivot] for i in range(posed.count)]
        power_of_target = exponent / weights[pivot]
        base, name = posed.x[:, [pivot]], posed.variables[pivot : pivot + 1]
        posed = posed.divided(product(base, [power_of_target]), power(name, [power_of_target]))
        x = np.column_stack([posed.x[:, i] * product(base, [shares[i]]) for i in others] or [np.ones(len(base))])
        names = tuple(posed.variables[i] * power(name, [shares[i]]) for i in others)
        posed = posed.with_variables(x[:, : len(others)], names)
        # The others in the new variables: what they do to the pivot is in the exponents and in the target already.
        left = [
            ([w[i] for i in others] if not w[pivot] else [w[i] + w[pivot] * shares[i] for i in others],
             p - w[pivot] * power_of_target)
            for w, p in left
        ]  # fmt: skip
    return posed


def _pivot(x: FloatArray, weights: Sequence[float]) -> int | None:
    """Return the variable that the others are measured by: positive throughout, with whole exponents if possible."""
    usable = [
        (any((w / weights[i]) % 1 for w in weights), abs(weights[i]) != 1, -i, i)
        for i in range(len(weights))
        if weights[i] and x[:, i].min() > 1e-6 * np.abs(x[:, i]).max()
    ]
    return min(usable)[-1] if usable else None


def exchanged(
    posed: Posed, values: FloatArray, swapped: Sequence[tuple[int, int, FloatArray]], tolerance: float
) -> Iterator[Posed]:
    """Yield the problem in sum and product of each pair of variables that can change places.

    Parameters
    ----------
    values
        Of the network.
    swapped
        Pairs of variables, and the network's values with them exchanged.
    """
    for i, j, other in swapped:
        if spread(other - values) > tolerance * spread(values):
            continue
        a, b = posed.x[:, i], posed.x[:, j]
        others = [k for k in range(posed.count) if k not in (i, j)]
        names = (posed.variables[i] + posed.variables[j], posed.variables[i] * posed.variables[j])
        yield posed.with_variables(
            np.column_stack([a + b, a * b, posed.x[:, others]]), names + tuple(posed.variables[k] for k in others)
        )
