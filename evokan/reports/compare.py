"""Ways of searching beside each other: paired tests, ranks over data sets, attainment surfaces of fronts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from evokan.errors import InputError, unknown_name
from evokan.reports.ways import Entry, entries

MORE_IS_BETTER = ("accuracy", "auc", "r2")
"""Figures; of all others less is better."""
SURFACES = {"best": 0.0, "median": 50.0, "worst": 100.0}
"""Shares of the fronts, in percent, that have reached a surface."""


def compare(paths: Sequence[Path], figure: str | None = None) -> dict[str, Any]:
    """Return how the runs at `paths` stand to each other.

    Runs of one way differ in seeds alone; those of two ways with the same data and seeds are a pair.

    Parameters
    ----------
    figure
        A test figure, or ``val_loss`` or ``n_params``; by default the first test figure of the task.

    Returns
    -------
    dict
        ``figure``, ``more_is_better``, ``figures`` (those that may be asked for), ``ways`` and ``data`` (their names);
        ``rows``: one for each data set and way, with mean, spread and median; ``pairs``: one for each data set and two
        ways, ``difference`` being the mean of the second less the first, ``effect`` the matched-pairs rank-biserial
        correlation in [-1, 1] (positive: the first is better), ``p`` Wilcoxon's and ``p_holm`` corrected by Holm's
        method over all pairs; ``friedman`` over data sets, None with fewer than three ways or two data sets that all
        ways have; ``surfaces``: for each data set and way the attainment surfaces of its fronts; ``runs``: each run and
        its figure, ``value``.

    Raises
    ------
    InputError
        A run or the figure cannot be used.
    """
    found, names = entries(paths)
    figure = names[0] if figure is None else figure
    if figure not in names:
        raise unknown_name("figure", figure, names)
    ways, data = (list(dict.fromkeys(values)) for values in zip(*((one.way, one.data) for one in found), strict=True))
    return {
        "figure": figure,
        "more_is_better": figure in MORE_IS_BETTER,
        "figures": list(names),
        "ways": ways,
        "data": data,
        "rows": [_row(name, way, group, figure) for name in data for way in ways if (group := _of(found, name, way))],
        "pairs": _pairs(found, data, ways, figure),
        "friedman": _friedman(found, data, ways, figure),
        "surfaces": {
            name: {way: surfaces([one.front for one in group]) for way in ways if (group := _of(found, name, way))}
            for name in data
        },
        "runs": [
            {
                "path": one.path,
                "data": one.data,
                "way": one.way,
                "split_seed": one.draw[0],
                "seed": one.draw[1],
                "value": one.figures[figure],
                "n_params": one.n_params,
            }
            for one in found
        ],
    }


def remark(found: dict[str, Any]) -> str:
    """Return why there is nothing to test in what `compare` has found; nothing where there is."""
    if found["pairs"]:
        return ""
    if len(found["ways"]) > 1:
        return "no two runs of different ways share data, seed and split seed, so nothing can be paired"
    return "all runs were searched in one way: there is nothing to test"


def _of(found: Sequence[Entry], data: str, way: str) -> list[Entry]:
    return [one for one in found if (one.data, one.way) == (data, way)]


def _row(data: str, way: str, group: Sequence[Entry], figure: str) -> dict[str, Any]:
    values = np.array([one.figures[figure] for one in group])
    return {
        "data": data,
        "way": way,
        "runs": len(group),
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)) if len(values) > 1 else None,
        "median": float(np.median(values)),
        "n_params": float(np.median([one.n_params for one in group])),
        "seconds": float(np.mean([one.seconds for one in group])),
    }


def _pairs(found: Sequence[Entry], data: Sequence[str], ways: Sequence[str], figure: str) -> list[dict[str, Any]]:
    from statsmodels.stats.multitest import multipletests

    sign = 1.0 if figure in MORE_IS_BETTER else -1.0
    made = []
    for name in data:
        by_draw = {way: {one.draw: one.figures[figure] for one in _of(found, name, way)} for way in ways}
        for first, second in combinations(ways, 2):
            shared = sorted(set(by_draw[first]) & set(by_draw[second]))
            if not shared:
                continue
            a, b = (np.array([by_draw[way][draw] for draw in shared]) for way in (first, second))
            made.append(
                {
                    "data": name,
                    "first": first,
                    "second": second,
                    "pairs": len(shared),
                    "difference": float((b - a).mean()),
                    "effect": rank_biserial(sign * (a - b)),
                    "p": signed_rank_p(a - b) if len(shared) > 1 else None,
                    "p_holm": None,
                }
            )
    tested = [pair for pair in made if pair["p"] is not None]
    if tested:
        corrected = multipletests([pair["p"] for pair in tested], method="holm")[1]
        for pair, p in zip(tested, corrected, strict=True):
            pair["p_holm"] = float(p)
    return made


def signed_rank_p(differences: ArrayLike) -> float:
    """Return the two-sided p value of Wilcoxon's signed-rank test; 1 where all differences are 0.

    Small test parts give many equal pairs, which Pratt's treatment (1959) keeps in the ranking. Differences are rounded
    to 12 digits, so that equal steps of an accuracy are equal ranks.
    """
    from scipy.stats import wilcoxon

    values = np.round(np.asarray(differences, dtype=np.float64), 12)
    return float(wilcoxon(values, zero_method="pratt").pvalue) if values.any() else 1.0


def rank_biserial(differences: ArrayLike) -> float:
    """Return the matched-pairs rank-biserial correlation, in [-1, 1]; 0 where all differences are 0.

    The share of the ranks of absolute differences that are positive, less that of the negative ones (Kerby, "The simple
    difference formula", 2014).
    """
    from scipy.stats import rankdata

    values = np.round(np.asarray(differences, dtype=np.float64), 12)
    values = values[values != 0]
    if not values.size:
        return 0.0
    ranks = rankdata(np.abs(values))
    return float((ranks * np.sign(values)).sum() / ranks.sum())


def _friedman(found: Sequence[Entry], data: Sequence[str], ways: Sequence[str], figure: str) -> dict[str, Any] | None:
    """Return Friedman's test over the data sets that all ways were run on, by the means of each, and the mean ranks."""
    from scipy.stats import friedmanchisquare, rankdata

    whole = [name for name in data if all(_of(found, name, way) for way in ways)]
    if len(ways) < 3 or len(whole) < 2:
        return None
    means = np.array(
        [[np.mean([one.figures[figure] for one in _of(found, name, way)]) for way in ways] for name in whole]
    )
    ranks = rankdata(-means if figure in MORE_IS_BETTER else means, axis=1).mean(axis=0)
    if np.ptp(means, axis=1).any():
        statistic, p = friedmanchisquare(*means.T)
    else:
        statistic, p = 0.0, 1.0
    return {
        "data": whole,
        "statistic": float(statistic),
        "p": float(p),
        "ranks": dict(zip(ways, map(float, ranks), strict=True)),
    }


def surfaces(fronts: Sequence[Sequence[tuple[float, float]]]) -> dict[str, list[list[float]]]:
    """Return what the best, half and all of the fronts have reached: points of parameters and loss, the smallest first.

    Empirical attainment functions (Grunert da Fonseca, Fonseca and Hall, 2001), by moocore.

    Raises
    ------
    InputError
        No front has a member with a finite loss.
    """
    import moocore

    usable = [np.array([point for point in front if np.isfinite(point).all()]) for front in fronts]
    usable = [front for front in usable if front.size]
    if not usable:
        raise InputError("no front has a member with a finite loss")
    sets = np.repeat(np.arange(1, len(usable) + 1), [len(front) for front in usable])
    # The best surface is that of the first front to get there, whatever its share.
    shares = {name: max(share, 100.0 / len(usable)) for name, share in SURFACES.items()}
    reached = moocore.eaf(np.concatenate(usable), sets, percentiles=sorted(set(shares.values())))
    return {name: _sorted(reached[np.isclose(reached[:, 2], share), :2]) for name, share in shares.items()}


def _sorted(points: Any) -> list[list[float]]:
    return [[float(value) for value in point] for point in sorted(points.tolist())]
