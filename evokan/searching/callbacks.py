"""Callbacks: functions and objects of a user's own that are called at the boundaries of a search, and may stop it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokan.errors import InputError
from evokan.searching.observer import EnoughError, Observer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evokan.evaluation.records import Record
    from evokan.evolution.history import HistoryRow


@dataclass(eq=False)
class SearchState:
    """A search as a callback sees it: look, and change nothing.

    Attributes
    ----------
    path
        The run's folder; None where nothing is written.
    config
        Content of ``config.json``.
    history
        One row for each whole generation of this process, the columns of ``history.csv`` as attributes.
    networks
        Individuals so far, in this process.
    stage
        What is done now: ``search``, ``finalists``, ``final fit``, ``baselines``, ``formula``, ``pictures``,
        ``report``.
    figures
        Content of ``metrics.json``; empty before the chosen network was tested.
    """

    path: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    history: list[HistoryRow] = field(default_factory=list)
    networks: int = 0
    stage: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def generation(self) -> int:
        """Number of the last whole generation of this process; -1 before there is one."""
        return self.history[-1].generation if self.history else -1

    @property
    def best_val_loss(self) -> float:
        """Lowest validation loss among its survivors; infinite before there is one."""
        return self.history[-1].best_val_loss if self.history else float("inf")


class Callback:
    """Is called at the boundaries of a search, in the thread that runs it: inherit it, and override what is wanted.

    To end a search, return True from `on_generation_end`: the best so far is trained again, chosen and tested, as at
    the end of a time limit, and `evokan.resume` can still go on to the planned end. To leave it as Ctrl-C once does,
    for `evokan.resume` alone, raise `evokan.StopSearch`, from any of them. Other exceptions leave the search likewise.
    """

    def on_search_begin(self, search: SearchState) -> None:
        """Before all else."""

    def on_generation_end(self, search: SearchState) -> bool | None:
        """After each whole generation, once its rows are on disk; True ends the search."""

    def on_stage(self, search: SearchState) -> None:
        """When another stage begins."""

    def on_search_end(self, search: SearchState) -> None:
        """When all is done and written; not where the search was left."""


AnyCallback = Observer | Callback | Callable[[SearchState], Any]
"""What `callbacks` takes; a function is called after each generation."""


class Called(Observer):
    """Calls callbacks when a search tells what happens."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self._callbacks = callbacks
        self.state = SearchState()

    def on_start(self, path: Path | None, config: dict[str, Any]) -> None:
        """Begin."""
        self.state = SearchState(path, config)
        for callback in self._callbacks:
            callback.on_search_begin(self.state)

    def on_record(self, record: Record) -> None:
        """Count it."""
        self.state.networks += 1

    def on_generation(self, row: HistoryRow) -> None:
        """Call, and end the search where one of them wants it.

        Raises
        ------
        EnoughError
            One of them returned True.
        """
        self.state.history.append(row)
        answers = [callback.on_generation_end(self.state) for callback in self._callbacks]
        if any(answer is True for answer in answers):
            raise EnoughError(f"a callback ended the search after generation {row.generation}")

    def on_stage(self, text: str) -> None:
        """Call."""
        self.state.stage = text.partition(":")[0]
        for callback in self._callbacks:
            callback.on_stage(self.state)

    def on_figures(self, figures: Mapping[str, Any]) -> None:
        """Keep them."""
        self.state.figures = figures

    def on_end(self) -> None:
        """Call."""
        for callback in self._callbacks:
            callback.on_search_end(self.state)


class _Function(Callback):
    """A function, called after each generation."""

    def __init__(self, function: Callable[[SearchState], Any]) -> None:
        self._function = function

    def on_generation_end(self, search: SearchState) -> bool | None:
        """Return whether it says True; NumPy's, too."""
        answer = self._function(search)
        return True if getattr(answer, "item", lambda: answer)() is True else None


def observers(callbacks: Sequence[AnyCallback] | None) -> list[Observer]:
    """Return what calls `callbacks`, in their order: observers are told everything themselves, and before the others.

    All are called before one of them ends the search.

    Raises
    ------
    InputError
        One is no callback.
    """
    found: list[Observer] = []
    called: list[Callback] = []
    for callback in callbacks or ():
        if isinstance(callback, Observer):
            found.append(callback)
        elif isinstance(callback, Callback):
            called.append(callback)
        elif callable(callback) and not isinstance(callback, type):
            called.append(_Function(callback))
        else:
            raise InputError(f"callbacks: {callback!r:.100} is no function, evokan.Callback or evokan.Observer")
    return [*found, Called(called)] if called else found
