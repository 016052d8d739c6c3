"""What a search works with, as the content of ``config.json``."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evokan.datasets.given import KEPT
from evokan.errors import InvalidArchitecture
from evokan.evaluation.racing import ladder
from evokan.problem.equations.base import Equation
from evokan.problem.equations.remembered import to_json
from evokan.seeding import generator
from evokan.settings.job import Job
from evokan.settings.origin import file_sha256, versions_now
from evokan.spaces.chromosome import ChromosomeLayout

FORMAT = 1
"""How a run directory is laid out. Runs of earlier versions, which have no manifest, say nothing."""


def describe(job: Job) -> dict[str, Any]:
    """Return the content of ``config.json``."""
    table = job.problem.table
    # Code is never taken from a run, so a run does not say where it lay.
    settings = job.config.model_dump(mode="json", exclude={"space_options", "out", "equation"})
    for name in KEPT:
        if settings[name] is not None and name not in job.kept:
            settings[name] = str(Path(settings[name]).absolute())
    layout = job.space.layout(job.problem)
    return {
        "format": FORMAT,
        "settings": settings,
        "options": job.space.options.model_dump(mode="json"),
        "data": {
            "name": table.name,
            "sha256": table.sha256,
            "file_sha256": _data_sha256(job),
            "task": table.task.value,
            "rows": len(table.y),
            "features": table.X.shape[1],
            "classes": list(table.class_names),
            "schema": table.schema,
            "train": len(job.problem.train),
            "validation": len(job.problem.validation),
            "test": len(job.problem.test),
            "series": None if table.series is None else len(np.unique(table.series)),
            **({} if table.equation is None else {"equation": _equation(table.equation, job.config.equation)}),
        },
        **describe_rungs(job),
        "notes": list(job.notes),
        "chromosome": {"bits": layout.length, "segments": layout.describe()},
        "reference_point": reference_point(job, layout),
        "versions": versions_now(),
        "processor": {"machine": platform.machine(), "device": job.budget.device},
    }


def describe_rungs(job: Job) -> dict[str, Any]:
    """Return the part that a time limit can change: the rows of the rungs, and of the first one if it chose them."""
    chosen = {"first_rung": job.first_rung} if job.first_rung else {}
    return {"rungs": [rung.rows for rung in ladder(job.problem, cuts=True)] if job.problem.cuts else [], **chosen}


def reference_point(job: Job, layout: ChromosomeLayout, objectives: Sequence[str] | None = None) -> dict[str, float]:
    """Return, for every objective of the front, a value that useful networks stay below.

    For ``val_loss`` the loss of the best constant prediction (of an equation: of 0); for the others the largest
    value among the chromosome of ones and 256 random ones, plus 1 so that it lies inside.
    """
    problem = job.problem
    if problem.task.has_classes:
        share = np.bincount(problem.table.y[problem.development]) / len(problem.development)
        constant = float(-(share[share > 0] * np.log(share[share > 0])).sum())
    elif problem.table.equation is not None:
        from evokan.problem.equations.jets import loss_of_zero

        constant = loss_of_zero(problem.table.equation, problem.table.X)
    else:
        constant = 1.0
    rng = generator("reference", layout.length)
    samples = [np.ones(layout.length, dtype=np.uint8), *(layout.random(rng) for _ in range(256))]
    architectures = []
    for bits in samples:
        try:
            architectures.append(job.space.decode(bits, problem))
        except InvalidArchitecture:
            continue
    return {
        name: constant
        if name == "val_loss"
        else 1.0 + max((float(getattr(architecture, name)) for architecture in architectures), default=1.0)
        for name in (job.config.front_objectives if objectives is None else objectives)
    }


def _data_sha256(job: Job) -> str | None:
    if "data" in job.kept:
        return hashlib.sha256(job.kept["data"]).hexdigest()
    return None if job.config.data is None else file_sha256(job.config.data)


def _equation(equation: Equation, file: Path | None) -> dict[str, Any]:
    """Return what a run keeps of an equation: its names, and the fingerprint of its file."""
    own = {} if file is None else {"file": file.name, "file_sha256": file_sha256(file)}
    return {**to_json(equation), **own}
