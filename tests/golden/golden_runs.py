"""Short searches whose records are kept: a change that is meant to change nothing has to leave them as they are.

``python tests/golden/golden_runs.py compare`` runs them all and says what differs from the files in ``runs/``;
``make`` writes these anew. Names of cases may follow. ``kill NAME FOLDER RECORDS`` runs one case in a folder and kills
its own process as soon as that many individuals are recorded.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
KEPT = HERE / "runs"
LIBRARIES = ("numpy", "scipy", "numba", "torch", "scikit-learn", "moocore", "deap", "sympy")

SMALL = {"population": 8, "generations": 3, "workers": 2, "formula_seconds": 0.0}
SHORT = SMALL | {"population": 6, "generations": 2}

RUNGS: dict[str, Any] = {"space": "gakan", "dataset": "wdbc", "rungs": 60, "folds": 2, "steps": 2, "seed": 3}

CASES: dict[str, dict[str, Any]] = {
    "gakan-ga": SMALL | {"space": "gakan", "dataset": "iris", "seed": 1, "formula_seconds": 0.5},
    "gakan-nsga2": SMALL | {"space": "gakan", "dataset": "wine", "algorithm": "nsga2", "folds": 2, "steps": 4},
    "gakan-random": SMALL
    | {
        "space": "gakan",
        "dataset": "iris",
        "algorithm": "random",
        "folds": 2,
        "seed": 4,
        "objectives": "val_loss,n_edges",
    },
    "gakan-race": SMALL | {"space": "gakan", "dataset": "wine", "race": True, "folds": 4, "steps": 4},
    "gakan-rungs": SMALL | RUNGS,
    "gakan-rungs-ray": SMALL | RUNGS | {"ray": True},
    "gakan-inherit": SMALL | {"space": "gakan", "dataset": "iris", "inherit": True, "folds": 3, "parsimony": "one-se"},
    "gakan-race-inherit": SMALL
    | {
        "space": "gakan",
        "dataset": "iris",
        "race": True,
        "inherit": True,
        "folds": 4,
        "algorithm": "nsga2",
        "objectives": "val_loss,n_params,n_features",
    },
    "gakan-ray": SMALL | {"space": "gakan", "dataset": "iris", "ray": True, "folds": 2, "seed": 2},
    "gakan-table": SMALL
    | {
        "space": "gakan",
        "data": "shop.csv",
        "target": "kind",
        "impute": "median",
        "folds": 2,
        "choose": "smallest:0.1",
    },
    "gakan-paper": SMALL
    | {
        "space": "gakan",
        "dataset": "product",
        "preset": "paper",
        "steps": 4,
        "space_options": {"max_depth": 2, "max_width": 3},
    },
    "gakan-float32": SMALL
    | {
        "space": "gakan",
        "dataset": "exp-sin",
        "steps": 2,
        "space_options": {"precision": "float32", "look": "step", "grid_steps": [0, 1]},
    },
    "hkan-regression": SMALL
    | {
        "space": "hkan",
        "dataset": "exp-sin",
        "folds": 2,
        "space_options": {"max_nodes": 20, "max_nodes_deep": 10, "max_basis": 6},
    },
    "hkan-classes": SHORT
    | {
        "space": "hkan",
        "dataset": "iris",
        "folds": 2,
        "algorithm": "nsga2",
        "space_options": {"max_nodes": 12, "max_nodes_deep": 8, "max_basis": 5, "mixed": True},
    },
    "fkan-classes": SMALL | {"space": "fkan", "dataset": "iris", "folds": 2, "steps": 3},
    "fkan-adam": SMALL | {"space": "fkan", "dataset": "fkan-1d", "preset": "paper", "steps": 4, "seed": 5},
    "fkan-equation": SHORT
    | {"space": "fkan", "dataset": "lane-emden-1", "steps": 2, "space_options": {"max_width": 6, "max_depth": 2}},
    "kafcm-series": SMALL | {"space": "kafcm", "data": "plant.csv", "time": "hour", "folds": 2},
    "kafcm-table": SMALL
    | {
        "space": "kafcm",
        "dataset": "yerkes-dodson",
        "folds": 2,
        "steps": 4,
        "algorithm": "random",
        "formula_seconds": 0.3,
    },
}
"""Settings of `evokan.search`, by name; two tables of our own are written beside the runs."""


def write_tables(folder: Path) -> None:
    """Write the tables that cases name by file."""
    rng = np.random.default_rng(0)
    colours = rng.choice(["red", "green", "dark blue"], 90)
    size, weight = rng.normal(size=90), rng.normal(size=90)
    kinds = np.array(["low", "mid, or so", "high"])[np.digitize(size + (colours == "red") - weight, [-0.5, 0.8])]
    rows = [f'{s:.4f},{c},{w:.4f},"{k}"' for s, c, w, k in zip(size, colours, weight, kinds, strict=True)]
    rows[7] = rows[7].replace(rows[7].split(",")[2], "", 1)
    (folder / "shop.csv").write_text("\n".join(["size,colour,weight,kind", *rows]) + "\n")
    state, lines = rng.uniform(-1, 1, 3), ["hour,heat,flow,level"]
    for hour in range(80):
        lines.append(",".join([str(hour), *(f"{value:.5f}" for value in state)]))
        a, b, c = state
        state = np.tanh([1.4 * b, 0.9 - 1.7 * a * a, 0.5 * c + 0.4 * a]) + 0.05 * rng.normal(size=3)
    (folder / "plant.csv").write_text("\n".join(lines) + "\n")


def settings(name: str, folder: Path) -> dict[str, Any]:
    """Return the settings of a case, its table in `folder`."""
    found = dict(CASES[name])
    if "data" in found:
        found["data"] = folder / found["data"]
    return found


def records(run: Path) -> dict[str, bytes]:
    """Return what is compared of a run, by file: no seconds, no versions, no paths."""
    found = {}
    for name in ("evaluations.csv", "history.csv", "pareto.csv"):
        rows = list(csv.DictReader(io.StringIO((run / name).read_text(encoding="utf-8"))))
        out = io.StringIO()
        writer = csv.DictWriter(
            out, [column for column in rows[0] if column != "seconds"], extrasaction="ignore", lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)
        found[name] = out.getvalue().encode()
    for name in ("metrics.json", "formula.txt"):
        if (run / "best" / name).exists():
            found[f"best/{name}"] = (run / "best" / name).read_bytes()
    # Curves and weights are long: what changes in them shows in the figures first.
    files = {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("best", "front")
        for path in sorted((run / part).iterdir())
    }
    found["sha256.json"] = (json.dumps(files, indent=1) + "\n").encode()
    return found


def kept(name: str) -> dict[str, bytes]:
    """Return the files that are kept of a case."""
    folder = KEPT / name
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def machine() -> dict[str, str]:
    """Return what floating-point results may depend on: the kind of processor, and the libraries."""
    from llvmlite import binding

    return {
        "machine": platform.machine(),
        "processor": binding.get_host_cpu_name(),
        **{name: version(name) for name in LIBRARIES},
    }


def made_here() -> bool:
    """Return whether the kept files were made with this kind of processor and these libraries."""
    return bool(json.loads((HERE / "made_with.json").read_text()) == machine())


def differences(name: str, run: Path) -> list[str]:
    """Return one sentence for each kept file that a run does not repeat: byte for byte where it was made alike.

    Elsewhere rounding leads evolution astray after a while, so the networks of the first generation are compared,
    and the median of their losses to a thousandth.
    """
    ours, theirs = records(run), kept(name)
    if made_here():
        return [
            f"{name}: {file} is not what it was"
            for file in sorted(set(ours) | set(theirs))
            if ours.get(file) != theirs.get(file)
        ]
    columns = ("id", "chromosome", "n_params", "n_params_paper", "n_edges", "n_features", "depth", "grid")
    first, before = (_first_generation(files["evaluations.csv"]) for files in (ours, theirs))
    faults = [
        f"{name}: {column} of the first generation is not what it was"
        for column in columns
        if [row[column] for row in first] != [row[column] for row in before]
    ]
    ours_loss, theirs_loss = (np.array([float(row["val_loss"]) for row in rows]) for rows in (first, before))
    usable = np.isfinite(ours_loss) & np.isfinite(theirs_loss)
    if not usable.any() or np.median(np.abs(ours_loss[usable] / theirs_loss[usable] - 1.0)) > 1e-3:
        faults.append(f"{name}: the losses of the first generation are not what they were")
    return faults


def _first_generation(table: bytes) -> list[dict[str, str]]:
    return [row for row in csv.DictReader(io.StringIO(table.decode())) if row["generation"] == "0"]


def run_case(name: str, folder: Path, **more: Any) -> Path:
    """Run a case inside `folder`, and return the run's path."""
    import evokan

    quiet = {"observer": evokan.Observer()}
    return Path(evokan.search(**{**quiet, **settings(name, folder), "out": folder / name, **more}).path)


def kill_case(name: str, folder: Path, records: int) -> None:
    """Run a case, and die by SIGKILL when it has `records` individuals."""
    from evokan.searching.observer import Observer

    class Killer(Observer):
        seen = 0

        def on_record(self, record: Any) -> None:
            self.seen += 1
            if self.seen == records:
                os.kill(os.getpid(), signal.SIGKILL)

    run_case(name, folder, observer=Killer())


def main(arguments: list[str]) -> int:
    """Run the script, and return its exit status."""
    if arguments[:1] == ["kill"] and len(arguments) == 4:
        kill_case(arguments[1], Path(arguments[2]), int(arguments[3]))
        return 1
    if not arguments or arguments[0] not in ("make", "compare"):
        print(__doc__)
        return 2
    names = arguments[1:] or list(CASES)
    done: Callable[[str, Path], Iterable[str]] = _keep if arguments[0] == "make" else differences
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        write_tables(Path(folder))
        for name in names:
            found = list(done(name, run_case(name, Path(folder))))
            print(*found or [f"{name}: kept" if arguments[0] == "make" else f"{name}: equal"], sep="\n", flush=True)
            faults += found
    if arguments[0] == "make":
        (HERE / "made_with.json").write_text(json.dumps(machine(), indent=1) + "\n")
    return int(bool(faults))


def _keep(name: str, run: Path) -> list[str]:
    shutil.rmtree(KEPT / name, ignore_errors=True)
    for file, content in records(run).items():
        path = KEPT / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
