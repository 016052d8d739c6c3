"""Searches by evolution, Optuna's TPE with the same starts, rows, budget and number of evaluations, and a KAN of ours."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from threadpoolctl import threadpool_limits

from evokan import search
from evokan.evaluation.racing import ladder
from evokan.evaluation.spending import Spending
from evokan.problem.problem import Problem
from evokan.problem.rungs import GROWTH
from evokan.problem.splits import Fold
from evokan.seeding import derive_seed
from evokan.settings.job import Job, prepare, resolve
from evokan.spaces.training import TrainingJob
from experiments.hkan.laws import register_laws
from experiments.hkan.published import SMALL
from search_spaces.hkan import HKANArchitecture, HKANLayer
from search_spaces.hkan.encoding import HIDDEN_BASES, HIDDEN_PLACEMENTS, RIDGES
from search_spaces.hkan.layers import BASES, PLACEMENTS, Basis, Placement

if TYPE_CHECKING:
    import optuna

REPEATS, LARGE_REPEATS = 20, 10
"""Fits of the chosen network with other centres, as the paper reports its networks: on small tables, and on others."""
TOO_COSTLY = 10.0
"""What TPE is told of a network that there is no room for, in standard deviations of the target."""
BUDGET, LARGE_BUDGET = 120.0, 110.0
"""Seconds of a core that the networks of a search may take together, by estimate."""
LARGE_RUNG = 1500
"""Rows of the first rung of the tables above 3,000 rows."""
LIMIT = 900.0
"""Seconds by the clock that a search may take in all, finalists included: beyond what the budgets let it take, so that what else
a machine is at decides little."""
KAN_LIMIT = 60.0
"""The same of a search of `gakan`, whatever the table: the column is to be cheap."""
TPE_SHARE = 0.6
"""Of that limit TPE has what evolution has for its generations (`evokan.searching.clock.SEARCH_SHARE`)."""
ASKED = 10
"""Trials that TPE may ask for, as a multiple of its evaluations: repeats and networks without room are not evaluations."""
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
        """Seconds by the clock that it may take in all."""
        return {TPE: TPE_SHARE * LIMIT, KAN: KAN_LIMIT}.get(self.method, LIMIT)

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
            network, val_loss, evaluations = _tpe(job, piece)
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
        fits = [_errors(job, network, seed) for seed in range(piece.repeats)]
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


def _tpe(job: Job, piece: Piece) -> tuple[HKANArchitecture, float, int]:
    """Return TPE's best network over Table III's ranges as they are printed, its loss on the last rung, and evaluations.

    It begins with evolution's seeds; what evolution judges on few rows first, it prunes in the same way: a quarter of
    the trials goes on (Optuna's successive halving). What comes up again, or has no room, uses up no evaluation, as
    evolution draws such individuals again: TPE is told the loss of before, or a bad one.
    """
    import optuna
    from optuna.trial import TrialState

    problem, space, rungs = job.problem, job.space, ladder(job.problem, cuts=True)
    spending = Spending(space, problem, rungs)
    known: dict[str, float | None] = {}

    def evaluate(trial: optuna.Trial, network: HKANArchitecture) -> float | None:
        """Return the loss; None where the network does not go on to the last rung."""
        loss = TOO_COSTLY
        for rung in rungs:
            jobs = [
                TrainingJob(network, fold, derive_seed(piece.seed, space.name, network.key, number))
                for number, fold in enumerate(rung.folds)
            ]
            losses = [trained.val_loss for trained in space.train(jobs, problem, job.budget)]
            loss = min(float(np.mean(losses)), TOO_COSTLY)
            trial.report(loss, GROWTH**rung.number)
            if rung is not rungs[-1] and trial.should_prune():
                return None
        return loss

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=piece.seed),
        pruner=optuna.pruners.SuccessiveHalvingPruner(reduction_factor=GROWTH)
        if len(rungs) > 1
        else optuna.pruners.NopPruner(),
    )
    for start in space.seeds(problem):
        study.enqueue_trial(parameters(start))
    began, asked = time.monotonic(), 0
    while (
        len(known) < piece.evaluations and asked < ASKED * piece.evaluations and time.monotonic() - began < piece.limit
    ):
        trial = study.ask()
        asked += 1
        network = suggest(trial, problem.n_features)
        loss: float | None = TOO_COSTLY
        if network.key in known:
            loss = known[network.key]
        elif not spending.refusal(network):
            spending.spend(network)
            loss = known[network.key] = evaluate(trial, network)
        study.tell(trial, loss, state=TrialState.PRUNED if loss is None else TrialState.COMPLETE)
    return suggest(study.best_trial, problem.n_features), float(study.best_value), len(known)


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


def parameters(network: HKANArchitecture) -> dict[str, Any]:
    """Return what a trial has to be asked for the network, of layers with one function each: sharpness rounded."""
    found: dict[str, Any] = {"layers": network.depth}
    names = [f"hidden{i}" for i in range(1, network.depth)] + ["output"]
    for name, layer in zip(names, network.layers, strict=True):
        found[f"{name}.basis"] = layer.basis
        if layer.is_identity:
            continue
        if name != "output":
            found[f"{name}.nodes of {network.depth}"] = layer.nodes
        found |= {
            f"{name}.sigma": round(layer.sigmas[0]),
            f"{name}.m": layer.n_basis,
            f"{name}.placement": layer.placement,
            f"{name}.ridge": layer.ridge,
        }
    return found
