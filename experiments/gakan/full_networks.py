"""Full KANs, taken through the same final steps as a network that a search has found."""

from __future__ import annotations

from typing import Any

import numpy as np

from evokan.datasets import load_dataset
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.records import Record
from evokan.problem.metrics import Figures
from evokan.searching import engine
from evokan.settings.job import Job
from evokan.spaces.architecture import Architecture
from experiments.study import Piece
from search_spaces.gakan.space import REFERENCE_GRID

WIDE, DEEP, ADDITIVE = "full [n,2n+1,m]", "full [n,5,5,5,m]", "full [n,m]"
"""The paper's two, and the one without hidden neurons, which it does not have."""


def hidden_layers(label: str, n_inputs: int) -> tuple[int, ...]:
    """Return the hidden widths of the full network called `label`."""
    return {WIDE: (2 * n_inputs + 1,), DEEP: (5, 5, 5), ADDITIVE: ()}[label]


def job_of(label: str, dataset: str, split: int, settings: dict[str, Any]) -> tuple[Job, tuple[int, ...]]:
    """Return what trains a full network, in a space just large enough for it, and its widths from inputs to outputs."""
    hidden = hidden_layers(label, load_dataset(dataset).X.shape[1])
    room = {"max_depth": len(hidden) + 1, "max_width": max(hidden, default=1)}
    job = Piece(label, dataset, split, {**settings, "space_options": room}).job()
    return job, (job.problem.n_features, *hidden, job.problem.n_outputs)


def fit_full(label: str, dataset: str, split: int, settings: dict[str, Any]) -> tuple[Architecture, Figures]:
    """Train a full network with five fresh seeds on fresh folds, fit it, and return it with its test figures.

    That is what `evokan.searching.finalists` does with the finalists of a search, so that both sides have the same luck; with
    the paper's preset it is trained once, on the hold-out. The network is written as a chromosome of ones.
    """
    job, widths = job_of(label, dataset, split, settings)
    layout = job.space.layout(job.problem)
    values = layout.unpack(np.ones(layout.length, dtype=np.uint8))
    bits = layout.pack({**values, "grid": REFERENCE_GRID, "depth": len(widths) - 1})
    network = job.space.decode(bits, job.problem)
    record = Record(0, 0, layout.to_text(bits))
    with ThreadExecutor(1) as executor:
        finalizer = engine.finalizer(job, executor)
        finalists = finalizer.retrain([record])
        weights = finalizer.fit(finalists)[0].weights if finalists else None
        return network, {} if weights is None else finalizer.metrics(network, weights, job.problem.test)
