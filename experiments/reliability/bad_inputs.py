"""Bad inputs: command lines and Python calls with settings and tables drawn from a grammar of mistakes."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import evokan
from evokan.settings.config import SearchConfig
from experiments.reliability.called import Answer, State, command, faults, function, state
from experiments.reliability.hostile import NAMES, write_table
from experiments.reliability.mutations import made_runs
from experiments.reliability.searches import SMALL_FKAN, SMALL_HKAN, SMALL_KAN, arguments
from experiments.reliability.trial import Trial, Verdict

TINY = {"population": 4, "generations": 1, "workers": 1, "formula_seconds": 0, "steps": 1, "folds": 1}
SPACES: tuple[dict[str, Any], ...] = (SMALL_KAN, SMALL_HKAN, SMALL_HKAN, SMALL_FKAN, {"space": "kafcm"})
DATASETS = ("iris", "lane-emden-1", "yerkes-dodson", "irsi", "", "wine\x1b[31m", "../iris", "x" * 300)
WORDS: tuple[str, ...] = (
    "",
    " ",
    "x",
    "-1",
    "0",
    "1",
    "1.5",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "1e-320",
    "9" * 30,
    "true",
    "no",
    "null",
)
WORDS += ("[1]", "[", "{}", "a=b", "=", "\x1b[31m", "\u202e", "0x10", " 3 ", "1,2", "val_loss", "val_loss,val_loss")
WORDS += ("best-loss:1", "smallest:", "smallest:nan", "none", "None", "ga", "one-se", "median", "paper", "٣", "１")
VALUES: tuple[Any, ...] = (None, True, False, 3.5, -1, 0, 10**30, "x", "", [], {}, b"x", object(), float("nan"))
VALUES += (float("inf"), np.int64(5), np.float64("nan"), np.array([1, 2]), ("a", "b"), {"a": 1}, [None], Path("x"), len)
VALUES += ("\x1b[31m", "a\x00b", 1 + 2j, range(3), 10**400)
NEAR = {
    "test_size": ("0.5", "0.001", "0.999", "1", "0", "1e-300"),
    "val_size": ("0.5", "0.001", "0.999", "1", "0"),
    "folds": ("2", "3", "40", "200", "0"),
    "split_seed": ("4294967295", "4294967296", "7"),
    "seed": (str(2**32), str(2**64), "1" * 30, "-1"),
    "objectives": ("n_params", "val_loss,n_edges", "depth", "n_features,val_loss", "n_edges,n_edges"),
    "choose": ("knee", "smallest:0", "smallest:1e308", "one-se", "smallest:-1", "smallest:nan"),
    "algorithm": ("ga", "nsga2", "random", "NSGA2"),
    "parsimony": ("none", "ties", "one-se"),
    "refit": ("holdout", "development"),
    "impute": ("median", "drop", "mean"),
    "scaler": ("none", "minmax", "robust"),
    "generations": ("0", "1", "-1"),
    "population": ("4", "5", "3"),
    "crossover_rate": ("0", "1", "1.0000001"),
    "mutation_rate": ("0", "1", "-1e-9"),
    "task": ("regression", "classification"),
    "formula_seconds": ("0.01", "1e-300", "inf", "nan"),
    "workers": ("1", "3", "0"),
    "preset": ("default", "paper"),
}
"""Values near the edge of what an option takes, on both sides."""

LEFT = ("ray", "ray_address", "config")
"""Settings that are left alone: Ray has tests of its own."""


def run_trial(trial: Trial, home: Path) -> Verdict:
    """Call one command or function, and see that it answers in order and leaves nothing half made."""
    rng = trial.rng
    folder = trial.folder(home)
    (folder / "taken").mkdir()
    (folder / "taken" / "notes.txt").write_text("something else", encoding="utf-8")
    (folder / "file").write_text("no folder", encoding="utf-8")
    kind = rng.choice((*KINDS, "table"))
    call, tried = KINDS[kind](rng, folder, home)
    before = state(folder)
    answer = call()
    found = faults(answer) + _half_made(before, folder, answer)
    if not found:
        shutil.rmtree(folder)
    return Verdict(kind, tried, "refused" if answer.status == 2 else "answered", found)


def _half_made(before: State, folder: Path, answer: Answer) -> list[str]:
    after = state(folder)
    changed = sorted(path for path in before if path in after and before[path] != after[path] and "run/" not in path)
    gone = sorted(before.keys() - after.keys())
    new = sorted(after.keys() - before.keys())
    found = [f"changed: {path}" for path in (*changed, *gone) if not path.startswith("run/")]
    if answer.status == 2 and new:
        found.append(f"left behind: {', '.join(new)[:200]}")
    if answer.status == 0:
        half = [
            path
            for path in new
            if path.endswith("config.json") and not (folder / path).with_name("manifest.json").exists()
        ]
        found += [f"half made: {path}" for path in [*half, *(path for path in new if path.endswith(".part"))]]
    return found


Made = tuple[Callable[[], Answer], str]


def _command(words: list[str], folder: Path, tried: str = "") -> Made:
    shown = " ".join(word if len(word) < 60 else f"{word[:20]}..." for word in words)
    return lambda: command(words, folder), f"{shown} ({tried})" if tried else shown


def _options(rng: random.Random, folder: Path, home: Path) -> Made:
    """Return a search on a named data set, with one to three odd options."""
    words = [
        "search",
        *arguments({**TINY, **rng.choice(SPACES)}),
        *_source(rng),
        *_odd_options(rng),
        *_out(rng),
        "--quiet",
    ]
    return _command(words, folder)


def _source(rng: random.Random) -> list[str]:
    return ["--dataset", rng.choice(DATASETS) if rng.random() < 0.3 else rng.choice(DATASETS[:3])]


def _odd_options(rng: random.Random) -> list[str]:
    words: list[str] = []
    names = [name for name in SearchConfig.model_fields if name not in (*LEFT, "out", "space", "dataset", "data")]
    for name in rng.sample(names, rng.choice((1, 1, 2, 3))):
        flag = "--" + name.replace("_", "-")
        value = rng.choice(NEAR[name]) if name in NEAR and rng.random() < 0.7 else rng.choice(WORDS)
        if rng.random() < 0.03:
            flag = flag[:-1] + rng.choice("xyz")
        if name == "space_options":
            key = rng.choice(
                ("max_depth", "max_width", "ridge", "degree", "grid_bits", "patience", "max_nodes", "noise", "")
            )
            words += ["--space-option", f"{key}={rng.choice(WORDS)}" if rng.random() < 0.9 else value]
        elif isinstance(SearchConfig.model_fields[name].default, bool):
            words += [flag]
        else:
            words += [flag, value]
    return words


def _out(rng: random.Random) -> list[str]:
    return [
        "--out",
        rng.choice(
            (
                "new",
                "new",
                "new",
                "deep/er/new",
                "taken",
                "file",
                "file/below",
                "",
                ".",
                "x" * 300,
                "a\x00b",
                "\x1b[31m",
            )
        ),
    ]


def _table(rng: random.Random, folder: Path, home: Path) -> Made:
    """Return a search on a table of one's own."""
    path = folder / rng.choice(
        ("table.csv",) * 30 + ("table.tsv", "table.parquet", "table.xlsx", "table", "tab\x1ble.csv")
    )
    names, told = write_table(path, rng)
    name = rng.choice((*names * 4, rng.choice(NAMES)))
    words = ["search", *arguments({**TINY, **rng.choice(SPACES)}), "--data", str(path.name)]
    words += rng.choice((["--target", name],) * 3 + (["--time", name],))
    if rng.random() < 0.5:
        words += ["--impute", rng.choice(("median", "drop"))]
    if rng.random() < 0.2:
        words += _odd_options(rng)
    return _command([*words, "--out", "new", "--quiet"], folder, told)


def _on_run(rng: random.Random, folder: Path, home: Path) -> Made:
    """Return a command on a good run, with odd options or rows."""
    name = rng.choice(made_runs(home))
    shutil.copytree(home / "runs" / (name + rng.choice(("", "", " unfinished"))), folder / "run")
    run = rng.choice(("run",) * 8 + ("taken", "file", "nowhere", "", "\x1b[31m", "a\x00b", "."))
    what = rng.choice(
        ("predict",) * 4 + ("formula", "resume", "show", "plot", "kafcm simulate", "kafcm edges", "evaluate")
    )
    told = ""
    words = [*what.split(), run]
    if what == "predict":
        columns = (home / "runs" / f"{name}.csv").read_text(encoding="utf-8").split("\n")[0].split(",")
        if rng.random() < 0.3:
            columns[rng.randrange(len(columns))] = rng.choice(NAMES)
        _, told = write_table(folder / "new.csv", rng, columns if rng.random() < 0.9 else None)
        words += [
            "--data",
            "new.csv",
            "--out",
            rng.choice(("p.csv",) * 4 + ("file", "taken", "taken/p.csv", "no/p.csv", "p.txt", "")),
        ]
    elif what == "evaluate":
        (folder / "lines.txt").write_bytes(rng.choice((b"", b"01\n", b"x" * 99, rng.randbytes(99), b"1" * 93 + b"\n")))
        words = ["evaluate", *arguments({**SMALL_HKAN, "dataset": "iris", "workers": 1}), "--chromosomes"]
        words += [
            rng.choice(("lines.txt", "nowhere", "taken")),
            "--out",
            rng.choice(("ev.csv", "file", "taken", "x.txt")),
        ]
    else:
        flags = {
            "formula": ("--member", "--complexity", "--tolerance", "--time-limit", "--functions", "--out", "--latex"),
            "resume": ("--generations", "--workers", "--cohort-timeout", "--gpus-per-task"),
            "kafcm simulate": ("--set", "--start", "--steps", "--out"),
        }.get(what, ("--json", "--quiet", "--nonsense"))
        flag = rng.choice(flags)
        words += (
            [flag]
            if flag in ("--json", "--quiet", "--nonsense", "--latex")
            else [flag, rng.choice((*WORDS, *NAMES[:12], "heat=1", "heat=nan"))]
        )
        if what == "formula" and flag != "--time-limit":
            words += ["--time-limit", "0.3"]
    return _command(words, folder, told)


def _python(rng: random.Random, folder: Path, home: Path) -> Made:
    """Return a call of `evokan.search` with odd values."""
    given: dict[str, Any] = {**TINY, **rng.choice(SPACES), "dataset": rng.choice(DATASETS[:3]), "out": "new"}
    for _ in range(rng.choice((1, 1, 2))):
        names = [*(name for name in SearchConfig.model_fields if name not in LEFT), "config", "unknown", "populaton"]
        given[rng.choice(names)] = rng.choice((*VALUES, rng.choice(WORDS)))
    odd = ", ".join(f"{name}={value!r}"[:60] for name, value in given.items() if value is not TINY.get(name))
    return (lambda: function(lambda: evokan.search(**given), folder)), f"evokan.search({odd})"


def _config(rng: random.Random, folder: Path, home: Path) -> Made:
    """Return a search by a settings file."""
    lines = [f"{name}: {value}" for name, value in {**TINY, "space": "hkan", "dataset": "iris"}.items()]
    for _ in range(rng.choice((1, 2))):
        name = rng.choice([*(name for name in SearchConfig.model_fields if name not in LEFT), "? x", "- x", "unknown"])
        lines.insert(rng.randrange(len(lines) + 1), f"{name}: {rng.choice(YAML)}")
    text = "\n".join(lines)
    (folder / "s.yaml").write_bytes(
        rng.choice((text.encode(),) * 6 + (b"", b"[1, 2]", rng.randbytes(60), text.encode("utf-16")))
    )
    words = [
        "search",
        "--config",
        rng.choice(("s.yaml",) * 8 + ("nowhere.yaml", "taken", "")),
        "--out",
        "new",
        "--quiet",
    ]
    return _command(words, folder, "; ".join(lines)[:300])


YAML = (
    *WORDS,
    "!!python/object:os.system x",
    "&a [*a]",
    "*b",
    "2024-13-01",
    "!!int x",
    "'",
    "{a: {b: c}}",
    "~",
    ".nan",
    ".inf",
    "[[[",
    "!!binary eA==",
    "1_0",
    "|",
)
KINDS: dict[str, Callable[[random.Random, Path, Path], Made]] = {
    "options": _options,
    "table": _table,
    "command on a run": _on_run,
    "Python call": _python,
    "settings file": _config,
}
