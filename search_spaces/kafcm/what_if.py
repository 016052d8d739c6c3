"""What if: a map with concepts held, pushed or led along; where it comes to rest, and what counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from evokan.arrays import FloatArray
from evokan.errors import InputError, unknown_name
from search_spaces.kafcm.network import CognitiveMap

SETTLING, LONGEST_CYCLE, CLOSE = 2000, 64, 1e-6
"""Steps before a map is looked at, the longest cycle that is told from chaos, and how near it must come back, in
spreads of a concept."""
_FORM = (
    "write CONCEPT=VALUE, CONCEPT=VALUE@STEP or CONCEPT=FROM..TO@FIRST:LAST with finite numbers, such as heat=0.8@5:10"
)


@dataclass(frozen=True)
class Push:
    """What a concept is made to be.

    Attributes
    ----------
    concept
        Its name.
    start, end
        Value at the first and at the last step; between them it goes evenly.
    first, last
        Steps; None is the end of the simulation, and 0 the moment that it begins from.
    """

    concept: str
    start: float
    end: float
    first: int
    last: int | None


def read_pushes(option: str, texts: Sequence[str]) -> list[Push]:
    """Return the texts of ``--set``: held throughout, a pulse (``heat=0.8@5:10``), or a ramp (``heat=0..0.8@5:10``).

    Raises
    ------
    InputError
        One sentence for each text that is none.
    """
    found, faults = [], []
    for text in texts:
        name, equals, rest = text.rpartition("=")
        value, at, when = rest.partition("@")
        steps = re.fullmatch(r"(\d+)(?::(\d+))?", when.strip()) if at else None
        low, dots, high = value.partition("..")
        try:
            start, end = float(low), float(high if dots else low)
        except ValueError:
            equals = ""
            start = end = 0.0
        if not (equals and name.strip()) or not np.isfinite([start, end]).all() or (at and steps is None):
            faults.append(f"{option} {text}: {_FORM}")
            continue
        first = int(steps[1]) if steps else 0
        last = int(steps[2] or steps[1]) if steps else None
        if last is not None and last < first:
            faults.append(f"{option} {text}: step {last} lies before step {first}")
        found.append(Push(name.strip(), start, end, first, last))
    if faults:
        raise InputError(*faults)
    return found


def forced(pushes: Sequence[Push], names: Sequence[str], steps: int) -> FloatArray:
    """Return what concepts are made to be, shape (steps + 1, concepts), NaN where the map decides.

    Raises
    ------
    InputError
        A concept is unknown, or a step lies beyond the end.
    """
    faults = [
        fault
        for push in pushes
        if push.concept not in names
        for fault in unknown_name("concept", push.concept, names).faults
    ]
    faults += [
        f"{push.concept}: step {max(push.first, push.last or 0)} lies beyond the {steps} steps of --steps"
        for push in pushes
        if max(push.first, push.last or 0) > steps
    ]
    if faults:
        raise InputError(*faults)
    found = np.full((steps + 1, len(names)), np.nan)
    for push in pushes:
        last = steps if push.last is None else push.last
        found[push.first : last + 1, names.index(push.concept)] = np.linspace(
            push.start, push.end, last - push.first + 1
        )
    return found


def roll(model: CognitiveMap, start: FloatArray, steps: int, pushed: FloatArray | None = None) -> FloatArray:
    """Return the values of a map's concepts, shape (steps + 1, concepts).

    Parameters
    ----------
    start
        The state that it begins from, shape (concepts,), and that it has been in.
    pushed
        As `forced` returns it.
    """
    with torch.no_grad():
        path = model.rollout(
            torch.from_numpy(start[None, :]), steps, forced=None if pushed is None else torch.from_numpy(pushed)
        )
    found: FloatArray = path[0].numpy()
    return found


@dataclass(frozen=True, eq=False)
class Rest:
    """Where a map ends up from some state.

    Attributes
    ----------
    period
        1 for a fixed point, more for a cycle, 0 where it comes to none.
    states
        One for each step of the period, shape (period, concepts).
    share
        Share of the starts that end here.
    """

    period: int
    states: FloatArray
    share: float


def rests(model: CognitiveMap, starts: FloatArray, spread: FloatArray) -> list[Rest]:
    """Return the fixed points and cycles that a map comes to, the most frequent first.

    Parameters
    ----------
    starts
        States to begin from, shape (starts, concepts).
    spread
        Of every concept, shape (concepts,): what near means.
    """
    with torch.no_grad():
        path = model.rollout(torch.from_numpy(starts), SETTLING + 2 * LONGEST_CYCLE).numpy()[:, SETTLING:]
    ends: list[tuple[int, FloatArray]] = []
    counts: list[int] = []
    for one in path:
        period = _period(one, spread)
        states = _first_least(one[-period:]) if period else one[:0]
        for number, (other, known) in enumerate(ends):
            if other == period and (not period or np.abs((known - states) / spread).max() < 100 * CLOSE):
                counts[number] += 1
                break
        else:
            ends.append((period, states))
            counts.append(1)
    found = [Rest(period, states, count / len(starts)) for (period, states), count in zip(ends, counts, strict=True)]
    return sorted(found, key=lambda rest: -rest.share)


def _period(path: FloatArray, spread: FloatArray) -> int:
    for period in range(1, LONGEST_CYCLE + 1):
        if np.abs((path[period:] - path[:-period]) / spread).max() < CLOSE:
            return period
    return 0


def _first_least(states: FloatArray) -> FloatArray:
    """Return a cycle from the step on at which its first concept is least, so that equal cycles look equal."""
    return np.roll(states, -int(np.lexsort(np.round(states, 9).T[::-1])[0]), axis=0)


def sensitivity(model: CognitiveMap, values: FloatArray) -> FloatArray:
    """Return by how much every effect moves with every cause, shape (effects, causes).

    The mean size of the derivative over `values`, shape (rows, causes), in units of the effect for a unit of the cause.
    """
    x = torch.from_numpy(values).requires_grad_(True)
    y = model(x)
    rows = [torch.autograd.grad(y[:, effect].sum(), x, retain_graph=True)[0] for effect in range(y.shape[1])]
    found: FloatArray = torch.stack([row.abs().mean(dim=0) for row in rows]).numpy()
    return found
