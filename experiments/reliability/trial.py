"""One trial of the campaign: what it draws from, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evokan.texts import printable
from experiments.pages import Row


@dataclass(frozen=True)
class Trial:
    """A trial: everything in it is drawn from these three.

    Attributes
    ----------
    part
        Of the campaign.
    seed
        Of the draws.
    number
        Counted from 0.
    """

    part: str
    seed: int
    number: int

    @property
    def rng(self) -> random.Random:
        """A new source of draws, the same each time."""
        return random.Random(f"{self.part} {self.seed} {self.number}")

    def folder(self, home: Path) -> Path:
        """Return an empty folder of its own below `home`."""
        path = home / f"{self.part}-{self.seed}-{self.number}"
        path.mkdir(parents=True)
        return path


@dataclass(frozen=True)
class Verdict:
    """What came of a trial.

    Attributes
    ----------
    subject
        What was tried on: a configuration, a command.
    tried
        What was done to it, in words.
    came
        What it led to, in a word or two.
    faults
        What went wrong: a kind, a colon, details; nothing where all is as it should be.
    """

    subject: str
    tried: str
    came: str
    faults: Sequence[str] = ()

    def row(self, trial: Trial) -> Row:
        """Return the row of a table."""
        told = {"subject": self.subject, "tried": self.tried, "came": self.came, "passed": not self.faults}
        cells = {name: printable(value) for name, value in told.items()}
        faults = " | ".join(printable(" ".join(fault.split())) for fault in self.faults)
        return {"seed": trial.seed, "number": trial.number, **cells, "faults": faults}
