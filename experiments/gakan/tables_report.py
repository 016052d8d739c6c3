"""The page of `experiments.gakan.tables`: means, intervals, paired tests, and what was aimed at."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from experiments.benchmarks.report import Aim, aims_table, table
from experiments.gakan.full_networks import ADDITIVE, DEEP, WIDE
from experiments.gakan.published import PUBLISHED
from experiments.gakan.statistics import against, interval_text, shown, t_interval

EVOLVED, EVOLVED_PAPER = "evolved", "evolved, paper preset"
NETWORKS = (EVOLVED, EVOLVED_PAPER, WIDE, DEEP, ADDITIVE)
NUMBERS = ("split", "accuracy", "auc", "log_loss", "n_params", "n_params_paper", "n_edges", "n_features")
WANTED = {"iris": 0.955, "wine": 0.98, "wdbc": 0.968, "raisin": 0.86, "rice": 0.925}
"""Mean accuracy of the evolved network that we aim at."""
MINUTES, CORES = 30, 2
"""Wanted for the twenty splits of a table, rice left out."""
INTRODUCTION = """\
Searches of {population} x {generations}, on one thread each. Split seeds from 100, which no decision about
defaults has seen; the search's seed is that of its split. *evolved*: the one network that a search with
`gakan`'s defaults gives; *paper preset*: the published protocol (raw features, one hold-out, no penalty, 20
full steps) at the same number of evaluations. The full KANs are trained by our engine with our defaults and
grid 5: five fresh seeds on fresh folds, then a fit on train and validation rows, just as the finalists of a
search; [n,m], a generalised additive model, is not among the paper's. The baselines are scikit-learn's, on the
same rows, their main settings chosen by 5-fold cross-validation.

Means with 95 % intervals (Student's t over the splits; splits share rows, so they are a little too narrow). p:
Wilcoxon's signed-rank test against *evolved*, paired by split, corrected by Holm's method over the other models
of the table. *published*: the paper's figure, of one split (arXiv 2501.17411); *reached in*: on how many of our
splits the accuracy is at least that. Live parameters are what the network trains; the paper counts all edges of
its layers, times grid + 9."""


def report(frame: pd.DataFrame, seconds: pd.DataFrame, size: Mapping[str, int]) -> str:
    """Return the page; a split on which some models are still missing is left out.

    Parameters
    ----------
    frame
        Rows of all tables.
    seconds
        Processor seconds by table, split and part, and the conditions.
    size
        Population and generations.
    """
    frame = frame.copy()
    for column in NUMBERS:
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    models = frame.groupby(["dataset", "split"]).model.transform("nunique")
    frame = frame[models == models.groupby(frame.dataset).transform("max")]
    names = [name for name in PUBLISHED if name in set(frame.dataset)]
    parts = ["# GA-KAN's tables, with intervals", INTRODUCTION.format(**size), *_summary(frame, names)]
    for name in names:
        parts += [f"## {name}", _table(name, frame[frame.dataset == name])]
    if not seconds.empty:
        parts += _times(seconds, names)
    return "\n\n".join(parts) + "\n"


def _summary(frame: pd.DataFrame, names: list[str]) -> list[str]:
    lines, ahead, near, ratios, inside = [], [], [], [], []
    means: dict[str, float] = {}
    for name in names:
        part = frame[frame.dataset == name]
        own = part[part.model == EVOLVED]
        best = _best_baseline(part)
        wide = part[part.model == WIDE]
        if own.empty or not best or wide.empty:
            continue
        mean, low, high = t_interval(own.accuracy.dropna())
        rival = part[part.model == best].accuracy.mean()
        ratio = float(own.n_params.mean() / wide.n_params.mean())
        known = PUBLISHED[name]
        means[name] = mean
        ahead.append(mean >= rival)
        near.append(mean >= rival - 0.01)
        ratios.append(ratio)
        inside.append(low <= known.accuracy <= high)
        lines.append((
            name, str(len(own)), f"**{mean:.4f}**", interval_text(own.accuracy.dropna()), f"{rival:.4f} ({best})",
            f"{100 * (mean - rival):+.1f}", f"{known.accuracy:.4f}", "yes" if inside[-1] else "no",
            _reached(own, known.accuracy), f"{own.n_params.mean():.0f}", f"{ratio:.3f}",
        ))
    if not lines:
        return []
    aims = [
        *(Aim(f"mean accuracy on {name}", WANTED[name], mean) for name, mean in means.items()),
        Aim("tables with mean accuracy at or above the best baseline's", 3, sum(ahead)),
        Aim("tables at most one point below it", len(lines), sum(near)),
        Aim("largest ratio of live parameters to those of [n,2n+1,m]", 0.1, max(ratios), at_least=False),
        Aim("tables with the published accuracy inside the interval", len(lines), sum(inside)),
    ]
    return ["## All tables",
            table(("table", "splits", "accuracy", "interval", "best baseline", "difference in points", "published",
                   "inside", "reached in", "live parameters", "of [n,2n+1,m]"), lines),
            aims_table(aims),
            "The best baseline is the one of six with the highest mean on these test rows, so it has been chosen with "
            "their knowledge. An interval covers the mean over splits; the published figure is a single split, and a "
            "single split can lie far from any mean: *reached in* says how often ours do as well."]


def _table(name: str, part: pd.DataFrame) -> str:
    """Return one table's models, with tests against the evolved network."""
    models = list(dict.fromkeys(part.model))
    order = [*(m for m in NETWORKS if m in models), *(m for m in models if m not in NETWORKS)]
    others = [model for model in order if model != EVOLVED]
    p = {column: against(part, EVOLVED, others, column, index="split", label="model")
         for column in ("accuracy", "log_loss")}
    lines = []
    for model in order:
        own = part[part.model == model]
        accuracy, auc, loss = (own[column].dropna() for column in ("accuracy", "auc", "log_loss"))
        published = _published(name, model)
        lines.append((
            f"**{model}**" if model == EVOLVED else model, str(len(own)), f"{accuracy.mean():.4f}",
            interval_text(accuracy), shown(p["accuracy"].get(model)), f"{auc.mean():.4f}", interval_text(auc),
            f"{loss.mean():.4f}", interval_text(loss), shown(p["log_loss"].get(model)), _mean(own.n_params),
            _mean(own.n_params_paper), published,
            _reached(own, float(published.split(" ")[0])) if published else "",
        ))
    text = table(("model", "splits", "accuracy", "interval", "p", "AUC", "interval", "log-loss", "interval", "p",
                  "live parameters", "paper's count", "published", "reached in"), lines)
    failures = part[part.accuracy.isna()]
    notes = "".join(f"\n\nNo figure for {row.model} on split {row.split}: {row.note}." for row in failures.itertuples())
    return text + notes


def _published(name: str, model: str) -> str:
    known = PUBLISHED[name]
    if model in (EVOLVED, EVOLVED_PAPER):
        auc = f", AUC {known.auc:g}" if known.auc is not None else ""
        return f"{known.accuracy:.4f} ({known.n_params} parameters{auc})"
    return {WIDE: f"{known.wide:.4f}", DEEP: f"{known.deep:.4f}"}.get(model, "")


def _reached(own: pd.DataFrame, figure: float) -> str:
    """Return on how many splits the accuracy is at least `figure`, which is printed with four digits."""
    return f"{int((own.accuracy.round(4) >= figure).sum())} of {len(own)}"


def _best_baseline(part: pd.DataFrame) -> str:
    means = part[~part.model.isin(NETWORKS)].groupby("model", sort=False).accuracy.mean()
    return "" if means.dropna().empty else str(means.idxmax())


def _times(seconds: pd.DataFrame, names: list[str]) -> list[str]:
    """Return the processor time a table took, beside what was wanted."""
    parts = list(dict.fromkeys(seconds.part))
    means = seconds.groupby(["dataset", "part"]).cpu_seconds.mean()
    totals = seconds.groupby("dataset").cpu_seconds.sum()
    splits = seconds.groupby("dataset").split.nunique()
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
        "Measured under:\n\n" + "\n".join(f"- {line}; one thread a part" for line in dict.fromkeys(seconds.conditions)),
    ]


def _mean(values: pd.Series) -> str:
    return f"{values.mean():,.0f}" if values.notna().any() else ""
