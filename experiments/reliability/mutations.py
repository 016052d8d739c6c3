"""Mutations: a run is damaged at random, and every command on it must answer in order, and touch nothing else."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import evokan
from evokan.evaluation.records import Record
from evokan.runs.directory import RunDirectory
from evokan.runs.manifest import write_manifest
from evokan.searching.observer import Observer
from experiments.reliability.called import Answer, State, command, faults, function, state
from experiments.reliability.damage import damage
from experiments.reliability.searches import settings, write_tables
from experiments.reliability.trial import Trial, Verdict

FAMILIES = ("gakan", "gakan-race-inherit", "hkan", "fkan", "fkan-equation", "kafcm", "kafcm-series")
STOPPED_AFTER = 9
"""Individuals that an unfinished run has: more than one generation, less than all."""


class Impatient(Observer):
    """Interrupts a search when it has some records."""

    def __init__(self) -> None:
        self._seen = 0

    def on_record(self, record: Record) -> None:
        """Count."""
        self._seen += 1
        if self._seen == STOPPED_AFTER:
            raise KeyboardInterrupt


def make_runs(home: Path, names: Sequence[str] = FAMILIES) -> None:
    """Make a finished and an unfinished run of each search in `names`, new rows for it, and their predictions."""
    done = home / "runs" / "done"
    if done.exists():
        return
    shutil.rmtree(home / "runs", ignore_errors=True)
    (home / "runs").mkdir(parents=True)
    write_tables(home)
    for name in names:
        small = settings(name, home) | {"workers": 1, "formula_seconds": 0.1}
        run = evokan.search(**small, out=home / "runs" / name)
        with suppress(KeyboardInterrupt):
            evokan.search(**small, out=home / "runs" / f"{name} unfinished", observer=Impatient())
        new = home / "runs" / f"{name}.csv"
        if "data" in small:
            shutil.copy(small["data"], new)
        else:
            rows = [",".join(run.problem.table.feature_names)]
            rows += [",".join(map(repr, map(float, row))) for row in run.problem.table.X[:20]]
            new.write_text("\n".join(rows) + "\n", encoding="utf-8")
        words = ["predict", str(run.path), "--data", str(new), "--out", str(home / "runs" / f"{name} predicted.csv")]
        answer = command([*words, "--quiet"], home)
        if answer.status:
            raise RuntimeError(f"{name} does not predict: {answer.err}")
    done.touch()


def made_runs(home: Path) -> list[str]:
    """Return the searches whose runs `make_runs` has made."""
    return [name for name in FAMILIES if (home / "runs" / f"{name} predicted.csv").exists()]


def run_trial(trial: Trial, home: Path) -> Verdict:
    """Damage a run that `make_runs` has made, and give every command to it."""
    rng = trial.rng
    name = rng.choice(made_runs(home))
    subject = name + rng.choice(("", "", " unfinished"))
    folder = trial.folder(home)
    run, outside = folder / "run", folder / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "file.txt").write_text("of somebody else", encoding="utf-8")
    (outside / "folder" / "model.safetensors").write_bytes(b"kept")
    shutil.copytree(home / "runs" / subject, run)
    tried, _ = damage(run, outside, rng)
    manifest = _manifest(run, rng)
    before = state(outside)
    damaged_run = folder / "damaged"
    found: list[str] = []
    statuses: list[int] = []
    _copy(run, damaged_run)
    for words in _commands(name, home, rng):
        answer = _answer(words, folder)
        statuses.append(answer.status)
        found += [f"{words[0]}: {fault}" for fault in faults(answer)]
        if words[0] == "predict" and answer.status == 0 and manifest == "kept":
            predicted = (folder / "p.csv").read_bytes()
            if predicted != (home / "runs" / f"{name} predicted.csv").read_bytes():
                found.append("predict: other numbers: the run predicts something else, without a word")
        found += [f"{words[0]}: touched: {path}" for path in _touched(before, outside)]
        _copy(damaged_run, run)
    if not found:
        shutil.rmtree(folder)
    came = f"{statuses.count(0)} answered, {statuses.count(2)} refused"
    return Verdict(subject, f"{tried}; manifest {manifest}", came, found)


def _commands(name: str, home: Path, rng: random.Random) -> list[list[str]]:
    """Return the commands; those that take long, every second time."""
    rows = str(home / "runs" / f"{name}.csv")
    slow = [["plot", "run"], ["formula", "run", "--time-limit", "0.5"]]
    return [
        ["load_run"],
        ["show", "run"],
        *(words for words in slow if rng.random() < 0.5),
        ["predict", "run", "--data", rows, "--out", "p.csv", "--force", "--quiet"],
        ["resume", "run", "--quiet"],
    ]


def _answer(words: list[str], folder: Path) -> Answer:
    if words == ["load_run"]:
        return function(lambda: _load(folder / "run"), folder)
    return command(words, folder)


def _load(path: Path) -> None:
    run = evokan.load_run(path)
    for read in (lambda: run.evaluations, lambda: run.history, lambda: run.pareto, lambda: run.best.metrics):
        read()


def _manifest(run: Path, rng: random.Random) -> str:
    """Keep the manifest, make it anew as a stranger would, or remove it."""
    how = rng.choice(("kept", "kept", "remade", "gone"))
    path = run / "manifest.json"
    if how == "kept" or not path.is_file() or path.is_symlink():
        return "kept"
    if how == "gone":
        path.unlink()
        return how
    try:
        write_manifest(RunDirectory(run))
    except Exception:  # the damage has left nothing to be fingerprinted
        return "kept"
    return how


def _copy(run: Path, to: Path) -> None:
    """Copy a run as it is, its links and pipes too; what was there goes first."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(run, to, symlinks=True, copy_function=_copy_plain)


def _copy_plain(source: str, target: str) -> str:
    if Path(source).is_fifo():
        os.mkfifo(target)
        return target
    return str(shutil.copy2(source, target, follow_symlinks=False))


def _touched(before: State, folder: Path) -> list[str]:
    after = state(folder)
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
