"""Which function of the library is an edge? All edges at once, each weighed by where its data lies.

Every edge is looked at on a sample of its argument, taken at even quantiles of the data: where the rows are, there
the fit has to be good. Arguments are brought to [-1, 1], values to unit variance. For each function a coarse scan
over the free ones of a and b, with c and d solved for in closed form (variable projection; Golub and Pereyra, 1973),
gives starting points; a few damped Gauss-Newton steps on all four, batched over the edges, finish the work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray
from evokan.explain.laws.law import Law, linear
from evokan.explain.laws.library import TWINS, LibraryFunction, library

SAMPLE = 96
"""Points of an edge."""
FEW = 12
"""Up to this many different values a column is one of kinds or counts."""
CHUNK = 2_000_000
"""Numbers in the largest array of the scan: 16 MB each, four or five at a time."""
STARTS = 3
ITERATIONS = 25
FLOOR = 1e-6
"""Unexplained share of the variance below which fits count as equally good: a trained spline is no better."""
PRICE = 0.35
"""How many decades of unexplained variance one unit of complexity is worth (ours)."""

_SCALES = np.geomspace(0.15, 12.0, 14)
_CENTRES = np.linspace(-1.75, 1.75, 15)
_FREQUENCIES = np.concatenate([[0.3, 0.6], np.arange(1.0, 30.5, 1.0)])
_PHASES = np.arange(6) * np.pi / 6
_DISTANCES = np.geomspace(1e-3, 30.0, 16)


@dataclass(frozen=True)
class EdgeLaw:
    """How well one function fits one edge.

    Attributes
    ----------
    law
        With the constants that fit best, for the edge's own argument and value.
    r2
        Explained share of the variance on the sample, at most 1; 1 for an edge that does not vary.
    """

    law: Law
    r2: float

    @property
    def score(self) -> float:
        """Decades of unexplained variance plus the price of the complexity: less is better, whatever the amplitude."""
        return float(np.log10(1.0 - self.r2 + FLOOR)) + PRICE * self.law.function.complexity


def sample_points(values: FloatArray) -> FloatArray:
    """Return `SAMPLE` points at even quantiles of `values`, smallest and largest among them.

    Of a column of few values, such as one of a category, only those that occur: between them there is no data.
    """
    few = len(np.unique(values)) <= FEW
    return np.quantile(values, np.linspace(0.0, 1.0, SAMPLE), method="nearest" if few else "linear")


def fit_edges(x: FloatArray, y: FloatArray, functions: Sequence[LibraryFunction] | None = None) -> list[list[EdgeLaw]]:
    """Return for every edge its laws, best score first.

    Parameters
    ----------
    x, y
        Points and values of every edge, shape (edges, points); see `sample_points`.
    functions
        What to try; by default the whole library. A function that differs from another one only by its constants
        (cos from sin, sigmoid from tanh) is tried only where the other one is not.

    Raises
    ------
    ValueError
        A value is not finite; the message says which edge.
    """
    for number in np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)).all(axis=1)):
        raise ValueError(f"edge {number} has points or values that are not finite")
    tried = library() if functions is None else tuple(functions)
    names = {function.name for function in tried}
    tried = tuple(function for function in tried if TWINS.get(function.name) not in names)
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    half = np.where(high > low, (high - low) / 2, 1.0)
    middle = (low + high) / 2
    spread = y.std(axis=1, keepdims=True)
    flat = spread[:, 0] <= 1e-12 * np.maximum(np.abs(y).max(axis=1), 1e-300)
    mean = y.mean(axis=1, keepdims=True)
    size = np.where(flat[:, None], 1.0, spread)
    z, t = (x - middle) / half, (y - mean) / size
    found: list[list[EdgeLaw]] = [[] for _ in x]
    for function in tried:
        constants, r2 = _fit(function, z, t)
        for edge in range(len(x)):
            if flat[edge] or not np.isfinite(r2[edge]):
                continue
            a, b, c, d = constants[edge].tolist()
            law = Law(function, a, b, c * float(size[edge, 0]), d * float(size[edge, 0]) + float(mean[edge, 0]))
            law = law.moved(float(middle[edge, 0]), float(half[edge, 0]))
            if np.isfinite([law.a, law.b, law.c, law.d]).all():
                found[edge].append(EdgeLaw(law, float(min(r2[edge], 1.0))))
    for edge in np.flatnonzero(flat).tolist():
        found[edge] = [EdgeLaw(linear(0.0, float(mean[edge, 0])), 1.0)]
    return [sorted(laws, key=lambda found: found.score) for laws in found]


def _fit(function: LibraryFunction, z: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (a, b, c, d) of every edge, shape (edges, 4), and R^2, shape (edges,)."""
    a, b = _scan(function, z, t)
    edges, starts = a.shape
    a, b = a.ravel(), b.ravel()
    z, t = np.repeat(z, starts, axis=0), np.repeat(t, starts, axis=0)
    if function.free:
        a, b = _refine(function, z, t, a, b)
    c, d, rest = _project(function, z, t, a, b)
    r2 = (1.0 - rest).reshape(edges, starts)
    best = np.argmax(np.where(np.isfinite(r2), r2, -np.inf), axis=1)
    rows = np.arange(edges) * starts + best
    return np.stack([a, b, c, d], axis=1)[rows], r2[np.arange(edges), best]


def _grid(function: LibraryFunction) -> tuple[FloatArray, FloatArray]:
    """Return the (a, b) of the scan, each of shape (groups, members): one start may come from each group."""
    if function.free == "":
        return np.ones((1, 1)), np.zeros((1, 1))
    if function.positive:
        # The argument is 0 just outside of the data, on either side.
        scales = _SCALES[::2] if function.free == "ab" else np.ones(1)
        signs = np.concatenate([scales, -scales])[:, None]
        return np.repeat(signs, len(_DISTANCES), axis=1), np.abs(signs) * (1.0 + _DISTANCES)
    if function.free == "a":
        scales = np.concatenate([-_SCALES, _SCALES])[:, None]
        return scales, np.zeros_like(scales)
    if function.free == "b":
        return np.ones((1, len(_CENTRES))), -_CENTRES[None, :]
    places = _PHASES if function.periodic else _CENTRES
    scales = np.repeat((_FREQUENCIES if function.periodic else _SCALES)[:, None], len(places), axis=1)
    return scales, np.broadcast_to(places, scales.shape) if function.periodic else -scales * places


def _scan(function: LibraryFunction, z: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the best (a, b) of the best groups, each of shape (edges, starts)."""
    a, b = _grid(function)
    groups, members = a.shape
    starts = min(STARTS, groups)
    chosen_a, chosen_b = np.empty((len(z), starts)), np.empty((len(z), starts))
    for part in _chunks(len(z), a.size * z.shape[1]):
        with np.errstate(all="ignore"):
            values = function.value(a.reshape(-1, 1) * z[part, None, :] + b.reshape(-1, 1))
            values -= values.mean(axis=2, keepdims=True)
            shared = np.einsum("eqs,es->eq", values, t[part])
            own = np.einsum("eqs,eqs->eq", values, values)
            r2 = np.where(own > 0, shared**2 / own, -np.inf)
        r2 = np.where(np.isfinite(r2), r2, -np.inf).reshape(-1, groups, members)
        within = r2.argmax(axis=2)
        top = np.argsort(-r2.max(axis=2), axis=1, kind="stable")[:, :starts]
        member = np.take_along_axis(within, top, axis=1)
        chosen_a[part], chosen_b[part] = a[top, member], b[top, member]
    return chosen_a, chosen_b


def _chunks(edges: int, numbers_per_edge: int) -> Iterator[slice]:
    step = max(1, CHUNK // numbers_per_edge)
    for start in range(0, edges, step):
        yield slice(start, start + step)


def _project(
    function: LibraryFunction, z: FloatArray, t: FloatArray, a: FloatArray, b: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the best c and d for given a and b, and the unexplained share of the variance (inf off the domain)."""
    with np.errstate(all="ignore"):
        u = a[:, None] * z + b[:, None]
        f = function.value(u)
        mean = f.mean(axis=1)
        centred = f - mean[:, None]
        own = (centred**2).sum(axis=1)
        c = np.where(own > 0, (centred * t).sum(axis=1) / np.where(own > 0, own, 1.0), 0.0)
        rest = ((t - c[:, None] * centred) ** 2).mean(axis=1)
    usable = np.isfinite(rest) & np.isfinite(c)
    if function.positive:
        usable &= (u > 0).all(axis=1)
    return c, -c * mean, np.where(usable, rest, np.inf)


def _refine(
    function: LibraryFunction, z: FloatArray, t: FloatArray, a: FloatArray, b: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Improve a and b by damped Gauss-Newton steps, all rows at once; c and d are solved for at every step."""
    free = [name in function.free for name in "ab"]
    damping = np.full(len(a), 1e-3)
    c, _, rest = _project(function, z, t, a, b)
    for _ in range(ITERATIONS):
        with np.errstate(all="ignore"):
            u = a[:, None] * z + b[:, None]
            slope = c[:, None] * function.slope(u)
            columns = np.stack(
                [part for part, wanted in ((slope * z, free[0]), (slope, free[1])) if wanted]
                + [function.value(u), np.ones_like(u)],
                axis=1,
            )
            residual = t - _values(function, u, t)
        columns, residual = np.nan_to_num(columns, posinf=0.0, neginf=0.0), np.nan_to_num(residual)
        normal = np.einsum("eps,eqs->epq", columns, columns)
        diagonal = np.einsum("epp->ep", normal)
        diagonal *= (1.0 + damping)[:, None]
        diagonal += 1e-12 * (1.0 + diagonal.max(axis=1, keepdims=True))
        step = np.linalg.solve(normal, np.einsum("eps,es->ep", columns, residual)[..., None])[..., 0]
        place = iter(range(step.shape[1]))
        new_a = a + step[:, next(place)] if free[0] else a
        new_b = b + step[:, next(place)] if free[1] else b
        new_c, _, new_rest = _project(function, z, t, new_a, new_b)
        better: NDArray[np.bool_] = new_rest < rest
        gain = np.where(better, rest - new_rest, 0.0)
        a, b, c = np.where(better, new_a, a), np.where(better, new_b, b), np.where(better, new_c, c)
        rest = np.where(better, new_rest, rest)
        damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-12, 1e8)
        if not (gain > 1e-9 * rest).any() and (~better).all():
            break
    return a, b


def _values(function: LibraryFunction, u: FloatArray, t: FloatArray) -> FloatArray:
    """Return the best c f(u) + d for every row."""
    f = function.value(u)
    centred = f - f.mean(axis=1, keepdims=True)
    own = (centred**2).sum(axis=1, keepdims=True)
    values: FloatArray = centred * (centred * t).sum(axis=1, keepdims=True) / np.where(own > 0, own, 1.0)
    return values
