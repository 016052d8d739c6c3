"""One forward and backward of the fractional Jacobi block, and how many candidates train in a second (Figure 4d)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from evokan.datasets import load_dataset
from evokan.experiments import Context, Experiment
from evokan.problem import Problem
from evokan.space import Budget, TrainingJob
from experiments.benchmarks.report import Aim, Measurements, Row, aims_table, folder, main, table, write_page
from search_spaces.fkan import FKAN, FKANOptions, FractionalJacobi
from search_spaces.fkan.encoding import SEQUENTIAL, network

SIZE = 1000
REPEATS = 15
CANDIDATES = 20


def sigmoid_power(x: Tensor) -> Tensor:
    """Return s(x)^g, with a g that is trained: what every fractional block begins with."""
    return torch.sigmoid(x) ** torch.sigmoid(torch.zeros((), requires_grad=True))


def recurrence(x: Tensor, degree: int = 6) -> Tensor:
    """Return J_6^(1,1)(2 s(x)^g - 1) by the plain three-term recurrence, with a and b that are trained."""
    a, b = (torch.ones((), requires_grad=True) for _ in range(2))
    t = 2.0 * sigmoid_power(x) - 1.0
    before, now = torch.ones_like(t), (a + b + 2.0) * t / 2.0 + (a - b) / 2.0
    for n in range(1, degree):
        total = 2 * n + a + b
        scale = (n + 1) * (n + a + b + 1)
        first = (total + 1) * (total + 2) / (2 * scale)
        second = (a**2 - b**2) * (total + 1) / (2 * scale * total)
        third = (n + a) * (n + b) * (total + 2) / (scale * total)
        before, now = now, (first * t + second) * now - third * before
    return now


WAYS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid and power": sigmoid_power, "plain recurrence, degree 6": recurrence,
    **{f"FractionalJacobi({degree})": FractionalJacobi(degree) for degree in range(1, 7)},
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "elu": torch.nn.functional.elu,
    "gelu": torch.nn.functional.gelu, "silu": torch.nn.functional.silu, "softplus": torch.nn.functional.softplus,
}


def run(context: Context) -> Sequence[Path]:
    """Measure what is missing, and write the page."""
    rows = Measurements(folder(context) / "fkan_block.csv", ("what",))
    repeats = 3 if context.quick else REPEATS
    for (what,) in context.each("measurements", rows.missing([(name,) for name in (*WAYS, "candidates")])):
        with threadpool_limits(limits=1):
            rows.add(candidates() if what == "candidates" else block(what, repeats))
    page = rows.path.with_suffix(".md")
    write_page(page, "The fractional Jacobi block", rows.values(), "one thread", report(rows.values()))
    return [rows.path, page]


def block(name: str, repeats: int) -> Row:
    """Return the CPU time of one forward and backward of a SIZE x SIZE float32 array, in ms."""
    way = WAYS[name]
    generator = torch.Generator().manual_seed(0)
    x, upstream = (torch.randn(SIZE, SIZE, generator=generator) for _ in range(2))
    x.requires_grad_()
    times = []
    for _ in range(repeats + 2):
        x.grad = None
        began = time.process_time()
        torch.autograd.backward(way(x), upstream)
        times.append(1e3 * (time.process_time() - began))
    return {"what": name, "median": float(np.median(times[2:])), "lowest": min(times[2:]), "repeats": repeats}


def candidates() -> Row:
    """Return how many networks of 5 neurons x 3 layers on fkan-1d are trained in a second of CPU time."""
    problem = Problem.from_table(load_dataset("fkan-1d"))
    space = FKAN(FKANOptions(patience=0))
    space.prepare(problem)
    architecture = network(1, 1, (0,), SEQUENTIAL, (5, 5, 5), (6, 6, 6))
    rates = []
    for repeat in range(5):
        began = time.process_time()
        space.train([TrainingJob(architecture, problem.folds[0], CANDIDATES * repeat + i) for i in range(CANDIDATES)],
                    problem, Budget(20))
        rates.append(CANDIDATES / (time.process_time() - began))
    return {"what": "candidates", "median": float(np.median(rates)), "lowest": min(rates), "repeats": len(rates)}


def report(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the parts of the page."""
    found = {row["what"]: row["median"] for row in rows}
    ratio = found["FractionalJacobi(6)"] / found["sigmoid and power"]
    return [
        aims_table([
            Aim("block of degree 6 against sigmoid and power alone", 2.0, ratio, at_least=False, unit=" times"),
            Aim("candidates a second, fkan-1d, 5 neurons x 3 layers, 500 evaluations", 10.0, found["candidates"]),
        ]),
        f"CPU time of one forward and backward, {SIZE} x {SIZE}, float32, one thread; all parameters have gradients:",
        table(("", "median ms", "lowest ms"),
              [(row["what"], row["median"], row["lowest"]) for row in rows if row["what"] != "candidates"]),
        "A candidate is trained by 20 steps of L-BFGS: at most 500 evaluations of loss and gradient.",
    ]


EXPERIMENT = Experiment("fkan-block", "cost of the fractional Jacobi block and of a candidate (fKAN, Figure 4d)", run)

if __name__ == "__main__":
    main("fkan_block", run)
