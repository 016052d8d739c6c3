"""Why published accuracies of one split lie where they do, seen from many splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from experiments.gakan.full_networks import WIDE
from experiments.gakan.published import PUBLISHED
from experiments.gakan.tables_models import DEEPS, EVOLVED, EVOLVED_PAPER, WIDES
from experiments.pages import table
from experiments.study import PartSizes


def published_accuracy(name: str, model: str) -> float | None:
    """Return the paper's accuracy of a model on a table; None where it has none."""
    known = PUBLISHED[name]
    figures = {
        **dict.fromkeys((EVOLVED, EVOLVED_PAPER), known.accuracy),
        **dict.fromkeys(WIDES, known.wide),
        **dict.fromkeys(DEEPS, known.deep),
    }
    return figures.get(model)


def reached(own: pd.DataFrame, figure: float) -> str:
    """Return on how many splits the accuracy is at least `figure`, which is printed with four digits."""
    return f"{int((own.accuracy.round(4) >= figure).sum())} of {len(own)}"


def published_section(frame: pd.DataFrame, names: Sequence[str], sizes: Mapping[str, PartSizes]) -> list[str]:
    """Return the section that sets the published figures beside single splits of ours.

    Parameters
    ----------
    frame
        Rows of whole splits, figures as numbers.
    names
        The tables.
    sizes
        Rows of the parts, by table.
    """
    lines = []
    for name in names:
        part = frame[frame.dataset == name]
        figure = PUBLISHED[name].accuracy
        own, wide = part[part.model == EVOLVED], part[part.model == WIDE]
        best = part.loc[part.groupby("split").accuracy.idxmax()]
        chance = f"{100 * own.accuracy.mean() ** sizes[name].test:.1f} %" if figure == 1.0 else ""
        lines.append(
            (
                name,
                str(sizes[name].test),
                f"{figure:.4f}",
                f"{PUBLISHED[name].wide:.4f}",
                reached(own, figure),
                reached(wide, PUBLISHED[name].wide),
                reached(best, figure),
                f"{part.accuracy.max():.4f}",
                chance,
            )
        )
    return [
        "## The published accuracies",
        "A published accuracy is one split's. *published, [n,2n+1,m]*: what the paper gives for the full KAN on that "
        "split. *any model*: on how many of our splits at least one of all models, baselines too, reaches the "
        "published figure. *by chance*: how often a test part of this size has no error where every row has the mean "
        "accuracy of *evolved*.",
        table(
            (
                "table",
                "test rows",
                "published, evolved",
                "published, [n,2n+1,m]",
                "evolved reached in",
                "[n,2n+1,m] reached in",
                "any model reached in",
                "highest accuracy of any",
                "by chance",
            ),
            lines,
        ),
        "Where the paper prints 1.0000 for the search, it prints 1.0000 for the full KAN too: its split is one that is "
        "easy for everybody, and the columns say how rare those are. The text does not tell how its split was drawn, "
        "nor whether the figure is the best of several runs.",
    ]
