"""What a search tells while it runs: an object with empty methods to override, and one that passes it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evokan.errors import EvokanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evokan.evaluation.ray.pool import WorkerStatus
    from evokan.evaluation.records import Record
    from evokan.evolution.history import HistoryRow
    from evokan.searching.outcome import Beginning, Fitted, Standing
    from evokan.settings.job import Job

STAGES = ("search", "finalists", "final fit", "baselines", "formula", "pictures", "report")
"""What a search does, in this order."""


class EnoughError(EvokanError):
    """Raised by an observer in `on_generation`: this generation was the last, and the search is finished with it."""


class Observer:
    """Receives the events of a search, in the thread that runs it: inherit it; the base class ignores them all."""

    def on_start(self, path: Path | None, config: dict[str, Any]) -> None:
        """Take note of the run's folder, if it has one, and the content of ``config.json``; before all else."""

    def on_plan(self, text: str) -> None:
        """Take note of what fits into the time limit, if there is one."""

    def on_compile(self) -> None:
        """Take note that kernels are about to be compiled, once for this machine."""

    def on_record(self, record: Record) -> None:
        """Take note of one evaluated individual, in the order of ids."""

    def on_generation(self, row: HistoryRow) -> None:
        """Take note of one whole generation."""

    def on_restored(self, beginning: Beginning) -> None:
        """Take note that a search that was cut off fits, and goes on from `beginning`."""

    def on_standing(self, standing: Standing) -> None:
        """Take note of what a whole generation leaves, before `on_generation`."""

    def on_front(self, job: Job, front: Sequence[Fitted], chosen: Fitted) -> None:
        """Take note of the front with its final fits, and of the member that was chosen."""

    def on_figures(self, figures: Mapping[str, Any]) -> None:
        """Take note of the figures of the chosen network and of the baselines: the content of ``metrics.json``."""

    def on_stage(self, text: str) -> None:
        """Take note of what begins now: one of `STAGES`, and a few words behind a colon where there is more to say."""

    def on_finalist(self, done: int, total: int) -> None:
        """Take note that so many of the finalists are trained again."""

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


def _passing_on(name: str) -> Any:
    def pass_on(self: Observers, *event: Any) -> None:
        for observer in self.observers:
            getattr(observer, name)(*event)

    pass_on.__name__, pass_on.__doc__ = name, "Pass it on."
    return pass_on


for _name in [name for name in vars(Observer) if name.startswith("on_")]:
    setattr(Observers, _name, _passing_on(_name))
