"""The page of one of Tables 2 to 4: the table beside the published one, what becomes of the paper's claims, curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.fkan.deep_training import Schedule
from experiments.pages import Row, table

MET, NOT_MET, OPEN = "met", "**not met**", "open, not measured yet"

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """One figure of a table: its heading, how many decimals are shown, and what was published.

    Attributes
    ----------
    published
        Mean and standard deviation over five trials by activation.
    lower
        Whether less is better.
    """

    heading: str
    decimals: int
    published: Mapping[str, tuple[float, float]]
    lower: bool = False

    @property
    def label(self) -> str:
        """The heading without its unit."""
        return self.heading.partition(",")[0]

    def best(self, means: Mapping[str, float]) -> str:
        """Return the name with the best mean, of one at least."""
        return (min if self.lower else max)(means, key=lambda name: means[name])

    def shown(self, mean: float, deviation: float) -> str:
        """Return a figure as the table has it."""
        return f"{mean:.{self.decimals}f} ± {deviation:.{self.decimals}f}"


def report(
    rows: Sequence[Row],
    columns: Mapping[str, Column],
    activations: Sequence[str],
    schedules: Sequence[Schedule],
    *,
    text: str,
    picture: Path,
) -> list[str]:
    """Return the parts of the page.

    Parameters
    ----------
    schedules
        What the study is made of; the last one is the paper's.
    text
        What the page says of networks and data.
    picture
        That of the training curves.
    """
    *here, published = schedules
    judged = _judged(rows)
    part = [row for row in rows if row["epochs"] == judged]
    claims = [
        _claims(part, key, one, activations, published.epochs) for key, one in columns.items() if _is_claimed(one)
    ]
    whole = judged == published.epochs
    here = [published] if whole else here
    plan = " and ".join(f"{one.epochs} ({_seeds(one.seeds)}, batches of {one.batch})" for one in here)
    return [
        text,
        f"Epochs: {plan}, as published."
        if whole
        else f"**Other than published:** epochs: {plan} instead of {published.epochs} ({_seeds(published.seeds)}, batches of "
        f"{published.batch}), for want of a GPU; where there is one the study takes the published ones. So only the order "
        "can be compared.",
        table(*_table(rows, columns, activations)),
        "Mean and standard deviation over the seeds. Published: over five trials, by the results stored with "
        f"the notebooks. {_order(rows, *next(iter(columns.items())))}",
        "## What the paper claims",
        f"Judged by the rows of {judged} epoch{'s' if judged > 1 else ''}. A difference within both standard deviations "
        "together may be chance, and one seed says nothing. The best of either side is the best afterwards, by the same test "
        f"part: one of {sum(map(_is_fractional, activations))} degrees against one of "
        f"{sum(not _is_fractional(name) for name in activations)} fixed activations. Figures by which a fixed activation is the published best are "
        "left out.",
        table(
            (
                "figure",
                "published best",
                "here, fractional against fixed",
                "a fractional one is the best",
                "it is the published one",
                "its published value",
            ),
            claims,
        ),
        *_curves(picture),
        *_missing(rows, columns, activations, here),
    ]


def _seeds(number: int) -> str:
    return "one seed" if number == 1 else f"{number} seeds"


def _judged(rows: Sequence[Row]) -> int:
    """Return the epochs by which claims are judged: those with most rows, of several the largest."""
    counts = {int(row["epochs"]): sum(other["epochs"] == row["epochs"] for other in rows) for row in rows}
    return max(counts, key=lambda epochs: (counts[epochs], epochs))


def _values(rows: Sequence[Row], key: str, activations: Sequence[str]) -> dict[str, Values]:
    """Return the values of a figure by activation, as far as there are any."""
    found = {
        name: np.array([row[key] for row in rows if row["activation"] == name and row[key] != ""], dtype=float)
        for name in activations
    }
    return {name: values for name, values in found.items() if len(values)}


def _table(
    rows: Sequence[Row], columns: Mapping[str, Column], activations: Sequence[str]
) -> tuple[Sequence[str], list[Sequence[str | float]]]:
    header = ["activation", "epochs", "seeds"]
    for column in columns.values():
        header += [column.heading, "published"]
    lines: list[Sequence[str | float]] = []
    for epochs in sorted({row["epochs"] for row in rows}):
        for name in activations:
            part = [row for row in rows if (row["activation"], row["epochs"]) == (name, epochs)]
            if not part:
                continue
            cells = [name, str(epochs), str(len(part))]
            for key, column in columns.items():
                values, known = _values(part, key, [name]).get(name), column.published.get(name)
                cells += [
                    "" if values is None else column.shown(values.mean(), _spread(values)),
                    "" if known is None else column.shown(*known),
                ]
            lines.append((*cells, float(np.mean([row["cpu_seconds"] for row in part]))))
    return (*header, "CPU s"), lines


def _order(rows: Sequence[Row], key: str, column: Column) -> str:
    """Return the order of the activations by one figure, here after each number of epochs, and in the paper."""
    said, names = [], set[str]()
    for epochs in sorted({int(row["epochs"]) for row in rows}):
        part = [row for row in rows if int(row["epochs"]) == epochs]
        ours = {name: float(values.mean()) for name, values in _values(part, key, [*column.published]).items()}
        names |= ours.keys()
        said.append(f"here {_ranking(ours)} ({epochs} epoch{'s' if epochs > 1 else ''})")
    theirs = {name: mean for name, (mean, _) in column.published.items() if name in names}
    return f"From the highest {column.label} down: {'; '.join(said)}; published {_ranking(theirs)}."


def _spread(values: Values) -> float:
    """Return the standard deviation as a sample has it, since there are few seeds; 0 for one value."""
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _ranking(means: Mapping[str, float]) -> str:
    return ", ".join(sorted(means, key=lambda name: -means[name]))


def _is_claimed(column: Column) -> bool:
    return bool(column.published) and _is_fractional(_leader(column))


def _leader(column: Column) -> str:
    """Return the published best."""
    return column.best({name: mean for name, (mean, _) in column.published.items()})


def _claims(
    rows: Sequence[Row], key: str, column: Column, activations: Sequence[str], epochs: int
) -> tuple[str, str, str, str, str, str]:
    """Return what becomes of the paper's claims by one figure.

    Parameters
    ----------
    rows
        Those that are judged by.
    epochs
        Those with which the paper's values were found.
    """
    leader = _leader(column)
    found = _values(rows, key, activations)
    values = found.get(leader) if rows[0]["epochs"] == epochs else None
    return (
        column.label,
        f"{leader}, {column.shown(*column.published[leader])}",
        *_ahead(found, column, activations),
        _first(found, leader, column, activations),
        f"{OPEN} with {epochs} epochs" if values is None else _reached(values, *column.published[leader], column),
    )


def _is_fractional(name: str) -> bool:
    return name.startswith("fJNB")


def _ahead(found: Mapping[str, Values], column: Column, activations: Sequence[str]) -> tuple[str, str]:
    """Return the best of either side, and whether the fractional one is ahead."""
    sides = [
        {name: float(values.mean()) for name, values in found.items() if _is_fractional(name) == wanted}
        for wanted in (True, False)
    ]
    if not all(sides):
        return "", OPEN
    ours, theirs = (column.best(side) for side in sides)
    here = " against ".join(
        f"{name} {column.shown(found[name].mean(), _spread(found[name]))}" for name in (ours, theirs)
    )
    verdict = _compared(found[ours], found[theirs], column)
    # Whoever is lacking can only make its own side better.
    wanted = [
        name for name in activations if verdict not in (MET, NOT_MET) or _is_fractional(name) == (verdict == NOT_MET)
    ]
    return here, _unless([name for name in wanted if name not in found], verdict)


def _first(found: Mapping[str, Values], leader: str, column: Column, activations: Sequence[str]) -> str:
    """Return whether the paper's `leader` is first here."""
    others = {name: float(values.mean()) for name, values in found.items() if name != leader}
    if leader not in found or not others:
        return OPEN
    verdict = _compared(found[leader], found[column.best(others)], column)
    return _unless([name for name in activations if name not in found and verdict != NOT_MET], verdict)


def _unless(lacking: Sequence[str], verdict: str) -> str:
    return f"{OPEN}: {', '.join(lacking)}" if lacking else verdict


def _compared(ours: Values, theirs: Values, column: Column) -> str:
    """Return whether the first values are better."""
    if min(len(ours), len(theirs)) < 2:
        return "open: one seed"
    ahead = float(theirs.mean() - ours.mean()) * (1.0 if column.lower else -1.0)
    if abs(ahead) <= _spread(ours) + _spread(theirs):
        return "open: within chance"
    return MET if ahead > 0.0 else NOT_MET


def _reached(values: Values, mean: float, deviation: float, column: Column) -> str:
    """Return whether values come to what was published, up to both standard deviations."""
    behind = float(values.mean() - mean) * (1.0 if column.lower else -1.0)
    return MET if behind <= _spread(values) + deviation else NOT_MET


def _curves(picture: Path) -> list[str]:
    if not picture.exists():
        return []
    return [
        "## Training curves",
        f"![loss and metric by epoch]({picture.name})",
        "Means over the seeds after every epoch, of the longest trainings; bands from the lowest to the highest seed. Training: "
        "means over the batches, as the network was when it learned from them, dropout and all. Validation: the rows held back. "
        f"All of them: `{picture.with_suffix('.csv').name}`.",
    ]


def _missing(
    rows: Sequence[Row], columns: Mapping[str, Column], activations: Sequence[str], schedules: Sequence[Schedule]
) -> list[str]:
    """Return what has no row yet, or figures that rows of before lack; nothing where all is there."""
    lacking = []
    for epochs in dict.fromkeys(schedule.epochs for schedule in schedules):
        names = dict.fromkeys(str(row["activation"]) for row in rows if row["epochs"] == epochs)
        without = [name for name in activations if name not in names]
        ending = f" ({epochs} epochs)" if epochs > 1 else " (one epoch)"
        lacking += [(", ".join(without) if names else "all") + ending] if without else []
    for key, column in columns.items():
        known = {row["activation"] for row in rows if row[key] != ""}
        without = [name for name in dict.fromkeys(str(row["activation"]) for row in rows) if name not in known]
        lacking += [f"the {column.label} of {', '.join(without)}"] if without else []
    return [f"Not measured yet: {'; '.join(lacking)}."] if lacking else []
