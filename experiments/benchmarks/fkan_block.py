"""Cost of the activations, fixed ones and the fractional Jacobi block (Figure 4d), and candidates trained in a second.

The block of the public package (github.com/alirezaafzalaghaei/fKAN) is measured beside ours where the environment
variable ``FKAN_PUBLIC`` names a copy of that repository. Nothing of it is part of this one.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from evokan.datasets import load_dataset
from evokan.problem.problem import Problem
from evokan.spaces.training import Budget, TrainingJob
from experiments.fkan.figures import draw_costs
from experiments.harness import Context, Experiment
from experiments.pages import Aim, Measurements, Row, aims_table, main, number, table, write_page
from search_spaces.fkan import FKAN, FKANOptions, FractionalJacobi
from search_spaces.fkan.encoding import SEQUENTIAL, network

SIZE = 1000
REPEATS = 15
CANDIDATES = 20
DEGREES = range(1, 7)
PUBLIC = "FKAN_PUBLIC"
PUBLISHED = {
    "relu": 16.0,
    "sigmoid": 22.2,
    "tanh": 19.4,
    "fJNB(1)": 25.2,
    "fJNB(2)": 25.8,
    "fJNB(3)": 29.5,
    "fJNB(4)": 36.5,
    "fJNB(5)": 39.5,
    "fJNB(6)": 46.8,
}
"""Figure 4d, the processor's times in ms, from the public notebook ``plot-time``."""


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
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    **{f"fJNB({degree})": FractionalJacobi(degree) for degree in DEGREES},
    "elu": torch.nn.functional.elu,
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
    "softplus": torch.nn.functional.softplus,
    "sigmoid and power": sigmoid_power,
    "plain recurrence, degree 6": recurrence,
}
MOST_TWICE = 2.5
"""What may still be called twice as long."""
FORWARD, BOTH, TRAINING = "forward", "forward and backward", "training"


def run(context: Context) -> Sequence[Path]:
    """Measure what is missing, and write the page."""
    rows = Measurements(context.folder("benchmarks") / "fkan_block.csv", ("what", "pass"))
    repeats = 3 if context.quick else REPEATS
    ways = WAYS | public_ways()
    pieces = [*((name, which) for name in ways for which in (FORWARD, BOTH)), ("candidates", TRAINING)]
    for what, which in context.each("measurements", rows.missing(pieces)):
        with threadpool_limits(limits=1):
            rows.add(candidates() if which == TRAINING else block(what, which, ways[what], repeats))
    page = rows.path.with_suffix(".md")
    picture = rows.path.with_suffix(".png")
    values = rows.values()
    draw_costs(costs(values), picture)
    write_page(page, "The fractional Jacobi block", values, "one thread", report(values))
    return [rows.path, page, picture]


def public_ways() -> dict[str, Callable[[Tensor], Tensor]]:
    """Return the blocks of the public package, none where `PUBLIC` names no folder of it."""
    named = os.environ.get(PUBLIC)
    if not named or not (Path(named) / "fkan" / "torch.py").is_file():
        return {}
    sys.path.insert(0, named)
    try:
        public = importlib.import_module("fkan.torch")
    finally:
        sys.path.remove(named)
    return {f"public fJNB({degree})": public.FractionalJacobiNeuralBlock(degree) for degree in DEGREES}


def block(name: str, which: str, way: Callable[[Tensor], Tensor], repeats: int) -> Row:
    """Return the CPU time of one pass over a SIZE x SIZE float32 array, in ms."""
    generator = torch.Generator().manual_seed(0)
    x, upstream = (torch.randn(SIZE, SIZE, generator=generator) for _ in range(2))
    x.requires_grad_()
    times = []
    for _ in range(repeats + 2):
        x.grad = None
        began = time.process_time()
        if which == BOTH:
            torch.autograd.backward(way(x), upstream)
        else:
            with torch.no_grad():
                way(x)
        times.append(1e3 * (time.process_time() - began))
    return {
        "what": name,
        "pass": which,
        "median": float(np.median(times[2:])),
        "lowest": min(times[2:]),
        "repeats": repeats,
    }


def candidates() -> Row:
    """Return how many networks of 5 neurons x 3 layers on fkan-1d are trained in a second of CPU time."""
    problem = Problem.from_table(load_dataset("fkan-1d"))
    space = FKAN(FKANOptions(patience=0))
    space.prepare(problem)
    architecture = network(1, 1, (0,), SEQUENTIAL, (5, 5, 5), (6, 6, 6))
    rates = []
    for repeat in range(5):
        began = time.process_time()
        space.train(
            [TrainingJob(architecture, problem.folds[0], CANDIDATES * repeat + i) for i in range(CANDIDATES)],
            problem,
            Budget(20),
        )
        rates.append(CANDIDATES / (time.process_time() - began))
    return {
        "what": "candidates",
        "pass": TRAINING,
        "median": float(np.median(rates)),
        "lowest": min(rates),
        "repeats": len(rates),
    }


def costs(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Return the times of a forward pass by source and activation: what Figure 4d shows."""
    found = {row["what"]: row["median"] for row in rows if row["pass"] == FORWARD}
    public = {name.removeprefix("public "): value for name, value in found.items() if name.startswith("public ")}
    return {
        "here": {name: found[name] for name in PUBLISHED},
        **({"public block, here": public} if public else {}),
        "Figure 4d, another machine": PUBLISHED,
    }


def report(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the page."""
    found = {(row["what"], row["pass"]): row for row in rows}
    lowest = {name: float(row["lowest"]) for (name, which), row in found.items() if which == BOTH}
    aims = [
        Aim(
            "block of degree 6 over sigmoid and power alone",
            2.0,
            lowest["fJNB(6)"] / lowest["sigmoid and power"],
            at_least=False,
            unit=" times",
        ),
        Aim(
            "candidates a second, fkan-1d, 5 neurons x 3 layers, 500 evaluations",
            10.0,
            float(found["candidates", TRAINING]["median"]),
        ),
    ]
    if "public fJNB(6)" in lowest:
        aims.insert(
            1,
            Aim(
                "block of degree 6 over the public block",
                0.1,
                lowest["fJNB(6)"] / lowest["public fJNB(6)"],
                at_least=False,
                unit=" times",
            ),
        )
    lines: list[Sequence[str | float]] = []
    for name in dict.fromkeys(row["what"] for row in rows if row["pass"] != TRAINING):
        published = PUBLISHED.get(name)
        lines.append(
            (
                name,
                *(found[name, which][figure] for which in (FORWARD, BOTH) for figure in ("median", "lowest")),
                "" if published is None else published,
            )
        )
    return [
        aims_table(aims),
        f"CPU time of a pass over {SIZE} x {SIZE} values, float32, one thread, medians of {rows[0]['repeats']}; with "
        "backward, all parameters and the input have gradients. Aims: by the lowest times of both passes, which other "
        "work on the machine disturbs least. Figure 4d: forward on a processor, as the notebook `plot-time` has it; "
        "drawing the numbers is part of those times. Public: the block of github.com/alirezaafzalaghaei/fKAN, measured "
        f"where the environment variable `{PUBLIC}` names a copy.",
        table(("", "forward, ms", "lowest", "forward and backward, ms", "lowest", "Figure 4d, ms"), lines),
        _twice(found),
        "![time of a forward pass by activation](fkan_block.png)",
        "A candidate is trained by 20 steps of L-BFGS: at most 500 evaluations of loss and gradient.",
    ]


def _twice(found: dict[tuple[str, str], Row]) -> str:
    """Return a verdict on what the paper says of the time of a block."""
    forward, both = (
        float(found["fJNB(6)", which]["median"]) / float(found["sigmoid", which]["median"]) for which in (FORWARD, BOTH)
    )
    block_, sigmoid, relu = (PUBLISHED[name] for name in ("fJNB(6)", "sigmoid", "relu"))
    return (
        f"The paper's claim that a block takes about twice as long as the sigmoid: "
        f"{'holds' if forward <= MOST_TWICE else '**does not hold**'}. Degree 6 takes {number(forward)} times as long forward, "
        f"{number(both)} times in both passes. Figure 4d itself has {number(block_ / sigmoid)} times with the drawing of the "
        f"numbers, and {number((block_ - relu) / (sigmoid - relu))} times less the time of ReLU, nearly all of which is drawing."
    )


EXPERIMENT = Experiment("fkan-block", "cost of activations and of a candidate (fKAN, Figure 4d; FKAN_PUBLIC)", run)

if __name__ == "__main__":
    main("fkan_block", run)
