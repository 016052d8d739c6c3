"""A run while it grows, seen from another process, on this machine or on one that sees the folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from evokan.runs.run import Run
from evokan.runs.tables import whole_lines

ENDED = ("interrupted", "stopped")
"""How the last line of ``run.log`` begins where a search was left."""
PATIENCE = 60.0
"""Seconds after which a run that nobody holds on this machine, and that does not grow, is given up."""


@dataclass(frozen=True)
class Sight:
    """What a look at a run has brought.

    Attributes
    ----------
    rows
        New rows of ``history.csv``, as plain values.
    lines
        New lines of ``run.log``, without their times.
    state
        ``running``, ``finished``, or ``interrupted``: the last.
    """

    rows: list[dict[str, Any]]
    lines: list[str]
    state: str


def follow(
    run: Run, every: float = 1.0, patience: float = PATIENCE, sleep: Callable[[float], object] = time.sleep
) -> Iterator[Sight]:
    """Yield what is new in a run, until it is finished or left.

    Parameters
    ----------
    every
        Seconds between two looks.
    patience
        Seconds without anything new after which a run that is not locked on this machine counts as left.
    sleep
        Waits so many seconds.
    """
    rows = lines = 0
    quiet = 0.0
    while True:
        finished, locked = run.finished, run.directory.locked  # before the tables: what is there then is all there is
        history = run.history.to_dict("records")
        log = whole_lines(run.directory.log).splitlines() if run.directory.vault.has(run.directory.log) else []
        fresh = [{str(name): value for name, value in row.items()} for row in history[rows:]]
        told = [line.partition(" ")[2] for line in log[lines:] if not line.startswith(" ")]
        quiet = 0.0 if fresh or told else quiet + every
        rows, lines = len(history), len(log)
        last = next((line.partition(" ")[2] for line in reversed(log) if not line.startswith(" ")), "")
        left = not locked and (last.startswith(ENDED) or quiet >= patience)
        yield Sight(fresh, told, "finished" if finished else "interrupted" if left else "running")
        if finished or left:
            return
        sleep(every)
