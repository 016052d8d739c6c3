"""Kills: a real search is killed at random moments, goes on, and must end as one that nobody disturbed."""

from __future__ import annotations

import random
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import evokan
from experiments.benchmarks.ray_search import differing
from experiments.reliability.processes import LONGEST, Ended, Started, files_of
from experiments.reliability.searches import SEARCHES, arguments, settings, write_tables
from experiments.reliability.trial import Trial, Verdict

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
FORKED = 0.75
"""Share of processes that are forks."""


@dataclass(frozen=True)
class Reference:
    """A search that nobody disturbed: its folder, and how many seconds it took."""

    path: Path
    seconds: float


def make_references(home: Path) -> None:
    """Make the undisturbed runs of all searches."""
    for name in SEARCHES:
        make_reference(name, home)


@cache
def _load(home: Path) -> None:
    """Load into this process what its forks need: libraries and compiled kernels."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("gakan", "gakan-nsga2", "hkan", "fkan", "fkan-equation", "kafcm-series"):
            evokan.search(**settings(name, home), out=Path(scratch) / name)


def make_reference(name: str, home: Path) -> Reference:
    """Return the undisturbed run of a search, made if it is not there."""
    path, took = home / "through" / name, home / "through" / f"{name}.seconds"
    if not took.exists():
        shutil.rmtree(path, ignore_errors=True)
        write_tables(home)
        began = time.monotonic()
        ended = _process([*_search(name, home), "--out", str(path)], None, path, fork=False)
        if ended.status:
            raise RuntimeError(f"{name} does not run through: {ended.said}")
        took.write_text(str(time.monotonic() - began), encoding="utf-8")
    return Reference(path, float(took.read_text(encoding="utf-8")))


def run_trial(trial: Trial, home: Path, *, forks: bool = True) -> Verdict:
    """Kill a search once, twice or thrice, let it go on to its end, and compare all its files.

    Parameters
    ----------
    forks
        Whether processes may be forks of this one; otherwise all start anew.
    """
    rng = trial.rng
    name = rng.choice([name for name in SEARCHES for _ in range(1 if name.endswith("ray") else 3)])
    reference = make_reference(name, home)
    folder = trial.folder(home)
    run = folder / "run"
    ends: list[Ended] = []
    planned = rng.choice((1, 1, 1, 2, 3))
    told: list[str] = []
    while not ends or ends[-1].status:
        again = ["resume", str(run), "--quiet"]
        if rng.random() < 0.3 or not (run / "config.json").exists():
            again = [*_search(name, home), "--out", str(run)]
        fork = rng.random() < FORKED and forks and not name.endswith("ray")
        if fork:
            _load(home)
        kill = _draw_kill(rng, reference, fork=fork) if len(ends) < planned else None
        ends.append(_process(again, kill, run, fork=fork))
        if kill is not None:
            told.append(f"{again[0]}{' (fork)' * fork}, {kill.words}{'' if ends[-1].sent else ' (over before)'}")
        elif ends[-1].status:
            break
    faults = [fault for end in ends for fault in _faults(end)]
    if not ends[-1].status:
        faults += [f"differs: {file}" for file in differing(reference.path, run)]
    if not faults:
        shutil.rmtree(folder)
    sent = sum(end.sent is not None for end in ends)
    return Verdict(name, "; ".join(told), f"{sent} killed", faults)


@dataclass(frozen=True)
class Kill:
    """When a process is killed, and how: `wait` seconds after its start, or after a file of the run is there."""

    how: signal.Signals
    wait: float
    file: str = ""

    @property
    def words(self) -> str:
        """In words."""
        return f"{self.how.name} {self.wait:.3f} s after {self.file or 'its start'}"


def _draw_kill(rng: random.Random, reference: Reference, *, fork: bool) -> Kill:
    how = rng.choices(SIGNALS, (6, 1, 1))[0]
    if rng.random() < 0.4:
        return Kill(how, rng.uniform(0, reference.seconds * (0.3 if fork else 1.0)))
    # Files of the end, product and pictures, are most of them; they are written within a second or two.
    file = rng.choice(files_of(reference.path))
    return Kill(how, rng.choice((0.0, rng.uniform(0, 0.02), rng.uniform(0, 0.5))), file)


def _process(words: Sequence[str], kill: Kill | None, run: Path, *, fork: bool) -> Ended:
    process = Started(words, fork=fork)
    if kill is None:
        return process.finish()
    if kill.file:
        file = run / kill.file
        before = _changed(file)
        process.wait(LONGEST, lambda: _changed(file) != before)
    process.wait(kill.wait)
    return process.finish(kill.how)


def _changed(file: Path) -> int:
    """Return when a file was written last; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _faults(end: Ended) -> list[str]:
    """Return what is wrong with how a process ended."""
    allowed = {
        None: (0,),
        signal.SIGKILL: (-signal.SIGKILL, 0),
        # While Ray starts it has a handler of its own, which leaves with the signal's number.
        signal.SIGTERM: (3, -signal.SIGTERM, signal.SIGTERM, 0),
        signal.SIGINT: (3, -signal.SIGINT, 0),
    }[end.sent]
    found = []
    if end.status not in allowed:
        found.append(f"status {end.status} after {end.sent.name if end.sent else 'no signal'}: {end.said[-300:]}")
    for sign in ("Traceback", "internal error", "hang", "Warning"):
        if sign in end.said:
            found.append(f"{sign} after {end.sent.name if end.sent else 'no signal'}: {end.said[-300:]}")
    return found


def _search(name: str, home: Path) -> list[str]:
    return ["search", *arguments(settings(name, home)), "--quiet"]
