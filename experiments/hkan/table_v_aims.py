"""The aims of Table V's page: on how many of its data sets a figure is reached, judged where all have been compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from experiments.hkan.published import PUBLISHED
from experiments.pages import table


class Count(NamedTuple):
    """An aim, and how far it is.

    Attributes
    ----------
    figure
        What is counted.
    aim
        On how many data sets of all it should be so.
    reached, compared
        On how many it is so, of so many that there are figures of.
    """

    figure: str
    aim: int
    reached: int
    compared: int

    @property
    def verdict(self) -> str:
        """Whether the aim is met; open as long as a data set is missing."""
        if self.compared < len(PUBLISHED):
            return "open"
        return "met" if self.reached >= self.aim else "**not met**"


def counts_table(counts: Sequence[Count]) -> str:
    """Return a Markdown table as `experiments.pages.aims_table` makes them."""
    lines = [
        (
            count.figure,
            f"at least {count.aim} of {len(PUBLISHED)}",
            f"{count.reached} of {count.compared}" + " so far" * (count.verdict == "open"),
            count.verdict,
        )
        for count in counts
    ]
    return table(("figure", "aim", "measured", ""), lines)
