"""One search of Table V: by evolution, by Optuna's TPE, or for a KAN of ours, and the chosen network fitted again."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from evokan import search
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.seeding import derive_seed
from evokan.settings.job import Job, prepare, resolve
from evokan.spaces.training import TrainingJob
from experiments.hkan.laws import register_laws
from experiments.hkan.published import SMALL
from experiments.hkan.tpe import search_tpe
from search_spaces.hkan import HKANArchitecture

REPEATS, LARGE_REPEATS = 20, 10
"""Fits of the chosen network with other centres, as the paper reports its networks: on small tables, and on others."""
BUDGET, LARGE_BUDGET = 120.0, 110.0
"""Seconds of a core that the networks of a search may take together, by estimate."""
LARGE_RUNG = 1500
"""Rows of the first rung of the tables above 3,000 rows."""
LIMIT = 900.0
"""Seconds that a search may take in all, beyond what the budgets let it take, so that what else a machine is at decides little:
of evolution by the clock, finalists included; of TPE, which has none, of the processor."""
KAN_LIMIT = 60.0
"""The same of a search of `gakan`, whatever the table: the column is to be cheap."""
EVOLUTION, TPE, KAN = "evolution", "tpe", "gakan"
"""Methods."""
DRAWN = ("concrete", "stock", "elevators", "compactive", "tf2")
"""Where the chosen network of the first seed is drawn."""
PICTURES = ("levels.png", "input_fit.png")


class Piece(NamedTuple):
    """One search: the data set, `EVOLUTION`, `TPE` or `KAN`, its seed, population and generations after the first."""

    dataset: str
    method: str
    seed: int
    population: int
    generations: int

    @property
    def evaluations(self) -> int:
        """Individuals in all."""
        return self.population * (self.generations + 1)

    @property
    def repeats(self) -> int:
        """Fits of the chosen network."""
        return REPEATS if self.dataset in SMALL else LARGE_REPEATS

    @property
    def limit(self) -> float:
        """Seconds that it may take in all, by the clock; of TPE those of the processor."""
        return KAN_LIMIT if self.method == KAN else LIMIT

    def settings(self) -> dict[str, Any]:
        """Return the settings of the search."""
        hkan = {"space_options": {"max_cost": BUDGET if self.dataset in SMALL else LARGE_BUDGET}}
        return {
            "space": "gakan" if self.method == KAN else "hkan",
            "dataset": register_laws(self.dataset),
            "seed": self.seed,
            "workers": 1,
            "population": self.population,
            "generations": self.generations,
            "baselines": "none",
            "formula_seconds": 0.0,
            "report": False,
            # TPE is stopped by Optuna, which knows no finalists.
            "time_limit": None if self.method == TPE else self.limit,
            # Wizmir has 1,095 rows to search with.
            "rungs": "off" if self.dataset in (*SMALL, "wizmir") else str(LARGE_RUNG),
            **({} if self.method == KAN else hkan),
        }


def run_search(piece: Piece) -> dict[str, Any]:
    """Search, and fit the chosen network again and again on all rows but the test rows; a KAN once, as the search does.

    Returns
    -------
    dict
        A row, and beside it ``fits``, rows of the single fits, and ``pictures``, their content by name.
    """
    began = time.process_time()
    settings = piece.settings()
    if piece.method == KAN:
        return _kan(piece, settings, began)
    product: float | str = ""
    pictures: dict[str, bytes] = {}
    if piece.method == TPE:
        job = prepare(resolve(settings))
        with threadpool_limits(limits=1):
            network, val_loss, evaluations = search_tpe(job, piece.seed, piece.evaluations, piece.limit)
    else:
        with TemporaryDirectory() as folder:
            run = search(**settings, out=Path(folder) / "run")
            network = HKANArchitecture.from_json(run.best.spec["model"]["architecture"])
            chosen = run.pareto[run.pareto.chosen == 1].iloc[0]
            val_loss, product = float(chosen.val_loss), float(run.best.metrics["test"]["rmse"])
            evaluations = len(run.evaluations)
            if piece.seed == 0 and piece.dataset in DRAWN:
                drawn = {name: Path(folder) / "run" / "plots" / name for name in PICTURES}
                pictures = {
                    f"{piece.dataset}_{name}": path.read_bytes() for name, path in drawn.items() if path.exists()
                }
        job = prepare(resolve(settings))
    seconds = time.process_time() - began
    with threadpool_limits(limits=1):
        # Searches with other seeds may choose the same network: its fits are others.
        first = piece.seed * piece.repeats
        fits = [_errors(job, network, seed) for seed in range(first, first + piece.repeats)]
    figures = {
        "evaluations": evaluations,
        "val_loss": val_loss,
        "product_rmse": product,
        "n_params": network.n_params,
        "network": network.key,
        "cpu_seconds": round(seconds, 1),
    }
    return _row(piece, figures, fits) | {"pictures": pictures}


def _kan(piece: Piece, settings: dict[str, Any], began: float) -> dict[str, Any]:
    """Return what `run_search` does for a search of `gakan`."""
    with TemporaryDirectory() as folder:
        run = search(**settings, out=Path(folder) / "run")
        metrics, chosen = run.best.metrics, run.pareto[run.pareto.chosen == 1].iloc[0]
        figures = {
            "evaluations": len(run.evaluations),
            "val_loss": float(chosen.val_loss) ** 0.5,  # mean squares there
            "product_rmse": float(metrics["test"]["rmse"]),
            "n_params": int(metrics["n_params"]),
            "network": f"depth {chosen.depth}, grid {chosen.grid}, {chosen.n_edges} edges of {chosen.n_features} columns",
            "cpu_seconds": round(time.process_time() - began, 1),
        }
        errors = [(float(metrics["test"]["rmse"]), float(metrics["train"]["rmse"]))]
    return _row(piece, figures, errors) | {"pictures": {}}


def _row(piece: Piece, figures: dict[str, Any], fits: list[tuple[float, float]]) -> dict[str, Any]:
    """Return the row of a piece, and under ``fits`` those of its fits, given by their errors on test and training rows."""
    low, middle, high = np.quantile([test for test, _ in fits], [0.25, 0.5, 0.75]).tolist()
    errors = {
        "rmse_median": middle,
        "rmse_q1": low,
        "rmse_q3": high,
        "train_rmse": float(np.median([train for _, train in fits])),
    }
    own = {"dataset": piece.dataset, "method": piece.method, "seed": piece.seed}
    single = [{**own, "fit": number, "rmse": test, "train_rmse": train} for number, (test, train) in enumerate(fits)]
    return {**piece._asdict(), **figures, **errors, "fits": single}


def _errors(job: Job, network: HKANArchitecture, seed: int) -> tuple[float, float]:
    """Return errors on test and training rows, in the target's own units, of a fit on train and validation rows."""
    problem: Problem = job.problem
    fold = Fold(problem.development, problem.test)
    trained = job.space.train([TrainingJob(network, fold, derive_seed("table v", seed))], problem, job.budget)[0]
    scale = float(problem.target_scaler.scale[0])
    return trained.val_loss * scale, trained.train_loss * scale
