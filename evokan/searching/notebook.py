"""The progress of a search in a notebook: one cell output that is drawn anew."""

from __future__ import annotations

import sys
import time
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokan.searching.observer import Observer
from evokan.texts import printable

if TYPE_CHECKING:
    from evokan.evaluation.records import Record
    from evokan.evolution.history import HistoryRow

BETWEEN = 0.25
"""Seconds between two drawings."""


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    shell = sys.modules.get("IPython")
    found = shell.get_ipython() if shell is not None else None
    return hasattr(found, "kernel")


class NotebookProgress(Observer):
    """Shows stage, share, losses and counts."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._what = self._stage = self._losses = ""
        self._total, self._done, self._shown = 1, 0, 0.0

    def on_start(self, path: Path | None, config: dict[str, Any]) -> None:
        """Show what is searched."""
        from IPython import display

        settings = config["settings"]
        self._total = settings["population"] * (settings["generations"] + 1)
        self._what = f"{settings['space']} on {config['data']['name']}"
        show: Any = display.display
        self._handle = show(self, display_id=True)

    def on_record(self, record: Record) -> None:
        """Count it."""
        self._done = record.id + 1
        self._stage = f"generation {record.generation}"
        self._draw()

    def on_generation(self, row: HistoryRow) -> None:
        """Show its losses."""
        self._losses = f"validation loss: best {row.best_val_loss:.4g}, median {row.median_val_loss:.4g}"
        self._draw()

    def on_stage(self, text: str) -> None:
        """Show it."""
        self._stage = text
        self._draw(now=True)

    def on_end(self) -> None:
        """Show that all is done."""
        self._stage, self._done = "finished", self._total
        self._draw(now=True)

    def _draw(self, *, now: bool = False) -> None:
        if self._handle is not None and (now or time.perf_counter() - self._shown >= BETWEEN):
            self._shown = time.perf_counter()
            self._handle.update(self)

    def __repr__(self) -> str:
        told = [self._what, self._stage, f"{self._done} networks", self._losses]
        return printable("; ".join(part for part in told if part))

    def _repr_html_(self) -> str:
        share = min(self._done / self._total, 1.0)
        return f'<progress value="{share:.3f}" max="1"></progress> {escape(repr(self))}'
