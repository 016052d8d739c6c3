"""Whole searches in memory, in parallel, with what every rule of choice and of the final fit makes of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from evokan.cli.printing import console
from evokan.datasets import load_dataset
from evokan.errors import InputError
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.records import Record
from evokan.evolution import GeneticAlgorithm
from evokan.problem.metrics import Figures
from evokan.searching import engine
from evokan.searching.build import make_algorithm
from evokan.searching.choice import FrontMember
from evokan.searching.finalists import choose_finalist
from evokan.settings.job import Job, prepare, resolve
from evokan.spaces.architecture import Architecture, Weights
from evokan.spaces.space import SearchSpace
from search_spaces.gakan import GAKAN


class PartSizes(NamedTuple):
    """Rows that the chosen network is fitted on, and rows that it is tested on."""

    fitted: int
    test: int

    @property
    def overlap(self) -> float:
        """What `experiments.gakan.statistics.t_interval` wants to know of splits that share rows."""
        return self.test / self.fitted


@dataclass(frozen=True)
class Piece:
    """One search of a study.

    Attributes
    ----------
    variant, dataset, split
        What it is called, what it works on, and the split seed, which is the seed of the search too.
    settings
        Of `evokan.search`, beside these.
    choices, refits
        The rules to apply to its front; ``default`` is what the settings say.
    algorithm
        Takes the place of the genetic algorithm that the settings name, with the same rates.
    space
        Takes the place of the family, with the same options.
    """

    variant: str
    dataset: str
    split: int
    settings: Mapping[str, Any]
    choices: tuple[str, ...] = ("best-loss",)
    refits: tuple[str, ...] = ("development",)
    algorithm: type[GeneticAlgorithm] | None = None
    space: type[SearchSpace] = GAKAN

    def job(self) -> Job:
        """Return what the search works with, its kernels compiled."""
        config = resolve(
            {"space": "gakan", "dataset": self.dataset, "split_seed": self.split, "seed": self.split, **self.settings}
        )
        job = prepare(config)
        job = replace(job, space=self.space(job.space.options))
        job.space.prepare(job.problem)
        return job


@dataclass(frozen=True, eq=False)
class Product:
    """The network that a rule of choice takes from the front, fitted as a rule of the final fit says.

    Attributes
    ----------
    choose, refit
        The rules.
    member, network, weights
        The network; no weights where the final fit failed.
    test
        Its figures on the test rows; empty where the final fit failed.
    """

    choose: str
    refit: str
    member: FrontMember
    network: Architecture
    weights: Weights | None
    test: Figures


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a search gave.

    Attributes
    ----------
    job
        What it worked with.
    records
        Every individual of the evolution.
    loss_evaluations
        Loss-and-gradient evaluations of the evolution.
    products
        One for each pair of rules.
    cpu_seconds
        Processor time of all of it.
    """

    job: Job
    records: Sequence[Record]
    loss_evaluations: int
    products: Sequence[Product]
    cpu_seconds: float


def search(piece: Piece) -> Outcome:
    """Run one search on one thread, and make a product by each pair of rules."""
    began = time.process_time()
    job = piece.job()
    config = job.config
    algorithm = make_algorithm(config)
    if piece.algorithm is not None:
        algorithm = piece.algorithm(**asdict(algorithm))
    products = []
    with ThreadExecutor(1) as executor:
        evolution = engine.evolve(job, executor, algorithm=algorithm)
        trainers = {
            refit: engine.finalizer(job, executor, None if refit == "default" else refit) for refit in piece.refits
        }
        finalists = engine.retrain(job, evolution, next(iter(trainers.values())))
        for refit, trainer in trainers.items():
            for rule in piece.choices:
                finalist = choose_finalist(finalists, config.choose if rule == "default" else rule)
                weights = trainer.fit([finalist])[0].weights
                network = finalist.architecture
                test = {} if weights is None else trainer.metrics(network, weights, job.problem.test)
                products.append(Product(rule, refit, finalist.member, network, weights, test))
    spent = time.process_time() - began
    return Outcome(job, evolution.records, evolution.loss_evaluations, products, spent)


def run_piece(piece: Piece) -> list[dict[str, Any]]:
    """Run one search on one thread, and return a row for each pair of rules."""
    outcome = search(piece)
    return [
        {
            "variant": piece.variant,
            "dataset": piece.dataset,
            "split": piece.split,
            "choose": product.choose,
            "refit": product.refit,
            "accuracy": product.test.get("accuracy"),
            "auc": product.test.get("auc"),
            "log_loss": product.test.get("log_loss"),
            "val_loss_mean": product.member.val_loss_mean,
            "n_params": product.network.n_params,
            "n_params_paper": product.network.n_params_paper,
            "n_edges": product.network.n_edges,
            "n_features": product.network.n_features,
            "depth": product.network.depth,
            "grid": product.network.grid,
            "cpu_seconds": round(outcome.cpu_seconds, 1),
        }
        for product in outcome.products
    ]


def best_so_far(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return, for every generation, individuals and trained networks up to it, and the lowest loss among them."""
    found = []
    for generation in range(max(record.generation for record in records) + 1):
        past = [record for record in records if record.generation <= generation]
        found.append(
            {
                "generation": generation,
                "individuals": len(past),
                "trained": sum(record.status == "ok" for record in past),
                "best_val_loss": min(record.objective("val_loss") for record in past),
            }
        )
    return found


@cache
def part_sizes(dataset: str) -> PartSizes:
    """Return the number of rows that the final fit and the test have on every split of a table."""
    problem = prepare(resolve({"space": "gakan", "dataset": dataset})).problem
    return PartSizes(len(problem.development), len(problem.test))


def at_hand(names: Iterable[str], *, silent: bool = False) -> list[str]:
    """Return the data sets that can be loaded here; of the others a line says why they are left out."""
    found = []
    for name in names:
        try:
            load_dataset(name)
        except InputError as error:
            if not silent:
                console().print(f"left out: {error}", soft_wrap=True)
        else:
            found.append(name)
    return found
