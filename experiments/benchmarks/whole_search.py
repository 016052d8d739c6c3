"""Whole searches through the command line: wall-clock time, memory, what is not training, compilation."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evokan.errors import InputError
from experiments import pages as report
from experiments.harness import Context, Experiment
from experiments.pages import Aim, Measurements, Row

NAME = "whole_search"
EVOKAN = (sys.executable, "-m", "evokan")
SEARCH = ("search", "--space", "gakan", "--dataset", "wine", "--seed", "0")
SIZE, QUICK_SIZE = (100, 20), (10, 2)
PAPER, DEFAULTS, ONE_FOLD = "--preset paper", "defaults", "--folds 1"
VARIANTS = {PAPER: ("--preset", "paper"), DEFAULTS: (), ONE_FOLD: ("--folds", "1")}
SECONDS = {PAPER: 8.0, DEFAULTS: 8.0, ONE_FOLD: 8.0}
HELP, COLD, WARM = "evokan --help", "4 x 0, nothing compiled", "4 x 0, compiled"
THREADS = (2, 1)


@dataclass(frozen=True)
class Finished:
    """What the system says about a command that has ended well.

    Attributes
    ----------
    wall_seconds, cpu_seconds
        From start to end; in user and system mode, all threads.
    peak_mb
        Largest resident memory, in 10^6 bytes.
    output
        Standard output and error together.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


def call(arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Finished:
    """Run ``evokan`` with `arguments` in `folder`; raises `InputError` or `RuntimeError` as it ends with 2 or worse."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*EVOKAN, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode == 2:
        raise InputError(text.strip().removeprefix("evokan: "))
    if process.returncode:
        raise RuntimeError(f"evokan {' '.join(arguments)} ended with status {process.returncode}:\n{text}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Finished(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6, text)


def run(context: Context) -> Sequence[Path]:
    """Run every command once in each repeat, in turn."""
    table = Measurements(context.folder("benchmarks") / f"{NAME}.csv", ("command", "threads", "repeat"))
    population, generations = QUICK_SIZE if context.quick else SIZE
    commands = [(HELP, 0), (COLD, 1), (WARM, 1), *((name, threads) for name in VARIANTS for threads in THREADS)]
    repeats = range(1 if context.quick else context.seeds or 3)
    keys = table.missing([(*command, repeat) for repeat in repeats for command in commands])
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        environment = {"EVOKAN_CACHE_DIR": str(scratch / "kernels")}
        if keys:  # files are read once, kernels compiled
            _search((*SEARCH, "--population", "4", "--generations", "0"), scratch, 1, environment)
        for command, threads, repeat in context.each("commands", keys):
            if command == HELP:
                row = _row(call(["--help"], scratch))
            elif command in (COLD, WARM):
                cold = {"EVOKAN_CACHE_DIR": str(scratch / f"cold-{repeat}")}
                row = _search(
                    (*SEARCH, "--population", "4", "--generations", "0"),
                    scratch,
                    threads,
                    cold if command == COLD else environment,
                )
            else:
                row = _search(
                    (*SEARCH, *VARIANTS[command], "--population", str(population), "--generations", str(generations)),
                    scratch,
                    threads,
                    environment,
                )
            table.add({"command": command, "threads": threads, "repeat": repeat, **row})
    page = table.path.with_suffix(".md")
    write(table.values(), page, (population, generations))
    return [table.path, page]


def _search(arguments: Sequence[str], scratch: Path, threads: int, environment: Mapping[str, str]) -> Row:
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        out = Path(name) / "run"
        finished = call([*arguments, "--workers", str(threads), "--out", str(out)], scratch, environment)
        evaluations, history = column(out / "evaluations.csv", "seconds"), column(out / "history.csv", "seconds")
    return _row(finished, sum(evaluations), sum(history), sum(value > 0 for value in evaluations))


def _row(finished: Finished, training: float = 0.0, generations: float = 0.0, trained: int = 0) -> Row:
    return {
        "wall_seconds": finished.wall_seconds,
        "cpu_seconds": finished.cpu_seconds,
        "peak_mb": finished.peak_mb,
        "training_seconds": training,
        "generation_seconds": generations,
        "networks_trained": trained,
        "compilation_announced": int("compiling kernels" in finished.output),
    }


def column(path: Path, name: str) -> list[float]:
    """Return the numbers of one column of a run's table."""
    with path.open(encoding="utf-8", newline="") as file:
        return [float(row[name]) for row in csv.DictReader(file)]


@dataclass(frozen=True)
class Medians:
    """Medians over the repeats of one command; see `Finished`, and the page for the two shares."""

    wall: float
    cpu: float
    peak_mb: float
    trained: float
    outside_whole: float
    outside_generations: float

    @classmethod
    def of(cls, rows: Sequence[Row], command: str, threads: int) -> Medians:
        """Return those of `command` with `threads`."""
        own = [row for row in rows if row["command"] == command and row["threads"] == threads]

        def outside(row: Row, seconds: str) -> float:
            return 1 - float(row["training_seconds"]) / (threads * row[seconds]) if row[seconds] else 1.0

        return cls(
            *(
                float(np.median([row[name] for row in own]))
                for name in ("wall_seconds", "cpu_seconds", "peak_mb", "networks_trained")
            ),
            *(
                float(np.median([outside(row, name) for row in own])) if threads else 1.0
                for name in ("wall_seconds", "generation_seconds")
            ),
        )


def aims(searches: Mapping[tuple[str, int], Medians], compile_seconds: float, help_seconds: float) -> list[Aim]:
    """Return the figures to reach, each beside what was measured."""
    made = [
        Aim(f"wall time, {name}, 2 threads", SECONDS[name], searches[name, 2].wall, at_least=False, unit=" s")
        for name in VARIANTS
    ]
    made += [
        Aim(f"1 thread / 2 threads, {name}", 1.6, searches[name, 1].wall / searches[name, 2].wall, unit=" times")
        for name in VARIANTS
    ]
    made += [
        Aim(
            f"not training, of the whole command, {name}, 2 threads",
            20,
            100 * searches[name, 2].outside_whole,
            at_least=False,
            unit=" %",
        )
        for name in VARIANTS
    ]
    made += [
        Aim(
            f"not training, of the generations, {name}, 2 threads",
            20,
            100 * searches[name, 2].outside_generations,
            at_least=False,
            unit=" %",
        )
        for name in VARIANTS
    ]
    made.append(
        Aim(
            "largest resident memory of all searches",
            1000,
            max(s.peak_mb for s in searches.values()),
            at_least=False,
            unit=" MB",
        )
    )
    made.append(Aim(HELP, 0.5, help_seconds, at_least=False, unit=" s"))
    made.append(Aim("first-run kernel compilation", 30, compile_seconds, at_least=False, unit=" s"))
    return made


def write(rows: Sequence[Row], path: Path, size: tuple[int, int]) -> None:
    """Write the page."""
    searches = {(name, threads): Medians.of(rows, name, threads) for name in VARIANTS for threads in THREADS}
    cold, warm = (Medians.of(rows, command, 1) for command in (COLD, WARM))
    announced = {
        command: {row["compilation_announced"] for row in rows if row["command"] == command} for command in (COLD, WARM)
    }
    said = (
        "is announced, and the next search does not compile again"
        if announced == {COLD: {1}, WARM: {0}}
        else ("**is not announced as it should be**")
    )
    repeats = len({row["repeat"] for row in rows})
    report.write_page(
        path,
        f"Whole searches of {size[0]} x {size[1]} on Wine",
        rows,
        "threads as stated",
        [
            f"`evokan {' '.join(SEARCH)} --population {size[0]} --generations {size[1]}` as a process of its own, kernels "
            f"compiled: from its start until it has ended, with the final trainings, the baselines, the formula, the pictures and the report. "
            f"Every figure is the median of {repeats} runs; the commands take turns.",
            "## Aims",
            report.aims_table(aims(searches, cold.wall - warm.wall, Medians.of(rows, HELP, 0).wall)),
            "Not training: 1 - (sum of the column `seconds` of `evaluations.csv`) / (threads x wall time of the whole "
            "command). Everything else counts as not training: start-up, selection, idle threads, writing, and also the "
            "final trainings with fresh seeds, baselines, formula and pictures. The share of the generations has the sum of "
            "`seconds` of `history.csv` instead of the wall time of the command.",
            f"A command that evolves nothing (4 x 0) takes {warm.wall:.1f} s: the import of "
            "torch, scikit-learn and matplotlib, six baselines, the search for a formula (3 s of work by default), and the "
            "pictures. A second process does part of them on the other processor, with any number of threads; so the faster "
            "the training, the less a second thread can do.",
            "## Searches",
            report.table(
                (
                    "search",
                    "threads",
                    "wall s",
                    "CPU s",
                    "peak MB",
                    "networks trained",
                    "not training, command",
                    "not training, generations",
                ),
                [
                    (
                        name,
                        str(threads),
                        s.wall,
                        s.cpu,
                        s.peak_mb,
                        s.trained,
                        f"{100 * s.outside_whole:.0f} %",
                        f"{100 * s.outside_generations:.0f} %",
                    )
                    for (name, threads), s in searches.items()
                ],
            ),
            "## Compilation",
            f"A search of 4 x 0 takes {cold.wall:.1f} s with an empty `EVOKAN_CACHE_DIR` and {warm.wall:.1f} s with "
            f"compiled kernels: compilation costs {cold.wall - warm.wall:.1f} s. It {said}.",
        ],
    )


EXPERIMENT = Experiment("whole-search", "wall time and memory of whole searches of 100 x 20 on Wine", run)

if __name__ == "__main__":
    report.main(NAME, run)
