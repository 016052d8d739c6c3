"""Optuna's TPE over the networks of `hkan`, with evolution's starts, rows, budget and number of evaluations."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evokan.evaluation.racing import ladder
from evokan.evaluation.spending import Spending
from evokan.problem.rungs import GROWTH
from evokan.seeding import training_seed
from evokan.settings.job import Job
from evokan.spaces.training import TrainingJob
from search_spaces.hkan import HKANArchitecture, HKANLayer
from search_spaces.hkan.encoding import HIDDEN_BASES, HIDDEN_PLACEMENTS, RIDGES
from search_spaces.hkan.layers import BASES, PLACEMENTS, Basis, Placement

if TYPE_CHECKING:
    import optuna

TOO_COSTLY = 10.0
"""What TPE is told of a network that there is no room for, in standard deviations of the target."""
ASKED = 10
"""Trials that TPE may ask for, as a multiple of its evaluations: repeats and networks without room are not evaluations."""


def search_tpe(job: Job, seed: int, evaluations: int, limit: float) -> tuple[HKANArchitecture, float, int]:
    """Return TPE's best network over Table III's ranges as they are printed, its loss on the last rung, and evaluations.

    It begins with evolution's seeds; what evolution judges on few rows first, it prunes in the same way: a quarter of
    the trials goes on (Optuna's successive halving). What comes up again, or has no room, uses up no evaluation, as
    evolution draws such individuals again: TPE is told the loss of before, or a bad one.

    Parameters
    ----------
    job
        The search that evolution would run: its rows, budgets and seeds.
    seed
        Of TPE, and of the trainings.
    evaluations
        Networks that it may train.
    limit
        Seconds of the processor after which it asks for no further one.
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
                TrainingJob(network, fold, training_seed(seed, space.name, network.key, number))
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
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.SuccessiveHalvingPruner(reduction_factor=GROWTH)
        if len(rungs) > 1
        else optuna.pruners.NopPruner(),
    )
    for start in space.seeds(problem):
        study.enqueue_trial(parameters(start))
    began, asked = time.process_time(), 0
    while len(known) < evaluations and asked < ASKED * evaluations and time.process_time() - began < limit:
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
