"""Other ways to a causal graph from a series, each in few lines on a library that is kept well.

Every method takes a series, shape (moments, concepts), and the largest delay, and returns which (effect, cause,
delay) it finds, shape (concepts, concepts, delays); delay d at place d - 1.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
from scipy import stats
from sklearn.preprocessing import SplineTransformer, StandardScaler

from evokan.arrays import FloatArray

LEVEL = 0.01
"""Level of the tests, for an effect as a whole."""
KNOTS = 5
INSIDE = 0.999
"""States at or beyond the ends of the link are taken to be here."""

Graph = np.ndarray
Method = Callable[[FloatArray, int], Graph]


def windows(series: FloatArray, delay: int) -> tuple[FloatArray, FloatArray]:
    """Return the causes, shape (rows, delays x concepts), the shortest delay first, and the effects."""
    moments = np.arange(delay, len(series))
    return np.hstack([series[moments - lag] for lag in range(1, delay + 1)]), series[moments]


def graph(columns: np.ndarray, delay: int) -> Graph:
    """Return which (effect, cause, delay) the columns (effects, delays x causes) say."""
    n = len(columns)
    return np.asarray(columns.reshape(n, delay, n).transpose(0, 2, 1))


def splines(causes: FloatArray) -> tuple[FloatArray, int]:
    """Return cubic B-splines of every cause, centred, and how many each has."""
    basis = SplineTransformer(KNOTS, degree=3, include_bias=False).fit_transform(causes)
    return basis - basis.mean(axis=0), basis.shape[1] // causes.shape[1]


def spline_f(series: FloatArray, delay: int, *, link: bool) -> Graph:
    """One regression on splines of all causes for each effect, an F test for each cause.

    Parameters
    ----------
    link
        Whether the effects are taken back through the tanh that made them, which only who made them knows.
    """
    causes, effects = windows(series, delay)
    basis, size = splines(causes)
    design = np.column_stack([np.ones(len(basis)), basis])
    inverse = np.linalg.pinv(design.T @ design)
    free = len(design) - np.linalg.matrix_rank(design)
    found = np.zeros((effects.shape[1], causes.shape[1]), dtype=bool)
    if free < 1:
        return graph(found, delay)
    y = np.arctanh(np.clip(effects, -INSIDE, INSIDE)) if link else effects
    beta = inverse @ design.T @ y
    variance = ((y - design @ beta) ** 2).sum(axis=0) / free
    for cause in range(causes.shape[1]):
        own = slice(1 + cause * size, 1 + (cause + 1) * size)
        wald = np.einsum("ie,ij,je->e", beta[own], np.linalg.pinv(inverse[own, own]), beta[own])
        found[:, cause] = stats.f.sf(wald / size / variance, size, free) < LEVEL / causes.shape[1]
    return graph(found, delay)


def granger(series: FloatArray, delay: int) -> Graph:
    """Linear Granger causality: a vector autoregression, a t test for each coefficient."""
    from statsmodels.tsa.api import VAR

    fitted = VAR(series).fit(delay)
    n = series.shape[1]
    p = np.asarray(fitted.pvalues)[1:].T  # (effects, delays x causes)
    return graph(p < LEVEL / (n * delay), delay)


def var_lingam(series: FloatArray, delay: int) -> Graph:
    """VARLiNGAM, its coefficients pruned by the adaptive lasso; edges of one moment are left out."""
    from lingam import VARLiNGAM

    model = VARLiNGAM(lags=delay, criterion=None, prune=True).fit(series)
    return np.asarray(np.stack(model.adjacency_matrices_[1:], axis=2) != 0.0)


def pcmci(series: FloatArray, delay: int, test: str) -> Graph:
    """PCMCI with one of its independence tests, the false discovery rate held at `LEVEL`."""
    # A shuffle test of 500 shuffles has no p-value below 1 / 500: none is left after a correction.
    method = "none" if test == "CMIknn" else "fdr_bh"
    with _corrcoef_of_before():
        result = _tigramite(series, test).run_pcmci(
            tau_min=1, tau_max=delay, pc_alpha=0.05, alpha_level=LEVEL, fdr_method=method
        )
    p = result["p_matrix"][:, :, 1:]
    return np.asarray((p < LEVEL).transpose(1, 0, 2))


def pc(series: FloatArray, delay: int, test: str) -> Graph:
    """PCMCI's first stage alone: causes that no set of stronger ones makes superfluous.

    Its second stage also conditions on the causes of the cause, and of a cause that follows its own causes closely only
    the noise is left then. A test with p-values as small as one likes is corrected for the number of causes.
    """
    n = series.shape[1]
    level = LEVEL / (n * delay) if test == "RobustParCorr" else LEVEL
    with _corrcoef_of_before():
        parents = _tigramite(series, test).run_pc_stable(tau_min=1, tau_max=delay, pc_alpha=level)
    found = np.zeros((n, n, delay), dtype=bool)
    for effect, causes in parents.items():
        for cause, lag in causes:
            found[effect, cause, -lag - 1] = True
    return found


def _tigramite(series: FloatArray, test: str) -> Any:
    """Return tigramite's search with an independence test."""
    from tigramite.data_processing import DataFrame
    from tigramite.pcmci import PCMCI

    if test == "RobustParCorr":
        from tigramite.independence_tests.robust_parcorr import RobustParCorr

        chosen: Any = RobustParCorr()
    elif test == "GPDC":
        from tigramite.independence_tests.gpdc import GPDC

        chosen = GPDC()
    else:
        from tigramite.independence_tests.cmiknn import CMIknn

        chosen = CMIknn(workers=1)
    return PCMCI(DataFrame(series), cond_ind_test=chosen, verbosity=0)


@contextmanager
def _corrcoef_of_before() -> Iterator[None]:
    """Let `numpy.corrcoef` take `ddof`: NumPy 2.4 has dropped it, which had no effect, and tigramite still says it."""
    plain = np.corrcoef

    def corrcoef(*rows: Any, ddof: object = None, **options: Any) -> Any:
        return plain(*rows, **options)

    with mock.patch.object(np, "corrcoef", corrcoef):
        yield


def group_lasso(series: FloatArray, delay: int) -> Graph:
    """Fit an additive model of splines by the group lasso, its penalty the largest within one error of the best."""
    from celer import GroupLasso

    causes, effects = windows(series, delay)
    basis, size = splines(causes)
    # Orthonormal within a cause, as the group lasso wants it.
    basis = np.hstack(
        [np.linalg.qr(basis[:, k * size : (k + 1) * size])[0] * np.sqrt(len(basis)) for k in range(causes.shape[1])]
    )
    blocks = np.array_split(np.arange(len(basis)), 5)
    found = np.zeros((effects.shape[1], causes.shape[1]), dtype=bool)
    for effect in range(effects.shape[1]):
        y = StandardScaler().fit_transform(effects[:, [effect]]).ravel()
        largest = max(np.linalg.norm(basis[:, k * size : (k + 1) * size].T @ y) for k in range(causes.shape[1]))
        alphas = largest / len(y) * np.geomspace(1.0, 0.005, 30)
        losses = np.zeros((len(blocks), len(alphas)))
        for number, block in enumerate(blocks):
            rest = np.setdiff1d(np.arange(len(y)), block)
            for place, coefficients in enumerate(_path(GroupLasso, basis[rest], y[rest], size, alphas)):
                losses[number, place] = np.mean((y[block] - basis[block] @ coefficients) ** 2)
        mean, error = losses.mean(axis=0), losses.std(axis=0, ddof=1) / np.sqrt(len(blocks))
        best = int(mean.argmin())
        chosen = int(np.flatnonzero(mean <= mean[best] + error[best])[0])
        last = _path(GroupLasso, basis, y, size, alphas[: chosen + 1])[-1]
        found[effect] = np.linalg.norm(last.reshape(-1, size), axis=1) > 0
    return graph(found, delay)


def _path(kind: Any, x: FloatArray, y: FloatArray, size: int, alphas: FloatArray) -> list[FloatArray]:
    model = kind(groups=size, fit_intercept=False, warm_start=True, tol=1e-3, max_iter=50)
    found = []
    for alpha in alphas:
        model.set_params(alpha=float(alpha))
        found.append(model.fit(np.asfortranarray(x), y).coef_.copy())
    return found


METHODS: Mapping[str, tuple[str, Method]] = {
    "spline_f": ("spline F test", lambda series, delay: spline_f(series, delay, link=False)),
    "spline_f_link": ("spline F test, link undone", lambda series, delay: spline_f(series, delay, link=True)),
    "granger": ("linear Granger", granger),
    "var_lingam": ("VARLiNGAM", var_lingam),
    "pcmci": ("PCMCI, RobustParCorr", lambda series, delay: pcmci(series, delay, "RobustParCorr")),
    "pc": ("PC stage of PCMCI alone, RobustParCorr", lambda series, delay: pc(series, delay, "RobustParCorr")),
    "group_lasso": ("group lasso, additive", group_lasso),
    "pcmci_gpdc": ("PCMCI, GPDC", lambda series, delay: pcmci(series, delay, "GPDC")),
    "pcmci_cmiknn": ("PCMCI, CMIknn", lambda series, delay: pcmci(series, delay, "CMIknn")),
    "pc_gpdc": ("PC stage of PCMCI alone, GPDC", lambda series, delay: pc(series, delay, "GPDC")),
    "pc_cmiknn": ("PC stage of PCMCI alone, CMIknn", lambda series, delay: pc(series, delay, "CMIknn")),
}
"""Label and function of every rival."""
SLOW = ("pcmci_gpdc", "pcmci_cmiknn", "pc_gpdc", "pc_cmiknn")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a method gave: a graph and its processor seconds, or the reason why there is none."""

    graph: Graph | None
    seconds: float
    reason: str = ""


UNFINISHED = "not finished"
PATIENCE = 6
"""So many times its limit may a method take by the clock: other work may have the core."""


def limited(method: Method, series: FloatArray, delay: int, seconds: int) -> Outcome:
    """Run a method in a process of its own that may take `seconds` of one core."""
    here, there = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_work, args=(there, method, series, delay, seconds))
    process.start()
    there.close()
    found = Outcome(None, float(seconds), UNFINISHED)
    if here.poll(PATIENCE * seconds):
        with suppress(EOFError):
            found = here.recv()
    else:
        process.kill()
    process.join()
    return found


def _work(pipe: Any, method: Method, series: FloatArray, delay: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + int(time.process_time()) + 1, seconds + 600))
    began = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = Outcome(method(series, delay), time.process_time() - began)
    except Exception as error:
        found = Outcome(None, time.process_time() - began, f"{type(error).__name__}: {error}".splitlines()[0][:120])
    pipe.send(found)
