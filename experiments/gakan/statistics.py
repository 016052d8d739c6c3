"""Means with intervals, and paired tests with Holm's correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.multitest import multipletests

from evokan.reports.compare import signed_rank_p


def t_interval(values: ArrayLike, overlap: float = 0.0, level: float = 0.95) -> tuple[float, float, float]:
    """Return the mean and Student's t interval of it; the bounds are NaN for fewer than two values.

    Parameters
    ----------
    values
        One for each split.
    overlap
        Test rows / rows fitted on. Random splits of one table share rows, so their figures are correlated and the
        plain interval (0) is too narrow; the variance of the mean is s^2 (1 / n + overlap) instead (Nadeau and
        Bengio, "Inference for the generalization error", 2003).
    """
    sample = np.asarray(values, dtype=np.float64)
    if not sample.size:
        return float("nan"), float("nan"), float("nan")
    mean = float(sample.mean())
    if sample.size < 2:
        return mean, float("nan"), float("nan")
    half = float(
        stats.t.ppf(0.5 + level / 2, sample.size - 1) * sample.std(ddof=1) * np.sqrt(1.0 / sample.size + overlap)
    )
    return mean, mean - half, mean + half


def interval_text(values: ArrayLike, overlap: float = 0.0, digits: int = 4) -> str:
    """Return the bounds of `t_interval` as they are printed; nothing for fewer than two values."""
    _, low, high = t_interval(values, overlap)
    return "" if np.isnan(low) else f"{low:.{digits}f} to {high:.{digits}f}"


def paired_p(a: ArrayLike, b: ArrayLike) -> float:
    """Return the two-sided p value of Wilcoxon's signed-rank test of paired figures: `signed_rank_p`."""
    return signed_rank_p(np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return the p values of a family of tests, by name, corrected by Holm's step-down method (1979)."""
    if not p_values:
        return {}
    corrected = multipletests(list(p_values.values()), method="holm")[1]
    return dict(zip(p_values, map(float, corrected), strict=True))


def against(
    frame: pd.DataFrame, reference: str, others: Sequence[str], column: str, *, index: str, label: str
) -> dict[str, float]:
    """Return Holm-corrected p values of `others` against `reference`, paired by `index`; what has no pair is left out.

    Parameters
    ----------
    frame
        One row for each value of the columns `index` and `label`.
    column
        The figure to compare.
    """
    wide = frame.pivot_table(index=index, columns=label, values=column)
    p = {}
    for other in others:
        if {reference, other} <= set(wide):
            pairs = wide[[reference, other]].dropna()
            if len(pairs) > 1:
                p[other] = paired_p(pairs[reference], pairs[other])
    return holm(p)


def shown(p: float | None) -> str:
    """Return a p value as it is printed; nothing where there is none."""
    return "" if p is None else f"{p:.2g}"
