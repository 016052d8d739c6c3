"""Sixty chromosomes on Wine, and their training by our engine.

``wine_60.txt`` holds 60 valid GA-KAN chromosomes for Wine (13 inputs, 3 classes, at most 4 layers of 5 neurons:
138 bits), random bits drawn once, one text form a line. They come from no search and were selected by no engine.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

from evokan.datasets import load_dataset
from evokan.problem.problem import Problem
from evokan.problem.scaling import ScalerName
from evokan.spaces.training import Budget, Trained, TrainingJob
from experiments.pages import Row
from search_spaces.gakan import GAKAN, encoding
from search_spaces.gakan.encoding import KANArchitecture, Mask
from search_spaces.gakan.options import GAKANOptions
from search_spaces.gakan.training import train

CHROMOSOMES = Path(__file__).with_name("wine_60.txt")
MAX_DEPTH, MAX_WIDTH = 4, 5

NO_PENALTY = {"ridge": 0.0, "base_ridge": 0.0, "roughness": 0.0, "l1": 0.0}
STOPPING_RULE = GAKANOptions(**NO_PENALTY)
FULL_WORK = GAKANOptions(**NO_PENALTY, patience=0, look="step")
PUBLISHED_GRIDS = GAKANOptions(**NO_PENALTY, patience=0, look="step", grid_steps=(0, 5, 10, 15))


@dataclass(frozen=True)
class Network:
    """One chromosome, decoded.

    Attributes
    ----------
    number
        Place in the file, from 0.
    masks
        Connections of the kept layers as the bits have them, before pruning.
    architecture
        The pruned network.
    """

    number: int
    masks: tuple[Mask, ...]
    architecture: KANArchitecture

    @property
    def sizes(self) -> dict[str, int]:
        """Columns that describe the network."""
        a = self.architecture
        return {
            "chromosome": self.number,
            "depth": a.depth,
            "grid": a.grid,
            "live_edges": a.n_edges,
            "kept_edges": a.kept_edges,
        }


@cache
def problem(split_seed: int = 0, scaler: ScalerName = "standard") -> Problem:
    """Return Wine with one hold-out."""
    return Problem.from_table(load_dataset("wine"), split_seed=split_seed, scaler=scaler, folds=1)


def networks(path: Path = CHROMOSOMES, count: int | None = None) -> list[Network]:
    """Return the first `count` networks of a text file, or of a CSV file with a column ``chromosome``."""
    with path.open(encoding="utf-8", newline="") as file:
        table = path.suffix == ".csv"
        lines = [row["chromosome"] for row in csv.DictReader(file)] if table else file.read().split()
    return [_decode(number, line) for number, line in enumerate(lines[:count])]


def _decode(number: int, text: str) -> Network:
    wine = problem()
    options = GAKANOptions(max_depth=MAX_DEPTH, max_width=MAX_WIDTH)
    layout = encoding.layout(wine, options)
    values = layout.unpack(layout.from_text(text))
    architecture = encoding.decode(values, wine, options)
    depth = min(int(values["depth"]), MAX_DEPTH)
    first = np.asarray(values["block1"], dtype=bool)
    if depth == 1:
        masks = [first[: wine.n_outputs]]
    else:
        square = [np.asarray(values[f"block{i}"], dtype=bool) for i in range(2, depth)]
        masks = [first, *(mask for mask in square if mask.any()), np.asarray(values["output"], dtype=bool)]
    if encoding.from_masks(masks, architecture.grid) != architecture:
        raise AssertionError(f"chromosome {number}: the masks and the decoded network differ")
    return Network(number, tuple(masks), architecture)


def train_ours(
    network: Network,
    wine: Problem,
    options: GAKANOptions,
    seed: int,
    *,
    keep_weights: bool = False,
) -> tuple[Trained, float]:
    """Train one network with 20 steps at most; return the outcome and the CPU seconds it took."""
    fold = wine.folds[0]
    arrays = wine.arrays(fold, np.float32 if options.precision == "float32" else np.float64)
    job = TrainingJob(network.architecture, fold, seed, keep_weights=keep_weights)
    began = time.process_time()
    trained = train(job, arrays, wine, options, Budget(steps=20))
    return trained, time.process_time() - began


def test_accuracy(network: Network, wine: Problem, trained: Trained) -> float:
    """Return the share of test rows that the kept network classifies rightly; 0 for a failed training."""
    if trained.weights is None:
        return 0.0
    model = GAKAN().model(network.architecture, wine, trained.weights)
    with torch.no_grad():
        predicted = model(torch.from_numpy(wine.table.X[wine.test])).argmax(dim=1).numpy()
    return float(np.mean(predicted == wine.table.y[wine.test]))


def depth_medians(rows: Sequence[Row]) -> dict[int, float]:
    """Return the median of the finite validation losses at every depth; NaN where there is none."""
    return {
        depth: median_loss([row for row in rows if row["depth"] == depth])
        for depth in sorted({int(row["depth"]) for row in rows})
    }


def median_loss(rows: Sequence[Row]) -> float:
    """Return the median of the finite validation losses, NaN where there is none."""
    finite = [row["val_loss"] for row in rows if math.isfinite(row["val_loss"])]
    return float(np.median(finite)) if finite else math.nan


def failures(rows: Sequence[Row]) -> int:
    """Return the number of rows without a finite validation loss."""
    return sum(not math.isfinite(row["val_loss"]) for row in rows)
