"""What a search tells while it runs: an object with empty methods to override, and one that passes it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evokan.evaluation.ray.pool import WorkerStatus
    from evokan.evaluation.records import Record
    from evokan.evolution.history import HistoryRow


class Observer:
    """Receives the events of a search, in the thread that runs it. The base class ignores them all."""

    def on_start(self, path: Path, config: dict[str, Any]) -> None:
        """Take note of the run's folder and the content of its ``config.json``, before the first generation."""

    def on_compile(self) -> None:
        """Take note that kernels are about to be compiled, once for this machine."""

    def on_record(self, record: Record) -> None:
        """Take note of one evaluated individual, in the order of ids."""

    def on_generation(self, row: HistoryRow) -> None:
        """Take note of one whole generation."""

    def on_stage(self, text: str) -> None:
        """Take note of the work after the last generation, in a few words."""

    def on_workers(self, workers: Sequence[WorkerStatus]) -> None:
        """Take note of the workers of a Ray cluster, whenever one comes, goes or finishes something."""

    def on_interrupt(self) -> None:
        """Take note that Ctrl-C was pressed and that what is at work is finished first.

        Called inside the signal handler: do little, and take no lock.
        """

    def on_end(self) -> None:
        """Take note that the run's directory is complete."""


class Observers(Observer):
    """Passes every event on to several observers, in order.

    Parameters
    ----------
    *observers
        Who is told.
    """

    def __init__(self, *observers: Observer) -> None:
        self.observers = observers

    def on_start(self, path: Path, config: dict[str, Any]) -> None:
        """Pass it on."""
        for observer in self.observers:
            observer.on_start(path, config)

    def on_compile(self) -> None:
        """Pass it on."""
        for observer in self.observers:
            observer.on_compile()

    def on_record(self, record: Record) -> None:
        """Pass it on."""
        for observer in self.observers:
            observer.on_record(record)

    def on_generation(self, row: HistoryRow) -> None:
        """Pass it on."""
        for observer in self.observers:
            observer.on_generation(row)

    def on_stage(self, text: str) -> None:
        """Pass it on."""
        for observer in self.observers:
            observer.on_stage(text)

    def on_workers(self, workers: Sequence[WorkerStatus]) -> None:
        """Pass it on."""
        for observer in self.observers:
            observer.on_workers(workers)

    def on_interrupt(self) -> None:
        """Pass it on."""
        for observer in self.observers:
            observer.on_interrupt()

    def on_end(self) -> None:
        """Pass it on."""
        for observer in self.observers:
            observer.on_end()
