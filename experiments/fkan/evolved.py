"""Equations: evolution against random search, the family's seeds alone, and the paper's network, at equal iterations."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evokan.datasets.equations import equation_table
from evokan.errors import TrainingFailed
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.records import Record
from evokan.problem.prediction import predict
from evokan.problem.problem import Problem
from evokan.searching import engine
from evokan.searching.finalists import LONGER_FIT
from evokan.searching.observer import EnoughError, Observer
from evokan.seeding import derive_seed
from evokan.settings.config import SearchConfig
from evokan.settings.job import Job, resolve
from evokan.spaces.architecture import Weights
from evokan.spaces.training import Budget, Trained, TrainingJob
from experiments.fkan.evolved_equations import EQUATIONS, reference
from experiments.fkan.evolved_page import LONG, LONGER, POPULATION, STEPS, STRATEGIES, TRAININGS, WHOLE, report
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, write_page
from experiments.parallel import as_done
from search_spaces.fkan import FKAN
from search_spaces.fkan.encoding import FKANArchitecture
from search_spaces.fkan.residual import STEP

EVALUATIONS = 2
"""Evaluations of the equation that an iteration takes, unless a step fails."""
SEEDS = 10
POINTS = 1001
"""Of the domain, at which errors are measured."""


class Task(NamedTuple):
    """One search of the study."""

    equation: str
    strategy: str
    seed: int
    steps: int
    trainings: int


def run(context: Context) -> Sequence[Path]:
    """Search what is missing, and write the page."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "evolved.csv", ("equation", "strategy", "seed"))
    equations = ["prey"] if context.quick else list(EQUATIONS)
    steps, trainings = (4, 8) if context.quick else (STEPS, TRAININGS)
    seeds = range(1 if context.quick else context.seeds or SEEDS)
    keys = [(equation, strategy, seed) for seed in seeds for equation in equations for strategy in STRATEGIES]
    whole = [(equation, WHOLE, seed) for equation in equations for seed in seeds if not context.quick]
    missing = rows.missing([*whole, *keys])
    results = as_done(measure, [Task(*key, steps, trainings) for key in missing], context.workers)
    page = folder / "evolved.md"

    def write() -> None:
        write_page(page, "Evolution over equations", rows.values(), "one thread", report(rows.values()), folder="fkan")

    for _ in context.each("searches", missing):
        rows.add(next(results))
        write()
    write()
    return [rows.path, page]


class Ledger:
    """What a strategy has spent, and the best it has found.

    Parameters
    ----------
    limit
        Evaluations of the equation that it may spend; the training that goes beyond is the last.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.spent = self.trainings = 0
        self.half = self.loss = np.inf
        self.network: FKANArchitecture | None = None
        self.weights: Weights | None = None

    def take(self, job: TrainingJob[FKANArchitecture], trained: Trained) -> None:
        """Count one training, and keep it where it was a whole one and its held-out loss is the lowest so far."""
        self.spent += trained.evaluations
        self.trainings += 1
        if job.steps is None and trained.weights is not None and trained.val_loss < self.loss:
            self.loss, self.network, self.weights = trained.val_loss, job.architecture, trained.weights
        if self.spent <= self.limit / 2:
            self.half = self.loss

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.spent >= self.limit


class Counted(FKAN):
    """The family, with every training written into a ledger, and none after its limit."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger

    def train(self, jobs: Sequence[TrainingJob[FKANArchitecture]], problem: Problem, budget: Budget) -> list[Trained]:
        """Train each job as long as something is left."""
        found = []
        for job in jobs:
            if self.ledger.is_spent:
                found.append(Trained.failed("the study's iterations are spent"))
                continue
            found += super().train([replace(job, keep_weights=True)], problem, budget)
            self.ledger.take(job, found[-1])
        return found


class Until(Observer):
    """Ends a search where the ledger is spent."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def on_record(self, record: Record) -> None:
        """Raise `EnoughError` where nothing is left."""
        if self.ledger.is_spent:
            raise EnoughError


def measure(task: Task) -> Row:
    """Return the figures of one strategy: of the network with the lowest loss at the held-out points."""
    equation = EQUATIONS[task.equation]
    whole = task.strategy == WHOLE
    problem = Problem.from_table(equation_table(equation), rungs=None if whole or task.strategy == "rungs" else 0)
    ledger = Ledger(np.inf if whole else EVALUATIONS * STEP["levenberg-marquardt"] * task.steps * task.trainings)
    space = Counted(ledger)
    space.prepare(problem)
    network: Any = None
    began, weights = time.process_time(), None
    if whole:
        network, weights = search(space, problem, task)
    elif task.strategy in ("evolution", "rungs", "random"):
        evolve(space, problem, task)
    else:
        train(space, problem, task)
    seconds = time.process_time() - began
    network, weights = network or ledger.network, weights or ledger.weights
    if network is None or weights is None:
        raise TrainingFailed(f"no network could be trained: {task}")
    x = np.linspace(problem.table.X.min(), problem.table.X.max(), POINTS)
    model = space.model(network, problem, weights)
    return {
        "equation": task.equation,
        "strategy": task.strategy,
        "seed": task.seed,
        "steps": task.steps,
        "error": float(np.abs(predict(model, x[:, None]) - reference(equation, x)).max()),
        "val_loss": ledger.loss,
        "val_loss_half": ledger.half,
        "n_params": network.n_params,
        "network": network.key,
        "trainings": ledger.trainings,
        "evaluations": ledger.spent,
        "cpu_seconds": round(seconds, 2),
    }


def evolve(space: Counted, problem: Problem, task: Task) -> None:
    """Run generations until the ledger is spent."""
    algorithm = "random" if task.strategy == "random" else "ga"
    job = Job(settings(task.seed, generations=1000, algorithm=algorithm), space, problem, Budget(task.steps))
    with ThreadExecutor(1) as executor:
        engine.evolve(job, executor, Until(space.ledger), reference={"val_loss": 1.0, "n_params": 1000.0})


def search(space: Counted, problem: Problem, task: Task) -> tuple[FKANArchitecture, Weights]:
    """Return the network of a whole search, and its values."""
    config = settings(task.seed, generations=3)
    with ThreadExecutor(1) as executor:
        chosen = engine.search(Job(config, space, problem, Budget(config.steps)), executor).chosen
    network = chosen.finalist.architecture
    assert isinstance(network, FKANArchitecture)
    assert chosen.weights is not None
    return network, chosen.weights


def settings(seed: int, **more: Any) -> SearchConfig:
    """Return those of `evokan search` for an equation; the name is one that is known, the equation comes by itself."""
    return resolve({"space": "fkan", "dataset": "lane-emden-3", "seed": seed, "population": POPULATION, **more})


def train(space: Counted, problem: Problem, task: Task) -> None:
    """Train hand-made networks until the ledger is spent, each once more from other initial values after its turn."""
    networks: Sequence[FKANArchitecture] = list(space.reference_architectures(problem).values())
    if task.strategy in ("seeds", LONGER):
        networks = space.seeds(problem)
    steps = task.steps * {LONG: task.trainings, LONGER: LONGER_FIT}.get(task.strategy, 1)
    for number_, network in enumerate(cycle(networks)):
        seed = derive_seed("evolved", task.seed, network.key, number_)
        space.train([TrainingJob(network, problem.folds[0], seed)], problem, Budget(steps))
        if space.ledger.is_spent or task.strategy == LONG:
            return


EXPERIMENT = Experiment(
    "fkan-evolved", "equations: evolution against random search, seeds and the paper's network", run
)
