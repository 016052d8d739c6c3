"""The page of Table V."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.hkan.published import PUBLISHED
from experiments.hkan.searches import KAN
from experiments.hkan.table_v_figures import best_baseline, fits, searched
from experiments.hkan.table_v_given import given_part
from experiments.hkan.table_v_searches import evaluations, interval, searched_part
from experiments.pages import Row, measured_under, number, table


def page(
    repeats: Sequence[Row],
    baselines: Sequence[Row],
    searches: Sequence[Row],
    public: Sequence[Row] = (),
    single: Sequence[Row] = (),
    waiting: Sequence[str] = (),
) -> str:
    """Return the Markdown page.

    Parameters
    ----------
    public
        The rows of ``hkan-fit``, the authors' code on the same rows.
    single
        The single fits of the networks that searches chose.
    waiting
        What has not been measured yet, a line each.
    """
    parts = [
        "# Table V of the HKAN paper (arXiv 2501.18199), side by side",
        "Root mean squared errors on the test rows; lower is better. Published figures are medians of 50 repeats. The "
        "real tables and TF2 are the authors' own files (values on [0, 1]), with their own test rows.",
        *(["**Not measured yet**; the same command goes on with it:", "\n".join(waiting)] if waiting else []),
        "## Table V side by side",
        *_side_by_side(repeats, searches, baselines),
        "## The published hyperparameters",
        *given_part(repeats, public),
        "## Searches",
        *searched_part(searches, baselines, single),
        "## Baselines",
        *_baselines(baselines),
        measured_under((row["conditions"] for row in [*repeats, *baselines, *searches]), "one thread"),
        "Raw rows: `repeats.csv`, `searched.csv`, `searched_fits.csv`, `baselines.csv`. Made by `evokan experiment "
        "hkan-table-v`.",
    ]
    return "\n\n".join(parts) + "\n"


def _side_by_side(repeats: Sequence[Row], searches: Sequence[Row], baselines: Sequence[Row]) -> list[str]:
    lines = []
    for name, entry in PUBLISHED.items():
        fitted, found, best = fits(repeats, name), searched(searches, name), best_baseline(baselines, name)
        kan = searched(searches, name, KAN)
        lines.append(
            (
                name,
                number(entry.kan),
                number(entry.hkan),
                *((number(fitted.median), interval(fitted)) if fitted else ("", "")),
                *((number(found.median), interval(found), evaluations(found)) if found else ("", "", "")),
                number(kan.median) if kan else "",
                f"{number(best[1])} ({best[0]})" if best else "",
            )
        )
    return [
        '"Table IV" is our fit of the network with the published hyperparameters: median and quartiles of the '
        'repeats. "Search" is what evolution chose by validation loss: the median over the seeds of the medians of '
        "repeated fits, from the lowest first to the highest third quartile, and the evaluations of one search. The KAN "
        "of ours is the network of a search of `gakan`. The baseline is the best of six on the test rows, known only "
        "afterwards. Empty cells have not been measured yet.",
        table(
            (
                "data",
                "published KAN",
                "published HKAN",
                "ours, Table IV",
                "quartiles",
                "ours, search",
                "interval",
                "evaluations",
                "KAN of ours",
                "best baseline",
            ),
            lines,
        ),
    ]


def _baselines(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return ["None has been fitted yet."]
    models = list(dict.fromkeys(row["model"] for row in rows))
    lines = []
    for name in dict.fromkeys(row["dataset"] for row in rows):
        errors = {row["model"]: row["rmse"] for row in rows if row["dataset"] == name}
        lines.append((name, *(number(errors.get(model, "")) for model in models)))
    return [
        "scikit-learn, untuned, fitted on the same rows as the searches; empty where a fit failed.",
        table(("data", *models), lines),
    ]
