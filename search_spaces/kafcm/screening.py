"""The causes of one effect at a time, by regression on splines: which of them the data cannot do without.

The one-step loss of a map is a sum of one term for each effect, so the causes of an effect can be looked for by
themselves. A model y = c + a tanh(b + sum_i f_i(x_i)) with cubic splines f_i (without tanh where nothing bounds the
states) is fitted by Gauss-Newton steps; causes come in by score tests, the strongest first (forward selection), and
go out while the weakest of them is not needed (backward elimination), each tested against the model without it.
Which level of the tests holds follows from the share of false edges that is allowed on the whole map: the number of
true edges need not be known (Benjamini and Hochberg, J. R. Stat. Soc. B 57, 1995). All of it is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special, stats
from sklearn.preprocessing import SplineTransformer

from evokan.arrays import FloatArray

LOOSE = 0.5
"""Level at which causes come in: more of them than there are, so that elimination has a choice."""
LEVELS: tuple[float, ...] = tuple(10.0 ** (-power / 8.0) for power in range(2, 42))
"""Levels of an effect that are tried, from loose to strict."""
AMPLITUDES = (0.5, 0.55, 0.65, 0.8, 1.2, 0.0)
"""Reach of the tanh, in ranges of the effect; 0 is no tanh."""
NARROW, WIDE, ROWS_A_SPLINE = 4, 16, 40
"""Fewest and most splines of a cause, and rows for each: what a curve with too few of them leaves over is taken up by
causes of the cause."""
TESTED = (1, 2, 4)
"""A cause is tested by so many of its smoothest splines, and by all of them."""
MANY = 2.0
"""What the smallest of these p-values is multiplied by: the tests are nested, so they are worth about two."""
WORTH = 0.06
"""A cause must explain at least this share of what the others leave, beyond what splines explain of noise: with many
rows and noisy measurements, causes of the causes are certain to explain a little."""
STEPS = 4
"""Gauss-Newton steps of a fit."""
SMALLEST_LOG = -600.0
"""Logarithms of p-values below this are had from a series."""


@dataclass(frozen=True, eq=False)
class Causes:
    """Splines of every possible cause.

    Attributes
    ----------
    basis
        Shape (rows, causes, splines): orthonormal within a cause but for the factor sqrt(rows), centred, the first
        three spanning the polynomials up to the third degree, 0 where a cause has fewer values than that.
    """

    basis: FloatArray

    @classmethod
    def of(cls, x: FloatArray) -> Causes:
        """Return the splines of the columns of `x`, shape (rows, causes)."""
        rows, causes = x.shape
        width = min(max(rows // ROWS_A_SPLINE, NARROW), WIDE)
        found = np.zeros((rows, causes, width))
        for cause in range(causes):
            found[:, cause] = _splines(x[:, cause], width)
        return cls(found)

    @property
    def width(self) -> int:
        """Splines of a cause."""
        return int(self.basis.shape[2])

    def of_some(self, chosen: Sequence[int]) -> FloatArray:
        """Return a constant and the splines of the chosen causes, shape (rows, 1 + splines)."""
        rows = len(self.basis)
        return np.hstack([np.ones((rows, 1)), self.basis[:, list(chosen)].reshape(rows, -1)])


def _splines(x: FloatArray, width: int) -> FloatArray:
    z = x - x.mean()
    z = z / max(float(np.abs(z).max()), 1e-300)
    wide = np.column_stack([z, z**2, z**3])
    if len(np.unique(z)) > width:
        bent = SplineTransformer(width - 2, degree=3, knots="quantile", include_bias=False).fit_transform(z[:, None])
        wide = np.hstack([wide, bent])
    wide = wide - wide.mean(axis=0)
    q, r = np.linalg.qr(wide)
    size = np.abs(np.diag(r))
    kept = np.flatnonzero(size > 1e-8 * max(float(np.abs(r).max()), 1e-300))[:width]
    found = np.zeros((len(z), width))
    found[:, : len(kept)] = q[:, kept] * np.sqrt(len(z))
    return found


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted effect.

    Attributes
    ----------
    slope
        Of the bounding at every row, shape (rows,).
    residual
        What is left, shape (rows,).
    """

    slope: FloatArray
    residual: FloatArray


def fit(y: FloatArray, design: FloatArray, amplitude: float) -> Fit:
    """Fit y = c + a tanh(design b) with a = `amplitude` times the range of `y`, or y = design b where that is 0.

    Parameters
    ----------
    y
        Shape (rows,).
    design
        Shape (rows, terms), the constant among them.
    """
    if amplitude == 0.0:
        beta = _solve(design, y)
        return Fit(np.ones_like(y), y - design @ beta)
    low, high = float(y.min()), float(y.max())
    middle, reach = (low + high) / 2.0, amplitude * max(high - low, 1e-300)
    z = (y - middle) / reach
    beta = _solve(design, np.arctanh(np.clip(z, -0.95, 0.95)))
    best = np.inf
    for _ in range(STEPS + 1):
        value = np.tanh(design @ beta)
        slope = np.maximum(1.0 - value**2, 1e-3)
        residual = z - value
        loss = float(residual @ residual)
        if loss < best:
            best, kept = loss, (slope, residual)
        beta = beta + _solve(design * slope[:, None], residual)
    slope, residual = kept
    return Fit(slope * reach, residual * reach)


def _solve(design: FloatArray, y: FloatArray) -> FloatArray:
    gram = design.T @ design
    gram[np.diag_indices_from(gram)] += 1e-6 * len(design)
    found: FloatArray = linalg.solve(gram, design.T @ y, assume_a="pos", check_finite=False)
    return found


def score_logs(fitted: Fit, design: FloatArray, causes: FloatArray) -> FloatArray:
    """Return, for causes that are not in a model, logarithms of p-values of their score tests, shape (causes,).

    The tests are F tests of the model linearised where it stands. Of causes that are all beyond doubt the better one
    is told all the same, where a p-value itself would be 0.

    Parameters
    ----------
    design
        What is in the model, shape (rows, terms).
    causes
        Splines, shape (rows, causes, splines).
    """
    rows, count, width = causes.shape
    q, _ = np.linalg.qr(design * fitted.slope[:, None])
    residual = fitted.residual - q @ (q.T @ fitted.residual)
    wide = (causes * fitted.slope[:, None, None]).reshape(rows, -1)
    wide = wide - q @ (q.T @ wide)
    left = float(residual @ residual)
    scores = (wide.T @ residual).reshape(count, width)
    split = wide.reshape(rows, count, width).transpose(1, 0, 2)
    gram = split.transpose(0, 2, 1) @ split
    gram += 1e-9 * rows * np.eye(width)
    lower = np.linalg.cholesky(gram)
    # Forward substitution: the first d entries are the score of the first d splines, made independent.
    whitened = np.stack([linalg.solve_triangular(a, b, lower=True) for a, b in zip(lower, scores, strict=True)])
    gained = np.cumsum(whitened**2, axis=1)
    found = np.zeros(count)
    for size in sorted({*(size for size in TESTED if size < width), width}):
        free = rows - design.shape[1] - size
        if free > 0:
            gain = np.minimum(gained[:, size - 1], left * (1.0 - 1e-12))
            noise = (left - gain) / free
            log = np.where(gain - size * noise < WORTH * left, 0.0, _log_f(gain / max(left, 1e-300), size, free))
            found = np.minimum(found, log)
    logs: FloatArray = np.minimum(np.log(MANY) + found, 0.0)
    return logs


def _log_f(share: FloatArray, size: int, free: int) -> FloatArray:
    """Return the logarithm of the p-value of an F test whose `size` terms take up a `share` of what was left."""
    with np.errstate(divide="ignore"):
        log = np.log(stats.f.sf(share / (1.0 - share) * free / size, size, free))
        # The first term of the incomplete beta function, where that is too small for a number.
        a, b = free / 2.0, size / 2.0
        far = a * np.log1p(-share) + b * np.log(share) - np.log(a) - special.betaln(a, b)
    found: FloatArray = np.where(log < SMALLEST_LOG, far, log)
    return found


@dataclass(frozen=True)
class Path:
    """The causes of one effect, from many to few.

    Attributes
    ----------
    sets
        Sets of causes, each without the weakest of the one before.
    levels
        For each set the smallest level at which all of its causes stay: the adjusted p-value of the weakest.
    """

    sets: tuple[tuple[int, ...], ...]
    levels: tuple[float, ...]

    def at(self, level: float) -> tuple[int, ...]:
        """Return the largest set whose causes all stay at `level`."""
        return next((chosen for chosen, needed in zip(self.sets, self.levels, strict=True) if needed <= level), ())


def path_of(y: FloatArray, causes: Causes, allowed: FloatArray, required: Sequence[int], *, bounded: bool) -> Path:
    """Return the causes of the effect `y`, shape (rows,), from many to few.

    Parameters
    ----------
    allowed
        Causes that may be, shape (causes,), true or false.
    required
        Causes that are in every set.
    bounded
        Whether a tanh bounds the effect.
    """
    candidates = np.flatnonzero(allowed)
    most = max(1, (len(y) // 3 - 1) // causes.width)
    chosen = _forward(y, causes, candidates, list(required), most, 0.0)
    amplitude = _amplitude(y, causes.of_some(chosen)) if bounded else 0.0
    if amplitude:
        chosen = _forward(y, causes, candidates, list(required), most, amplitude)
    sets, levels = [], []
    while True:
        free = [cause for cause in chosen if cause not in required]
        if not free:
            sets.append(tuple(sorted(chosen)))
            levels.append(0.0)
            return Path(tuple(sets), tuple(levels))
        logs = [_needed(y, causes, chosen, cause, amplitude) for cause in free]
        worst = int(np.argmax(logs))
        sets.append(tuple(sorted(chosen)))
        levels.append(min(float(np.exp(logs[worst])) * len(candidates), 1.0))
        if levels[-1] < LEVELS[-1]:
            return Path(tuple(sets), tuple(levels))
        chosen.remove(free[worst])


def needed(y: FloatArray, causes: Causes, chosen: Sequence[int], *, bounded: bool) -> list[float]:
    """Return the p-value of every chosen cause: its score test in the model of the others."""
    amplitude = _amplitude(y, causes.of_some(chosen)) if bounded else 0.0
    return [float(np.exp(_needed(y, causes, chosen, cause, amplitude))) for cause in chosen]


def _amplitude(y: FloatArray, design: FloatArray) -> float:
    """Return the reach of the tanh that fits best."""
    losses = [float(np.sum(fit(y, design, reach).residual ** 2)) for reach in AMPLITUDES]
    return AMPLITUDES[int(np.argmin(losses))]


def sums_fit_better(y: FloatArray, causes: Causes, chosen: Sequence[Sequence[int]]) -> bool:
    """Return whether sums of curves fit the effects better than the same in a tanh does, as maps have it.

    Parameters
    ----------
    y
        States, shape (rows, effects).
    chosen
        Causes of every effect; those without any have no say.
    """
    gain = 0.0
    for effect, some in enumerate(chosen):
        reach = float(np.ptp(y[:, effect]))
        if some and reach > 0:
            design = causes.of_some(some)
            bent, plain = (float(np.sum(fit(y[:, effect], design, a).residual ** 2)) for a in (1.0 / reach, 0.0))
            gain += np.log(max(bent, 1e-300)) - np.log(max(plain, 1e-300))
    return gain > 0


def _forward(
    y: FloatArray, causes: Causes, candidates: np.ndarray, chosen: list[int], most: int, amplitude: float
) -> list[int]:
    while len(chosen) < most:
        others = np.setdiff1d(candidates, chosen)
        if not len(others):
            break
        design = causes.of_some(chosen)
        logs = score_logs(fit(y, design, amplitude), design, causes.basis[:, others])
        if logs.min() + np.log(len(candidates)) > np.log(LOOSE):
            break
        chosen = [*chosen, int(others[logs.argmin()])]
    return chosen


def _needed(y: FloatArray, causes: Causes, chosen: Sequence[int], cause: int, amplitude: float) -> float:
    """Return the logarithm of the p-value of one of the chosen causes: its score test in the model of the others."""
    design = causes.of_some([other for other in chosen if other != cause])
    return float(score_logs(fit(y, design, amplitude), design, causes.basis[:, [cause]])[0])


def common_level(paths: Sequence[Path], false_share: float) -> float:
    """Return the loosest level at which the expected share of false edges on the whole map is `false_share`.

    At a level, each effect has as many false causes as the level says; 0 where no level will do.
    """
    for level in LEVELS:
        found = sum(len(path.at(level)) for path in paths)
        if len(paths) * level <= false_share * found:
            return level
    return 0.0
