"""What Table V's page says of its searches: how large they were, with how many seeds, and what the columns show."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.hkan.published import PUBLISHED, SMALL
from experiments.hkan.searches import (
    BUDGET,
    EVOLUTION,
    KAN,
    KAN_LIMIT,
    LARGE_BUDGET,
    LARGE_REPEATS,
    LARGE_RUNG,
    LIMIT,
    REPEATS,
    TPE,
)
from experiments.hkan.tpe import ASKED
from experiments.pages import Row
from search_spaces.hkan import HKANOptions

LABELS = {EVOLUTION: "evolution", TPE: "TPE", KAN: "the KAN of ours"}
"""Of the methods."""


def texts(rows: Sequence[Row]) -> list[str]:
    """Return the paragraphs in front of the tables, by the searches that there are rows of."""
    return [_how(rows), _WHICH, _KAN]


def _how(rows: Sequence[Row]) -> str:
    return (
        f"One search has {_sizes(rows)}; evolution begins with the "
        "seeds of `hkan`, and so does TPE (Optuna's; sharpness rounded, as it draws whole numbers). Networks that "
        f"come up again or have no room are no evaluations of TPE (it may ask for {ASKED} times as many in all); evolution "
        "draws such an individual again up to 40 times, and counts what is left. Everything is chosen by the validation loss "
        "of five folds; published: 1,000 trials of TPE. The networks of a search may take together "
        f"{BUDGET:.0f} s of a core ({LARGE_BUDGET:.0f} s on the larger data sets), by the estimate that `hkan` had when the rows were measured, and one "
        f"a tenth of what is left of it: these are small searches, `evokan search` by itself allows {HKANOptions().max_cost:.0f} s. A limit comes on top, "
        f"{LIMIT:.0f} s: of evolution for the whole search by the clock, of TPE, which has nothing to do afterwards, of the "
        f"processor; where there are fewer evaluations, an end was reached. {_seeds(rows)} On the larger data sets, wizmir "
        f"apart, networks are judged on {LARGE_RUNG:,} rows first, and a quarter goes on to more (TPE: Optuna's successive "
        "halving), at last to one fold of the five."
    )


_KAN = (
    "KAN of ours: the network that a search of `gakan` chooses on the same rows, of as many individuals and generations (the "
    "ways down from its seeds come on top), with its own defaults and at most "
    f"{KAN_LIMIT:.0f} s by the clock, finalists and final fit included; its error is that of the search's own final fit."
)
_WHICH = (
    f"The chosen network is fitted again with other centres ({REPEATS} times, on the larger data sets {LARGE_REPEATS}), as the "
    'paper repeats its own: "ours" and "TPE" are medians over the seeds of the medians, the interval goes from the lowest '
    'first to the highest third quartile; "product" is the error that a search itself reports. TPE\'s network of lowest loss is '
    "taken as it is. Evolution trains more: before it chooses, its front, and its survivors where there are no rungs of rows, "
    "are trained again with fresh seeds on other cuts of the rows into folds. So the two validation losses are not of one "
    "kind: ours is what the network that was chosen by these later trainings had in the search; TPE's is the lowest of all "
    "its trials, which is lower than the network deserves, since luck is part of the lowest of many."
)


def _sizes(rows: Sequence[Row]) -> str:
    """Return evaluations, individuals and generations, of each size of search that there is."""
    sizes = dict.fromkeys((row["population"], row["generations"]) for row in rows)
    return ", or ".join(
        f"{population * (generations + 1):,} evaluations ({population} individuals, {generations} generations after the first)"
        for population, generations in sizes
    )


def _seeds(rows: Sequence[Row]) -> str:
    """Return how many seeds there are on small and on larger data sets, by method."""
    larger = [name for name in PUBLISHED if name not in SMALL]
    told = []
    for method, label in LABELS.items():
        seeds = {
            name: {row["seed"] for row in rows if (row["dataset"], row["method"]) == (name, method)}
            for name in PUBLISHED
        }
        small, large = (_span([len(seeds[name]) for name in names if seeds[name]]) for names in (SMALL, larger))
        told.append(f"{label} {small} and {large}")
    return f"Seeds of a data set below 1,100 rows and of a larger one: {'; '.join(told)}."


def _span(counts: Sequence[int]) -> str:
    if not counts:
        return "none"
    low, high = min(counts), max(counts)
    return f"{low}" if low == high else f"{low} to {high}"
