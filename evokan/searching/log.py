"""``run.log``: what happened in a run and when, for whoever asks later."""

from __future__ import annotations

import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from evokan.errors import EvokanError, StopSearch
from evokan.evaluation.records import Record
from evokan.evolution.history import HistoryRow
from evokan.runs.vault import Vault
from evokan.searching.observer import Observer
from evokan.texts import printable


def rows_of(data: Mapping[str, Any]) -> str:
    """Return how many rows there are; of time series, how many series and steps."""
    if not data.get("series"):
        return f"{data['rows']} rows"
    return f"{data['series']} series with {data['rows']} steps"


class Lines(Observer):
    """Prints the events of a search, a line each."""

    def __init__(self) -> None:
        self._stage, self._began = "", 0.0

    def write(self, text: str, details: str = "") -> None:
        """Tell of one event in a line, with `details` in lines below it."""
        print(printable(text), *(f"    {printable(line)}" for line in details.splitlines()), sep="\n")

    def on_start(self, path: Path | None, config: dict[str, Any]) -> None:
        """Say what is searched, where, and with what."""
        settings, data, versions = config["settings"], config["data"], config["versions"]
        self.write(
            f"evokan {versions['evokan']}: search space {settings['space']} on {data['name']} ({data['task']}, "
            f"{rows_of(data)}, {data['features']} features), population {settings['population']}, "
            f"{'at most ' * bool(settings['settle'])}{settings['generations']} generations, --folds "
            f"{settings['folds']}, seed {settings['seed']}"
        )
        for note in config.get("notes", ()):
            self.write(note)

    def on_plan(self, text: str) -> None:
        """Say so."""
        self.write(text)

    def on_compile(self) -> None:
        """Say so."""
        self.write("compiling kernels")

    def on_record(self, record: Record) -> None:
        """Keep the reason of a failure."""
        if record.status == "failed":
            self.write(f"individual {record.id} of generation {record.generation} failed: {record.reason}")

    def on_generation(self, row: HistoryRow) -> None:
        """Sum the generation up."""
        self.write(
            f"generation {row.generation}: {row.evaluated} trained, {row.cached} cached, {row.invalid} invalid, "
            f"{row.failed} failed, {row.raced} raced; validation loss best {row.best_val_loss:.6g}, "
            f"median {row.median_val_loss:.6g}; {row.seconds:.2f} s"
        )

    def on_stage(self, text: str) -> None:
        """Say how long the last stage took and what comes next."""
        self._close_stage()
        self.write(text)
        self._stage, self._began = text.partition(":")[0], time.perf_counter()

    def on_end(self) -> None:
        """Say so."""
        self._close_stage()
        self.write("finished")

    def _close_stage(self) -> None:
        if self._stage:
            self.write(f"{self._stage} took {time.perf_counter() - self._began:.2f} s")


class RunLog(Lines):
    """Writes the events of a search as lines with the time in front.

    Parameters
    ----------
    path
        The file; lines are added to what is there.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._vault = Vault(path.parent)

    def write(self, text: str, details: str = "") -> None:
        """Add one event in a line, and `details` in lines below it."""
        below = "".join(f"    {printable(line)}\n" for line in details.splitlines())
        self._vault.append(self.path, f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {printable(text)}\n{below}")

    @contextmanager
    def recording(self, run: Path) -> Iterator[None]:
        """Log the warnings inside the block and the exception that leaves it.

        The exception goes on its way with a note for the user: how to go on with `run`, or where to read more.
        """
        with _warnings_to(self):
            try:
                yield
            except (KeyboardInterrupt, BrokenPipeError) as error:  # Ctrl-C, or nobody reads what is printed
                self._last_words("interrupted")
                error.add_note(f"go on with: evokan resume {run}")
                raise
            except EvokanError as error:
                if isinstance(error, StopSearch):
                    error.add_note(f"go on with: evokan resume {run}")
                self._last_words(f"stopped: {'; '.join(str(error).splitlines())}")
                raise
            except Exception as error:
                self._last_words("stopped by an internal error", "".join(traceback.format_exception(error)))
                error.add_note(f"{self.path} has the details; go on with: evokan resume {run}")
                raise

    def _last_words(self, text: str, details: str = "") -> None:
        # A full disk may be what stopped the run.
        with suppress(OSError):
            self.write(text, details)


_lock = threading.Lock()
_logs: dict[int, RunLog] = {}
"""Who records now, by thread."""
_shown: list[Callable[..., None]] = []
"""What showed warnings before the first of them began."""


@contextmanager
def _warnings_to(log: RunLog) -> Iterator[None]:
    """Let the warnings of this thread go to `log` as well; those of threads that nobody knows go to every log."""
    thread = threading.get_ident()
    with _lock:
        if not _logs and warnings.showwarning is not _show:  # which may have outlived the last search
            _shown[:] = [warnings.showwarning]
            warnings.showwarning = _show
        before = _logs.get(thread)
        _logs[thread] = log
    try:
        yield
    finally:
        with _lock:
            if before is None:
                del _logs[thread]
            else:
                _logs[thread] = before
            if not _logs and warnings.showwarning is _show:
                warnings.showwarning = _shown[0]


def _show(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    own = _logs.get(threading.get_ident())
    for log in [own] if own is not None else [*_logs.values()]:
        log.write(f"{category.__name__}: {' '.join(str(message).split())} ({filename}, line {lineno})")
    _shown[0](message, category, filename, lineno, file, line)
