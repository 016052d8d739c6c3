"""Searches by evolution, and Optuna's TPE on the same folds with the same number of evaluations."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from threadpoolctl import threadpool_limits

from evokan import search
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.seeding import derive_seed
from evokan.settings.job import Job, prepare, resolve
from evokan.spaces.training import TrainingJob
from search_spaces.hkan import HKANArchitecture, HKANLayer, cost
from search_spaces.hkan.encoding import HIDDEN_BASES, HIDDEN_PLACEMENTS, RIDGES
from search_spaces.hkan.layers import BASES, PLACEMENTS, Basis, Placement

if TYPE_CHECKING:
    import optuna

REPEATS = 20
"""Fits of the chosen network with other centres, as the paper reports its networks."""
TOO_COSTLY = 10.0
"""What TPE is told of a network beyond `max_cost`, in standard deviations of the target."""


class Piece(NamedTuple):
    """One search: the data set, ``evolution`` or ``tpe``, its seed, population and generations after the first."""

    dataset: str
    method: str
    seed: int
    population: int
    generations: int

    @property
    def evaluations(self) -> int:
        """Individuals in all."""
        return self.population * (self.generations + 1)


def run_search(piece: Piece) -> dict[str, Any]:
    """Search, and fit the chosen network `REPEATS` times on all rows but the test rows."""
    began = time.process_time()
    settings: dict[str, Any] = {
        "space": "hkan",
        "dataset": piece.dataset,
        "seed": piece.seed,
        "workers": 1,
        "population": piece.population,
        "generations": piece.generations,
    }
    product: float | str = ""
    if piece.method == "tpe":
        job = prepare(resolve(settings))
        with threadpool_limits(limits=1):
            network, val_loss = _tpe(job, piece.seed, piece.evaluations)
    else:
        with TemporaryDirectory() as folder:
            run = search(**settings, out=Path(folder) / "run")
            network = HKANArchitecture.from_json(run.best.spec["model"]["architecture"])
            chosen = run.pareto[run.pareto.chosen == 1].iloc[0]
            val_loss, product = float(chosen.val_loss), float(run.best.metrics["test"]["rmse"])
        job = prepare(resolve(settings))
    seconds = time.process_time() - began
    with threadpool_limits(limits=1):
        errors = np.array([_test_error(job, network, seed) for seed in range(REPEATS)])
    low, middle, high = np.quantile(errors, [0.25, 0.5, 0.75]).tolist()
    return {
        "dataset": piece.dataset,
        "method": piece.method,
        "seed": piece.seed,
        "evaluations": piece.evaluations,
        "val_loss": val_loss,
        "product_rmse": product,
        "rmse_median": middle,
        "rmse_q1": low,
        "rmse_q3": high,
        "n_params": network.n_params,
        "network": network.key,
        "cpu_seconds": round(seconds, 1),
    }


def _test_error(job: Job, network: HKANArchitecture, seed: int) -> float:
    """Return the test error, in the target's own units, of a fit on train and validation rows."""
    problem: Problem = job.problem
    fold = Fold(problem.development, problem.test)
    trained = job.space.train([TrainingJob(network, fold, derive_seed("table v", seed))], problem, job.budget)[0]
    return trained.val_loss * float(problem.target_scaler.scale[0])


def _tpe(job: Job, seed: int, evaluations: int) -> tuple[HKANArchitecture, float]:
    """Return TPE's best network over Table III's ranges as they are printed, and its mean loss over the folds."""
    import optuna

    problem, space = job.problem, job.space

    def objective(trial: optuna.Trial) -> float:
        network = suggest(trial, problem.n_features)
        if cost.seconds(network.layers, problem.n_features, problem) > space.options.max_cost:
            return TOO_COSTLY
        jobs = [
            TrainingJob(network, fold, derive_seed(seed, space.name, network.key, number))
            for number, fold in enumerate(problem.folds)
        ]
        return min(float(np.mean([trained.val_loss for trained in space.train(jobs, problem, job.budget)])), TOO_COSTLY)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=evaluations)
    return suggest(study.best_trial, problem.n_features), float(study.best_value)


def suggest(trial: optuna.Trial | optuna.trial.FrozenTrial, n_inputs: int) -> HKANArchitecture:
    """Return the network of a trial: numbers of layers and nodes, and for each layer the rest."""
    depth = trial.suggest_int("layers", 1, 3)
    layers = []
    for name in [f"hidden{i}" for i in range(1, depth)] + ["output"]:
        hidden = name != "output"
        basis = cast(Basis, trial.suggest_categorical(f"{name}.basis", HIDDEN_BASES if hidden else BASES))
        if basis == "identity":
            layers.append(HKANLayer(basis=basis))
            continue
        # One name, one range: what Optuna asks for.
        nodes = f"{name}.nodes of {depth}"
        layers.append(
            HKANLayer(
                nodes=trial.suggest_int(nodes, 2, 1000 if depth <= 2 else 200) if hidden else 1,
                basis=basis,
                sigma=trial.suggest_int(f"{name}.sigma", 1, 50),
                n_basis=trial.suggest_int(f"{name}.m", 1, 40),
                placement=cast(
                    Placement,
                    trial.suggest_categorical(f"{name}.placement", HIDDEN_PLACEMENTS if hidden else PLACEMENTS),
                ),
                ridge=trial.suggest_categorical(f"{name}.ridge", RIDGES),
            )
        )
    return HKANArchitecture(n_inputs, tuple(layers))
