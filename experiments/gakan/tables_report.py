"""The page of `experiments.gakan.tables`: means, intervals, paired tests, and what was aimed at."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from experiments.gakan.full_networks import WIDE
from experiments.gakan.grid_extension import GRIDS
from experiments.gakan.published import PUBLISHED
from experiments.gakan.published_page import published_accuracy, published_section, reached
from experiments.gakan.statistics import against, interval_text, shown, t_interval
from experiments.gakan.tables_models import EVOLVED, EVOLVED_PAPER, NETWORKS
from experiments.pages import Aim, aims_table, measured_under, numbered, table
from experiments.study import PartSizes

NUMBERS = ("split", "accuracy", "auc", "log_loss", "n_params", "n_params_paper", "n_edges", "n_features")
WANTED = {"iris": 0.955, "wine": 0.98, "wdbc": 0.968, "raisin": 0.86, "rice": 0.925}
"""Mean accuracy of the evolved network that we aim at."""
MINUTES, CORES = 30, 2
"""Wanted for the twenty splits of a table, rice left out."""
INTRODUCTION = """\
Searches of {population} x {generations}, {individuals} individuals, on one thread each; {beside}.
Split seeds from 300; the search's seed is that of its split. The defaults were decided on split seeds below 300 (`defaults.md`,
`rivalry.md`), which draw from the same rows.

*evolved*: the one network that a search with `gakan`'s defaults gives; *paper preset*: the published protocol
(raw features, one hold-out, no penalty, 20 full steps) at the same number of evaluations. The full KANs are
trained by our engine with our defaults and grid 5: five fresh seeds on fresh folds, then a fit on train and
validation rows, just as the finalists of a search; [n,m], a generalised additive model, is not among the
paper's. *grid extension*: on grids {grids}, each beginning as what the one before has learned where its folds stopped, with five
fresh seeds; the grid with the lowest mean validation loss is taken. A full KAN with the paper's preset is trained once, on its one
hold-out, where *evolved, paper preset* is the best of {individuals}. The baselines are scikit-learn's, on the same rows, their main
settings chosen by 5-fold cross-validation.

Means with 95 % intervals: Student's t over the splits, made wider for the rows that splits share (Nadeau and
Bengio, 2003: the variance of the mean is s^2 (1/n + test rows / rows fitted on)); for parameters without that.
p: Wilcoxon's signed-rank test against *evolved*, paired by split, corrected by Holm's method over the other
models of the table. Nothing makes up for shared rows there, so these p are too small: 0.01 is a hint, not
proof. *published*: the paper's figures, of one split (arXiv 2501.17411); *reached in*: on how many of our
splits the accuracy is at least that. Live parameters are what the network trains; the paper counts all edges of
its layers, times grid + 9."""
FULL_SEARCH = 100 * 21
"""Individuals of a search with the defaults, and of the paper's."""


def report(
    frame: pd.DataFrame,
    seconds: pd.DataFrame,
    size: Mapping[str, int],
    sizes: Mapping[str, PartSizes],
) -> str:
    """Return the page; a split on which some models are still missing is left out.

    Parameters
    ----------
    frame
        Rows of all tables.
    seconds
        Processor seconds by table, split and part, and the conditions.
    size
        Population and generations.
    sizes
        Rows of the parts, by table.
    """
    frame = complete_splits(frame)
    names = [name for name in PUBLISHED if name in set(frame.dataset)]
    individuals = size["population"] * (size["generations"] + 1)
    beside = (
        "as many as with the defaults and in the paper"
        if individuals == FULL_SEARCH
        else f"the defaults and the\npaper have 100 x 20, so {FULL_SEARCH / individuals:.1f} times as many"
    )
    introduction = INTRODUCTION.format(**size, individuals=individuals, beside=beside, grids=", ".join(map(str, GRIDS)))
    parts = ["# GA-KAN's tables, with intervals", introduction, *_summary(frame, names, sizes)]
    for name in names:
        parts += [f"## {name}", _table(name, frame[frame.dataset == name], sizes[name].overlap)]
    if not seconds.empty:
        parts += _times(seconds, names)
    return "\n\n".join(parts) + "\n"


def complete_splits(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows, figures as numbers, of the splits of which every model of the table has one."""
    frame = numbered(frame, NUMBERS)
    models = frame.groupby(["dataset", "split"]).model.transform("nunique")
    return frame[models == models.groupby(frame.dataset).transform("max")]


def _summary(frame: pd.DataFrame, names: list[str], sizes: Mapping[str, PartSizes]) -> list[str]:
    lines, ahead, near, ratios, inside = [], [], [], [], []
    means: dict[str, float] = {}
    for name in names:
        part = frame[frame.dataset == name]
        own = part[part.model == EVOLVED]
        best = _best_baseline(part)
        wide = part[part.model == WIDE]
        if own.empty or not best or wide.empty:
            continue
        overlap = sizes[name].overlap
        mean, low, high = t_interval(own.accuracy.dropna(), overlap)
        rival = part[part.model == best].accuracy.mean()
        ratio = float(own.n_params.mean() / wide.n_params.mean())
        known = PUBLISHED[name]
        means[name] = mean
        ahead.append(mean >= rival)
        near.append(mean >= rival - 0.01)
        ratios.append(ratio)
        inside.append(low <= known.accuracy <= high)
        lines.append(
            (
                name,
                str(len(own)),
                f"**{mean:.4f}**",
                interval_text(own.accuracy.dropna(), overlap),
                f"{rival:.4f} ({best})",
                f"{100 * (mean - rival):+.1f}",
                f"{known.accuracy:.4f}",
                "yes" if inside[-1] else "no",
                reached(own, known.accuracy),
                f"{own.n_params.mean():.0f}",
                f"{ratio:.3f}",
            )
        )
    if not lines:
        return []
    aims = [
        *(Aim(f"mean accuracy on {name}", WANTED[name], mean) for name, mean in means.items()),
        Aim("tables with mean accuracy at or above the best baseline's", 3, sum(ahead)),
        Aim("tables at most one point below it", len(lines), sum(near)),
        Aim("largest ratio of live parameters to those of [n,2n+1,m]", 0.1, max(ratios), at_least=False),
        Aim("tables with the published accuracy inside the interval", len(lines), sum(inside)),
    ]
    return [
        "## All tables",
        table(
            (
                "table",
                "splits",
                "accuracy",
                "interval",
                "best baseline",
                "difference in points",
                "published",
                "inside",
                "reached in",
                "live parameters",
                "of [n,2n+1,m]",
            ),
            lines,
        ),
        aims_table(aims),
        "The best baseline is the one of six with the highest mean on these test rows, so it has been chosen with "
        "their knowledge.",
        *published_section(frame, list(means), sizes),
    ]


def _table(name: str, part: pd.DataFrame, overlap: float) -> str:
    """Return one table's models, with tests against the evolved network."""
    models = list(dict.fromkeys(part.model))
    order = [*(m for m in NETWORKS if m in models), *(m for m in models if m not in NETWORKS)]
    others = [model for model in order if model != EVOLVED]
    p = {
        column: against(part, EVOLVED, others, column, index="split", label="model")
        for column in ("accuracy", "auc", "log_loss")
    }
    lines = []
    for model in order:
        own = part[part.model == model]
        cells = []
        for column in ("accuracy", "auc", "log_loss"):
            values = own[column].dropna()
            cells += [f"{values.mean():.4f}", interval_text(values, overlap), shown(p[column].get(model))]
        figure = published_accuracy(name, model)
        evolved = model in (EVOLVED, EVOLVED_PAPER)
        known = PUBLISHED[name]
        lines.append(
            (
                f"**{model}**" if model == EVOLVED else model,
                str(len(own)),
                *cells,
                *_size(own.n_params),
                *_size(own.n_params_paper),
                f"{figure:.4f}" if figure is not None else "",
                reached(own, figure) if figure is not None else "",
                f"{known.auc:g}" if evolved and known.auc is not None else "",
                f"{known.n_params:,}" if evolved else "",
            )
        )
    text = table(
        (
            "model",
            "splits",
            "accuracy",
            "interval",
            "p",
            "AUC",
            "interval",
            "p",
            "log-loss",
            "interval",
            "p",
            "live parameters",
            "interval",
            "paper's count",
            "interval",
            "published accuracy",
            "reached in",
            "published AUC",
            "published count",
        ),
        lines,
    )
    failures = part[part.accuracy.isna()]
    notes = "".join(f"\n\nNo figure for {row.model} on split {row.split}: {row.note}." for row in failures.itertuples())
    return text + notes


def _best_baseline(part: pd.DataFrame) -> str:
    means = part[~part.model.isin(NETWORKS)].groupby("model", sort=False).accuracy.mean()
    return "" if means.dropna().empty else str(means.idxmax())


def _times(seconds: pd.DataFrame, names: list[str]) -> list[str]:
    """Return the processor time a table took, beside what was wanted."""
    parts = list(dict.fromkeys(seconds.part))
    means = seconds.groupby(["dataset", "part"]).cpu_seconds.mean()
    whole = seconds.groupby(["dataset", "split"]).part.transform("nunique") == len(parts)
    totals = seconds[whole].groupby("dataset").cpu_seconds.sum()
    splits = seconds[whole].groupby("dataset").split.nunique()
    lines = []
    for name in [name for name in names if name in totals]:
        cells = [f"{means[(name, part)]:.1f}" if (name, part) in means else "" for part in parts]
        minutes = totals[name] / 60
        lines.append((name, str(splits[name]), *cells, f"{minutes:.1f}", f"{20 * minutes / splits[name] / CORES:.1f}"))
    return [
        "## Time",
        "Mean processor seconds of a part of one split, and processor minutes in all. The last column is what 20 "
        f"splits take on {CORES} cores that have nothing else to do, computed from these; wanted, rice left out: at "
        f"most {MINUTES} minutes.",
        table(("table", "splits", *parts, "minutes in all", f"20 splits on {CORES} cores, minutes"), lines),
        measured_under(seconds.conditions, "one thread a part"),
    ]


def _size(values: pd.Series) -> tuple[str, str]:
    """Return mean and interval of numbers of parameters; no interval where the network is always the same."""
    if not values.notna().any():
        return "", ""
    return f"{values.mean():,.0f}", interval_text(values, digits=0) if values.nunique() > 1 else ""
