"""How a search shows its progress: one living block on a terminal, one line a generation elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from evokan.cli.printing import console, duration, longest, number
from evokan.searching.log import rows_of
from evokan.searching.observer import Observer
from evokan.texts import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from evokan.evaluation.ray.pool import WorkerStatus
    from evokan.evaluation.records import Record
    from evokan.evolution.history import HistoryRow

COMPILE_SECONDS = 25
"""As measured on a 2-core machine: 16 to 26."""

SECONDS_BETWEEN_LINES = 10


class Progress(Observer):
    """Counts what happens and prints a line for each generation.

    Use it as a context: it is open while the search runs.
    """

    def __init__(self, out: Console) -> None:
        self.out = out
        self.counts: Counter[str] = Counter()
        self.generations = 0
        self.longest, self.settles = "0", False
        self.population = 1
        self.last: HistoryRow | None = None
        self.workers: list[WorkerStatus] = []
        self._began = self._latest = self._shown = 0.0
        self._position = self._seeded = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""

    def on_start(self, path: Path | None, config: dict[str, Any]) -> None:
        """Print what is searched and where."""
        settings, data = config["settings"], config["data"]
        self.generations, self.population = settings["generations"], settings["population"]
        self.longest, self.settles = longest(settings), bool(settings["settle"])
        task = f"{len(data['classes'])}-class classification" if data["task"] == "classification" else data["task"]
        taken = (
            " (taken from the target column; --task says otherwise)"
            if settings["data"] and not (settings["task"] or settings.get("time"))
            else ""
        )
        folds = f" in {settings['folds']} folds" if settings["folds"] > 1 else ""
        series = f"{rows_of(data)}, " if data.get("series") else ""
        self.out.print(
            f"{settings['space']} on {data['name']}: {task}{taken}, {series}{data['features']} features; "
            f"{data['train']} train and {data['validation']} validation rows{folds}, {data['test']} test "
            "rows",
            soft_wrap=True,
        )
        for note in config.get("notes", ()):
            self.out.print(note, soft_wrap=True)
        self.out.print(
            f"{self.population} chromosomes of {config['chromosome']['bits']} bits, {self.longest} "
            f"generations after the initial one; run: {path}",
            soft_wrap=True,
        )

    def on_plan(self, text: str) -> None:
        """Print it."""
        self.out.print(text, soft_wrap=True)

    def on_compile(self) -> None:
        """Announce the wait."""
        self.out.print(f"compiling kernels once for this machine, about {COMPILE_SECONDS} seconds")

    def on_record(self, record: Record) -> None:
        """Count it."""
        # What came before the first record, compiling above all, is no measure of speed.
        self._latest = time.perf_counter()
        self._began = self._began or self._latest
        self.counts[record.status] += 1
        self._position = record.id + 1
        if record.generation == 0:
            # Ways down from the seeds make the first generation larger than the others.
            self._seeded = max(self._position - self.population, 0)

    def on_generation(self, row: HistoryRow) -> None:
        """Print the line of a generation."""
        self.last = row
        self._seeded = max(self._position - self.population * (row.generation + 1), 0)
        self._line(row)

    def on_stage(self, text: str) -> None:
        """Print what comes next."""
        self.out.print(text)
        self._shown = time.perf_counter()

    def on_finalist(self, done: int, total: int) -> None:
        """Print how far the finalists are, every ten seconds."""
        if time.perf_counter() - self._shown >= SECONDS_BETWEEN_LINES:
            self._shown = time.perf_counter()
            self.out.print(f"finalists: {done} of {total}")
            self.out.file.flush()

    def on_workers(self, workers: Sequence[WorkerStatus]) -> None:
        """Keep their state; print a line where their number has changed."""
        if len(workers) != len(self.workers):
            self._crew(workers)
        self.workers = list(workers)

    def on_interrupt(self) -> None:
        """Say that it may take a moment; written past all buffers, as a signal handler must."""
        os.write(sys.stderr.fileno(), b"evokan: finishing what is being trained; Ctrl-C again stops at once\n")

    @property
    def rate(self) -> float:
        """Individuals a second in this process; 0 before there is a measure."""
        elapsed = self._latest - self._began
        return self.counts.total() / elapsed if elapsed > 0.02 else 0.0

    @property
    def share(self) -> float:
        """How much of all individuals is done, in [0, 1]."""
        return min(self._position / self._total, 1.0)

    @property
    def time_left(self) -> float | None:
        """Seconds until the last generation is done, at the present rate; None where nobody can say."""
        rate = None if self.settles else self.rate
        return max(self._total - self._position, 0) / rate if rate else None

    @property
    def _total(self) -> int:
        return self.population * (self.generations + 1) + self._seeded

    def counted(self) -> str:
        """Return the numbers of individuals by status."""
        return (
            f"valid {self.counts['ok']}, cached {self.counts['cached']}, invalid {self.counts['invalid']}, "
            f"failed {self.counts['failed']}, raced {self.counts['raced']}"
        )

    def speed(self) -> str:
        """Return rate and time left."""
        left = self.time_left
        if left is None:
            return "- networks/s"
        return f"{self.rate:.0f} networks/s" + (f", {duration(left)} left" if left else "")

    def crew(self) -> str:
        """Return the Ray workers by machine and their throughput; empty without Ray."""
        if not self.workers:
            return ""
        hosts = ", ".join(f"{count} on {host}" for host, count in sorted(Counter(w.host for w in self.workers).items()))
        pace = sum(worker.done / worker.seconds for worker in self.workers if worker.seconds > 0)
        return f"Ray workers: {hosts}; {pace:.1f} cohorts/s"

    def _crew(self, workers: Sequence[WorkerStatus]) -> None:
        self.out.print(f"Ray workers: {len(workers)}")

    def _line(self, row: HistoryRow) -> None:
        self.out.print(
            f"generation {row.generation} of {self.longest}: best {number(row.best_val_loss)}, "
            f"median {number(row.median_val_loss)}; {self.counted()}; {self.speed()}"
            + (f"; {self.crew()}" if self.workers else ""),
            soft_wrap=True,
        )
        self.out.file.flush()


class LiveProgress(Progress):
    """The same as a block that is drawn anew several times a second and goes away at the end."""

    def __init__(self, out: Console) -> None:
        from rich.live import Live

        super().__init__(out)
        self._stage = "preparing"
        self._live = Live(console=out, get_renderable=self._block, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the block away."""
        self._live.stop()

    def on_record(self, record: Record) -> None:
        """Count it; the next drawing shows it."""
        super().on_record(record)
        self._stage = f"generation {record.generation} of {self.longest}"

    def on_stage(self, text: str) -> None:
        """Show what is done after the last generation."""
        self._stage = text

    def on_finalist(self, done: int, total: int) -> None:
        """Show how far the finalists are."""
        self._stage = f"finalists: {done} of {total} networks trained again"

    def on_interrupt(self) -> None:
        """Show what is waited for."""
        self._stage = "finishing what is being trained; Ctrl-C again stops at once"

    def _line(self, row: HistoryRow) -> None:
        """Leave it to the block."""

    def _crew(self, workers: Sequence[WorkerStatus]) -> None:
        """Leave them to the block."""

    def _block(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        stage = Text(printable(self._stage), style="bold")
        head = Table.grid(padding=(0, 2))
        head.add_row(stage, ProgressBar(total=1.0, completed=self.share, width=30), f"{self.share:.0%}")
        lines: list[RenderableType] = [head]
        if self.last is not None:
            lines.append(
                Text(
                    f"validation loss: best {number(self.last.best_val_loss)}, "
                    f"median {number(self.last.median_val_loss)}"
                )
            )
        if self.counts:
            lines.append(Text(f"{self.counted()}; {self.speed()}"))
        if self.workers:
            lines.append(Text(printable(self.crew())))
        return Group(*lines)


def make_progress(*, silent: bool) -> AbstractContextManager[Observer]:
    """Return the observer that fits standard output, as a context to be open while the search runs."""
    if silent:
        return nullcontext(Observer())
    out = console()
    return LiveProgress(out) if out.is_terminal else Progress(out)


@contextmanager
def track(label: str, total: int, *, silent: bool = False) -> Iterator[Callable[[], None]]:
    """Give a function to call after each of `total` equal pieces of work, and show how far they are.

    A bar with the time left on a terminal; elsewhere a line every ten seconds, and one at the end.
    """
    if silent or total == 0:
        yield lambda: None
        return
    out = console()
    if out.is_terminal:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Bars(*columns, console=out, transient=True) as bars:
            task = bars.add_task(label, total=total)
            yield lambda: bars.advance(task)
        return
    began = shown = time.perf_counter()
    done = 0

    def advance() -> None:
        nonlocal done, shown
        done += 1
        now = time.perf_counter()
        if now - shown >= SECONDS_BETWEEN_LINES or done == total:
            shown = now
            left = f", {duration((now - began) / done * (total - done))} left" if done < total else ""
            out.print(f"{label}: {done} of {total} in {duration(now - began)}{left}")
            out.file.flush()

    yield advance
