"""CPU time and lowest validation loss on 60 chromosomes: ours beside pykan's, both sides in one run on one core."""

from __future__ import annotations

import gc
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from experiments import pages as report
from experiments.benchmarks.wine60 import (
    CHROMOSOMES,
    FULL_WORK,
    PUBLISHED_GRIDS,
    STOPPING_RULE,
    Network,
    depth_medians,
    failures,
    median_loss,
    networks,
    problem,
    train_ours,
)
from experiments.harness import Context, Experiment
from experiments.pages import Aim, Measurements, Row

NAME = "pykan_chromosomes"
FIT, SPEED, RAW = "pykan, fit", "pykan, speed mode", "pykan, speed mode, raw inputs"
FULL, GRIDS, STOP = "ours, full work", "ours, full work and grid updates", "ours, stopping rule"
OPTIONS = {FULL: FULL_WORK, GRIDS: PUBLISHED_GRIDS, STOP: STOPPING_RULE}
LOSS_AIM = 0.30
# (ours, pykan's, at least so many times less)
RATIOS = (
    (FULL, FIT, 250.0),
    (FULL, SPEED, 60.0),
    (GRIDS, FIT, 250.0),
    (GRIDS, SPEED, 60.0),
    (STOP, FIT, 10_000.0),
    (STOP, SPEED, 250.0),
)


def run(context: Context, chromosomes: Path = CHROMOSOMES) -> Sequence[Path]:
    """Train every network with every engine, one after the other, so that no engine has a quieter machine."""
    from experiments.benchmarks.pykan_engine import train_pykan

    torch.set_num_threads(1)
    table = Measurements(context.folder("benchmarks") / f"{NAME}.csv", ("chromosome",))
    chosen = {network.number: network for network in networks(chromosomes, 3 if context.quick else None)}
    for speed in (False, True):  # first calls load and compile things
        train_pykan(chosen[0].masks, 3, problem(), speed=speed, steps=1)
    for options in OPTIONS.values():
        train_ours(chosen[0], problem(), options, seed=0)
    for number in context.each("networks", table.missing(list(chosen))):
        table.add(*_train(chosen[number], context.seeds or 5))
    page = table.path.with_suffix(".md")
    write(table.values(), page)
    return [table.path, page]


def _train(network: Network, seeds: int) -> list[Row]:
    from experiments.benchmarks.pykan_engine import train_pykan

    wine = problem()
    rows: list[Row] = []
    for engine, inputs, speed in ((FIT, wine, False), (SPEED, wine, True), (RAW, problem(0, "none"), True)):
        run = train_pykan(network.masks, network.architecture.grid, inputs, speed=speed)
        rows.append(
            {
                "engine": engine,
                **network.sizes,
                "seed": 0,
                "cpu_seconds": run.cpu_seconds,
                "evaluations": run.evaluations,
                "val_loss": run.val_loss,
                "error": run.error,
            }
        )
    gc.collect()  # of what pykan left, outside our times
    for seed in range(seeds):
        for engine, options in OPTIONS.items():
            trained, seconds = train_ours(network, wine, options, seed)
            rows.append(
                {
                    "engine": engine,
                    **network.sizes,
                    "seed": seed,
                    "cpu_seconds": seconds,
                    "evaluations": trained.evaluations,
                    "val_loss": trained.val_loss,
                    "error": trained.reason,
                }
            )
    return rows


@dataclass(frozen=True)
class Summary:
    """Figures of one engine over all its trainings.

    Attributes
    ----------
    seconds, median_seconds
        CPU seconds a network.
    evaluations
        Loss-and-gradient evaluations a network.
    each
        CPU seconds an evaluation.
    trainings, failed
        How many, and how many of them failed.
    loss, by_depth
        Median lowest validation loss of those that did not fail.
    """

    seconds: float
    median_seconds: float
    evaluations: float
    each: float
    trainings: int
    failed: int
    loss: float
    by_depth: dict[int, float]


def summarise(rows: Sequence[Row]) -> dict[str, Summary]:
    """Return the figures of every engine."""
    made = {}
    for engine in dict.fromkeys(row["engine"] for row in rows):
        part = [row for row in rows if row["engine"] == engine]
        seconds = np.array([row["cpu_seconds"] for row in part])
        evaluations = np.array([row["evaluations"] for row in part])
        made[str(engine)] = Summary(
            float(seconds.mean()),
            float(np.median(seconds)),
            float(evaluations.mean()),
            float(seconds.sum() / evaluations.sum()),
            len(part),
            failures(part),
            median_loss(part),
            depth_medians(part),
        )
    return made


def aims(engines: Mapping[str, Summary]) -> list[Aim]:
    """Return the figures to reach, each beside what was measured."""
    made = [
        Aim(
            f"CPU time a network: {theirs} / {ours}",
            limit,
            engines[theirs].seconds / engines[ours].seconds,
            unit=" times",
        )
        for ours, theirs, limit in RATIOS
    ]
    made += [
        Aim(
            f"CPU time an evaluation: {theirs} / {FULL}",
            limit,
            engines[theirs].each / engines[FULL].each,
            unit=" times",
        )
        for theirs, limit in ((FIT, 250.0), (SPEED, 60.0))
    ]
    made += [Aim(f"failures, {engine}", 0, engines[engine].failed, at_least=False) for engine in (FULL, STOP)]
    made.append(Aim(f"median lowest validation loss, {STOP}", LOSS_AIM, engines[STOP].loss, at_least=False))
    theirs = [engines[engine] for engine in (FIT, SPEED, RAW)]
    for depth, loss in engines[STOP].by_depth.items():
        best = float(np.nanmin([engine.by_depth.get(depth, math.nan) for engine in theirs]))
        made.append(Aim(f"the same at depth {depth} (aim: the best of pykan's)", best, loss, at_least=False))
    return made


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the page."""
    engines = summarise(rows)
    count = len({row["chromosome"] for row in rows})
    seeds = len({row["seed"] for row in rows})
    depths = sorted(engines[STOP].by_depth)
    times = [
        (
            name,
            1000 * s.seconds,
            1000 * s.median_seconds,
            s.evaluations,
            1000 * s.each,
            engines[FIT].seconds / s.seconds,
            engines[SPEED].seconds / s.seconds,
        )
        for name, s in engines.items()
    ]
    losses = [
        (
            name,
            f"{s.failed} of {s.trainings}",
            f"{s.loss:.3f}",
            *(f"{s.by_depth.get(depth, math.nan):.3f}" for depth in depths),
        )
        for name, s in engines.items()
    ]
    wine = problem()
    report.write_page(
        path,
        f"{count} chromosomes: ours and pykan 0.2.1",
        rows,
        "one thread",
        [
            f"{count} random chromosomes on Wine, split seed 0, one hold-out ({len(wine.train)} training rows, "
            f"{len(wine.validation)} validation rows), scaled inputs unless said otherwise, no penalty, 20 L-BFGS steps. "
            "Seconds a network: total CPU time of the process while networks were trained, construction included, "
            f"divided by their number; pykan with seed 0, ours with {seeds} seeds, all of which count. pykan's "
            "networks have the kept layers with absent connections masked out, and train by its own `fit` (grid updates "
            "at steps 0, 5, 10 and 15); speed mode is `model.speed()` and then the same `fit`. A failed pykan training "
            "counts with the time it took until it raised its error.",
            "## Aims",
            report.aims_table(aims(engines)),
            "## Times",
            report.table(
                (
                    "engine",
                    "ms a network",
                    "median ms",
                    "evaluations a network",
                    "ms an evaluation",
                    "times less than fit",
                    "times less than speed mode",
                ),
                times,
            ),
            f"`{FULL}` has no early stop, but ends where no step can lower the training loss any more (rounding level in "
            f"float64). It spent {engines[FULL].evaluations:.0f} evaluations a network and pykan, in float32, "
            f"{engines[FIT].evaluations:.0f}: the ratios for one evaluation leave this difference out. `{GRIDS}` makes "
            f"pykan's grid updates too, and spent {engines[GRIDS].evaluations:.0f}; `{STOP}` spent "
            f"{engines[STOP].evaluations:.0f}.",
            _bare_evaluations(engines),
            "## Lowest validation loss seen (median of those that did not fail)",
            report.table(("engine", "failed", "all", *(f"depth {depth}" for depth in depths)), losses),
            "pykan looks at the validation loss after each of its 20 steps, and so does our full work; our stopping rule "
            "looks after every iteration. The lowest of many looks at few rows flatters everybody: what the fitness is "
            "worth on the test part is in `pykan_quality.md`.",
        ],
    )


def _bare_evaluations(engines: Mapping[str, Summary]) -> str:
    """Say how far the evaluations alone would get."""
    stop = engines[STOP]
    bare = stop.evaluations * engines[FULL].each
    return (
        f"Of the {1000 * stop.seconds:.2f} ms of `{STOP}` some {1000 * bare:.2f} are its {stop.evaluations:.0f} evaluations, "
        "at what one costs in the full work; the rest is construction, the bases of the inputs and validation losses. With "
        f"nothing but evaluations it would be {engines[FIT].seconds / bare:,.0f} times less than pykan's `fit`."
    )


EXPERIMENT = Experiment("pykan-chromosomes", "CPU time and validation loss on 60 chromosomes, beside pykan", run)

if __name__ == "__main__":
    report.main(NAME, run, chromosomes=CHROMOSOMES)
