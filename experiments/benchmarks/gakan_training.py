"""What every training option of `gakan` does on 60 chromosomes: one factor at a time around the defaults."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch

from evokan.problem.scaling import ScalerName
from experiments import pages as report
from experiments.benchmarks.wine60 import (
    CHROMOSOMES,
    Network,
    depth_medians,
    failures,
    median_loss,
    networks,
    problem,
    test_accuracy,
    train_ours,
)
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row
from search_spaces.gakan.options import GAKANOptions

NAME = "gakan_training"
SPLITS, BEST = 3, 10
SCALER: ScalerName = "standard"
FACTORS: dict[str, tuple[Any, ...]] = {
    "noise": (0.0, 0.1, 0.3, 1.0),
    "base_scale": (1.0, 2.0, 3.0),
    "hidden_range": (2.0, 5.0, 8.0, 12.0),
    "input_margin": (0.0, 0.1, 0.3),
    "grid_steps": ((), (0,), (0, 5, 10, 15)),
    "patience": (5, 10, 20, 40, 0),
    "look": ("iteration", "step"),
    "precision": ("float64", "float32"),
    "ridge": (0.0, 1e-4, 3e-4, 1e-3, 1e-2),
    "base_ridge": (0.0, 1e-3, 1e-2, 1e-1),
    "roughness": (0.0, 1e-3, 1e-2, 1e-1),
    "l1": (0.0, 1e-3),
    "scaler": get_args(ScalerName),
}
GRID_MARGINS = (0.0, 0.5)
DEFAULTS = "defaults"


def variants() -> dict[str, dict[str, Any]]:
    """Return, by label, what each variant changes; `scaler` is a setting of the problem, the others options."""
    made: dict[str, dict[str, Any]] = {DEFAULTS: {}}
    defaults = {**GAKANOptions().model_dump(), "scaler": SCALER}
    for name, values in FACTORS.items():
        for value in values:
            margins = GRID_MARGINS if name == "grid_steps" and value else (defaults["grid_margin"],)
            for margin in margins:
                changes = {
                    key: given for key, given in ((name, value), ("grid_margin", margin)) if given != defaults[key]
                }
                if changes:
                    made[", ".join(f"{key} {_text(given)}" for key, given in changes.items())] = changes
    return made


def run(context: Context, chromosomes: Path = CHROMOSOMES) -> Sequence[Path]:
    """Train all networks with every variant; rows of other defaults than today's are dropped first."""
    torch.set_num_threads(1)
    path = context.folder("benchmarks") / f"{NAME}.csv"
    defaults = json.dumps(GAKANOptions().model_dump(mode="json"), sort_keys=True)
    if any(row["defaults"] != defaults for row in Measurements(path, ()).values()):
        path.unlink()
    table = Measurements(path, ("variant", "split", "seed"))
    chosen = networks(chromosomes, 6 if context.quick else None)
    changes = variants()
    seeds = range(context.seeds or (1 if context.quick else 3))
    missing = table.missing(
        [
            (variant, split, seed)
            for split in range(1 if context.quick else SPLITS)
            for seed in seeds
            for variant in changes
        ]
    )
    if missing:  # first calls load and compile things
        for precision in FACTORS["precision"]:
            _train(chosen[:1], {"precision": precision}, 0, 0)
    reference = cache(lambda split, seed: _train(chosen, {}, split, seed))
    for variant, split, seed in context.each("trainings of all networks", missing):
        rows = _train(chosen, changes[variant], split, seed)
        table.add(
            {
                "variant": variant,
                "split": split,
                "seed": seed,
                **_summary(rows, reference(split, seed)),
                "defaults": defaults,
            }
        )
    page = path.with_suffix(".md")
    write(table.values(), page)
    return [table.path, page]


def _train(chosen: Sequence[Network], changes: dict[str, Any], split: int, seed: int) -> list[Row]:
    given = dict(changes)
    wine = problem(split, given.pop("scaler", SCALER))
    options = GAKANOptions(**given)
    rows: list[Row] = []
    for network in chosen:
        trained, seconds = train_ours(network, wine, options, seed, keep_weights=True)
        rows.append(
            {
                "chromosome": network.number,
                "depth": network.architecture.depth,
                "val_loss": trained.val_loss,
                "iterations": trained.iterations,
                "evaluations": trained.evaluations,
                "cpu_seconds": seconds,
                "test_accuracy": test_accuracy(network, wine, trained),
            }
        )
    return rows


def _summary(rows: Sequence[Row], reference: Sequence[Row]) -> Row:
    """Return the figures of one training of all networks, beside that with the defaults."""
    best = sorted(rows, key=lambda row: (row["val_loss"], row["chromosome"]))[:BEST]
    pairs = [(row["val_loss"], other["val_loss"]) for row, other in zip(rows, reference, strict=True)]
    return {
        "networks": len(rows),
        "failed": failures(rows),
        "median_val_loss": median_loss(rows),
        **{f"median_val_loss_depth_{depth}": loss for depth, loss in depth_medians(rows).items()},
        "best_test_accuracy": float(np.mean([row["test_accuracy"] for row in best])),
        "median_iterations": float(np.median([row["iterations"] for row in rows])),
        "evaluations": float(np.mean([row["evaluations"] for row in rows])),
        "cpu_ms": 1000 * float(np.mean([row["cpu_seconds"] for row in rows])),
        "lower_than_defaults": float(np.mean([0.5 * (own < other) + 0.5 * (own <= other) for own, other in pairs])),
    }


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the page: means over splits and seeds."""
    by_variant: dict[str, list[Row]] = {}
    for row in rows:
        by_variant.setdefault(str(row["variant"]), []).append(row)
    depths = [name for name in rows[0] if name.startswith("median_val_loss_depth")]
    defaults = ", ".join(f"{name} {_text(value)}" for name, value in json.loads(rows[0]["defaults"]).items())
    splits, seeds = (len({row[name] for row in rows}) for name in ("split", "seed"))
    report.write_page(
        path,
        "Training options of GA-KAN",
        rows,
        "one thread, the machine not always quiet",
        [
            f"{rows[0]['networks']} random chromosomes on Wine, {splits} splits x {seeds} seeds, one hold-out, 20 steps at "
            f"most. Every line changes one thing in the defaults ({defaults}; scaler {SCALER}). These splits are those "
            "that decisions are made on: no figure here is a result.",
            report.table(
                (
                    "variant",
                    "failed",
                    "lowest validation loss",
                    *(f"depth {name[-1]}" for name in depths),
                    f"test accuracy of the {BEST} best",
                    "iteration kept",
                    "evaluations",
                    "CPU ms a network",
                    "lower than defaults",
                ),
                [_line(name, part, depths) for name, part in by_variant.items()],
            ),
            "Medians over the networks, then means over splits and seeds (evaluations, time and accuracy: means). "
            "Validation loss: the bare cross-entropy, lowest of all looks. The best are those of the lowest validation "
            "loss: a lower loss that buys no test accuracy was luck with few rows. Lower than defaults: share of the "
            "networks with a lower validation loss than the defaults gave on the same split with the same seed (ties "
            "count half). With penalties the loss is expected to rise, and the test accuracy tells.",
        ],
    )


def _line(name: str, rows: Sequence[Row], depths: Sequence[str]) -> tuple[str, ...]:
    def mean(column: str) -> float:
        return float(np.mean([row[column] for row in rows]))

    return (
        name,
        str(sum(row["failed"] for row in rows)),
        f"{mean('median_val_loss'):.3f}",
        *(f"{mean(column):.3f}" for column in depths),
        f"{mean('best_test_accuracy'):.3f}",
        f"{mean('median_iterations'):.1f}",
        f"{mean('evaluations'):.0f}",
        f"{mean('cpu_ms'):.2f}",
        f"{100 * mean('lower_than_defaults'):.0f} %",
    )


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return " ".join(map(str, value)) or "never"
    return f"{value:g}" if isinstance(value, float) else str(value)


EXPERIMENT = Experiment("gakan-training", "what every training option of gakan does on 60 chromosomes", run)

if __name__ == "__main__":
    report.main(NAME, run, chromosomes=CHROMOSOMES)
