"""What the study of rivals set out to reach, and what came out: one line an aim, from the rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.gakan.rivalry_ways import BEFORE, PRUNING, RANDOM, SEARCH, SMALL, TUNED, size_ratio
from experiments.gakan.statistics import paired_p
from experiments.hkan.published import PUBLISHED
from experiments.pages import table

SKETCHED = {
    50: {"wine": 0.09, "wdbc": 0.082, "iris": 0.071, "raisin": 0.30},
    100: {"wine": 0.08, "wdbc": 0.077, "iris": 0.06, "raisin": 0.293},
}
"""Test log-loss of the best sketch of a search with so many parameters."""
LEVEL = 0.05


class Verdict(NamedTuple):
    """One aim, what was measured, and whether it holds."""

    aim: str
    measured: str
    holds: bool


def verdicts(frame: pd.DataFrame, models: pd.DataFrame) -> str:
    """Return the table of aims.

    Parameters
    ----------
    frame
        Rows of ``rivalry.csv`` without those of parts taken out; numbers as numbers, NaN where there is none.
    models
        Rows of ``rivalry_baselines.csv``; without any, nothing is said of baselines.
    """
    found = [
        *_losses(frame),
        _tuned(frame),
        _sizes(frame),
        *(_small(frame, limit) for limit in SMALL),
        *(_sketched(frame, limit) for limit in SKETCHED),
        _published(frame),
        *(() if models.empty else (_boosting(frame, models), *_accuracy(frame, models))),
        _evolution(frame),
        _cost(frame),
    ]
    return table(
        ("aim", "measured", ""),
        [(verdict.aim, verdict.measured, "reached" if verdict.holds else "missed") for verdict in found],
    )


def _means(frame: pd.DataFrame, column: str = "loss") -> pd.DataFrame:
    return frame.pivot_table(index="dataset", columns="way", values=column, sort=False)


def _losses(frame: pd.DataFrame) -> list[Verdict]:
    ranks = _means(frame).dropna().rank(axis=1).mean()
    found = [
        Verdict(
            "chosen network's test loss: mean rank before those of pruning alone and of 0.1.0",
            f"{ranks[SEARCH]:.2f}; {ranks[PRUNING]:.2f}; {ranks[BEFORE]:.2f}",
            bool(ranks[SEARCH] < min(ranks[PRUNING], ranks[BEFORE])),
        )
    ]
    worse = []
    for name, part in frame.groupby("dataset", sort=False):
        wide = part.pivot_table(index="split", columns="way", values="loss")
        for way in (PRUNING, BEFORE):
            pair = wide[[SEARCH, way]].dropna()
            if pair[SEARCH].mean() > pair[way].mean() and paired_p(pair[SEARCH], pair[way]) < LEVEL:
                worse.append(f"{name} ({way})")
    found.append(
        Verdict("no table where it is worse than either (paired Wilcoxon, 95 %)", ", ".join(worse) or "none", not worse)
    )
    return found


def _tuned(frame: pd.DataFrame) -> Verdict:
    own = frame[frame.accuracy.notna()]
    means, ratio = _means(own), size_ratio(own, TUNED)
    won = [name for name in means.index if means.loc[name, SEARCH] <= means.loc[name, TUNED] and ratio[name] <= 1 / 3]
    lower = [str(name) for name in means.index if means.loc[name, SEARCH] <= means.loc[name, TUNED]]
    return Verdict(
        "at or below tuned [n, m] on four of five tables of classes, with a third of its parameters",
        f"{len(won)} of {len(means)} (loss alone: {', '.join(lower) or 'none'}; parameters: "
        + ", ".join(f"{name} {value:.2f}" for name, value in ratio.items())
        + ")",
        len(won) >= 4,
    )


def _sizes(frame: pd.DataFrame) -> Verdict:
    means = _means(frame)
    ratio = float(size_ratio(frame, BEFORE).median())
    loss = float((means[SEARCH] / means[BEFORE]).median())
    return Verdict(
        "half of 0.1.0's parameters in the median over the tables, at equal or lower test loss",
        f"{ratio:.2f} of the parameters at {loss:.3f} of the loss",
        ratio <= 0.5 and loss <= 1,
    )


def _small(frame: pd.DataFrame, limit: int) -> Verdict:
    means = _means(frame, f"small{limit}_loss")
    for way in (PRUNING, BEFORE):
        means[way] = means[way].fillna(np.inf) if way in means else np.inf
    both = int((means[SEARCH] <= means[[PRUNING, BEFORE]].min(axis=1)).sum())
    return Verdict(
        f"at most {limit} parameters: at or below both pruning alone and 0.1.0 on 10 of 14 tables",
        f"{both} of {len(means)} (pruning {int((means[SEARCH] <= means[PRUNING]).sum())}, "
        f"0.1.0 {int((means[SEARCH] <= means[BEFORE]).sum())})",
        both >= 10,
    )


def _sketched(frame: pd.DataFrame, limit: int) -> Verdict:
    means = _means(frame, f"small{limit}_loss")[SEARCH]
    wanted = {name: aim for name, aim in SKETCHED[limit].items() if name in means}
    return Verdict(
        f"at most {limit} parameters, test log-loss: " + ", ".join(f"{name} {aim}" for name, aim in wanted.items()),
        ", ".join(f"{means[name]:.3f}" for name in wanted),
        all(round(float(means[name]), 3) <= aim for name, aim in wanted.items()),
    )


def _published(frame: pd.DataFrame) -> Verdict:
    means = _means(frame[frame.accuracy.isna()])[SEARCH]
    best = {str(name): min(PUBLISHED[name].kan, PUBLISHED[name].hkan) for name in means.index}
    won = [name for name, value in best.items() if means[name] <= value]
    return Verdict(
        "test RMSE at or below the better of the published KAN and HKAN on 7 of 9 tables",
        f"{len(won)} of {len(means)} ({_names(won)})",
        len(won) >= 7,
    )


def _boosting(frame: pd.DataFrame, models: pd.DataFrame) -> Verdict:
    means = _means(frame[frame.accuracy.isna()])[SEARCH]
    boosting = models.groupby("dataset").boosting_loss.mean()
    beaten = [str(name) for name in means.index if name in boosting and means[name] < boosting[name]]
    return Verdict(
        "test RMSE below tuned gradient boosting on 4 of 9 tables",
        f"{len(beaten)} of {len(means)} ({_names(beaten)})",
        len(beaten) >= 4,
    )


def _accuracy(frame: pd.DataFrame, models: pd.DataFrame) -> list[Verdict]:
    columns = [str(name) for name in models if str(name).endswith("_accuracy")]
    own = _means(frame[frame.accuracy.notna()], "accuracy")[SEARCH]
    rivals = models.groupby("dataset")[columns].mean()
    excess = {str(name): float(own[name] - rivals.loc[name].max()) for name in own.index if name in rivals.index}
    text = ", ".join(f"{name} {100 * value:+.1f}" for name, value in excess.items())
    return [
        Verdict(
            "accuracy at or above the best tuned baseline's mean on 2 of 5 tables (difference in points)",
            text,
            sum(value >= 0 for value in excess.values()) >= 2,
        ),
        Verdict(
            "accuracy within half a point of it on all",
            text,
            all(value >= -0.005 for value in excess.values()),
        ),
    ]


def _evolution(frame: pd.DataFrame) -> Verdict:
    wide = frame.pivot_table(index=["dataset", "split"], columns="way", values="loss")[[SEARCH, RANDOM]].dropna()
    ratio = np.log(wide[SEARCH] / wide[RANDOM])
    p = paired_p(ratio, np.zeros(len(ratio)))
    return Verdict(
        "test loss below that of random search with the same first generation, p below .05 over all searches together",
        f"ratio {np.exp(ratio.mean()):.3f} (geometric mean), lower in {int((ratio < 0).sum())} of {len(ratio)}, p = {p:.2g}",
        bool(ratio.mean() < 0 and p < LEVEL),
    )


def _cost(frame: pd.DataFrame) -> Verdict:
    wine = frame[frame.dataset == "wine"].groupby("way").cpu_seconds.mean()
    return Verdict(
        "processor time on Wine at most that of 0.1.0",
        f"{wine[SEARCH]:.1f} s; {wine[BEFORE]:.1f} s",
        bool(wine[SEARCH] <= wine[BEFORE]),
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
