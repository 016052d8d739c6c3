"""A comparison on one page: one file that needs nothing else."""

from __future__ import annotations

from typing import Any

from evokan._version import __version__
from evokan.plots import plot_attainment, rendered
from evokan.reports.compare import remark
from evokan.reports.pages import inline, made_from
from evokan.reports.sentences import count


def compare_page(found: dict[str, Any]) -> str:
    """Return the page that tells what `evokan.reports.compare.compare` has found, with the fronts in a picture."""
    where = found["data"][0] if len(found["data"]) == 1 else count(len(found["data"]), "data set")
    ways = f"{count(len(found['ways']), 'way')} of searching"
    better = "more" if found["more_is_better"] else "less"
    told = {
        "title": f"{ways} on {where}",
        "asked": f"{ways} on {where}, {count(len(found['runs']), 'run')}, by {found['figure']}: {better} is better.",
        "remark": remark(found),
        "picture": inline(rendered(plot_attainment(found["surfaces"]), ".png")),
        "version": __version__,
    }
    return made_from("compare.html.jinja", found | told)
