"""The settings of a search as parameters of an estimator of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator

from evokan.errors import InputError, unknown_name
from evokan.evaluation.executors import available_processors
from evokan.searching.callbacks import AnyCallback
from evokan.seeding import seed_of
from evokan.spaces.registry import space_class

OWN = ("space_options", "timeout", "n_jobs", "random_state", "verbose", "callbacks", "out")
"""Parameters that are no settings of a search, or go by another name there."""
RENAMED = {"time_limit": "timeout", "workers": "n_jobs", "seed": "random_state", "split_seed": "random_state"}
"""Settings that go by another name here."""
_NESTED = "space__"


class Parameters(BaseEstimator):  # type: ignore[misc]
    """What an estimator is given before it sees rows: see `evokan.EvoKANClassifier`."""

    def __init__(
        self,
        space: str = "gakan",
        *,
        space_options: Mapping[str, Any] | None = None,
        preset: Literal["default", "paper"] = "default",
        population: int | None = None,
        generations: int | Literal["auto"] | None = None,
        settle: int | None = None,
        algorithm: Literal["ga", "nsga2", "random"] = "ga",
        crossover_rate: float | None = None,
        mutation_rate: float | None = None,
        move_rate: float | None = None,
        initial: Literal["seeded", "random"] | None = None,
        objectives: str | Sequence[str] | None = None,
        parsimony: Literal["none", "ties", "one-se", "sizes"] | None = None,
        distinct: bool | None = None,
        choose: str | None = None,
        refit: Literal["development", "holdout", "none"] | None = None,
        steps: int | None = None,
        folds: int | None = None,
        fold_stop: Literal["common", "own"] | None = None,
        race: bool | None = None,
        rungs: str | int | None = None,
        inherit: bool | None = None,
        val_size: float | None = None,
        scaler: Literal["standard", "minmax", "none"] | None = None,
        impute: Literal["median", "drop"] | None = None,
        handle_unknown: Literal["error", "ignore"] = "error",
        log_target: bool = False,
        formula_seconds: float = 3.0,
        units: Mapping[str, str] | str | Path | None = None,
        timeout: float | None = None,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        ray: bool = False,
        ray_address: str | None = None,
        gpus_per_task: float = 0.0,
        cohort_timeout: float | None = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
        verbose: bool | int = False,
        callbacks: Sequence[AnyCallback] | None = None,
        out: str | Path | None = None,
    ) -> None:
        self.space = space
        self.space_options = space_options
        self.preset = preset
        self.population = population
        self.generations = generations
        self.settle = settle
        self.algorithm = algorithm
        self.crossover_rate = crossover_rate
        self.mutation_rate = mutation_rate
        self.move_rate = move_rate
        self.initial = initial
        self.objectives = objectives
        self.parsimony = parsimony
        self.distinct = distinct
        self.choose = choose
        self.refit = refit
        self.steps = steps
        self.folds = folds
        self.fold_stop = fold_stop
        self.race = race
        self.rungs = rungs
        self.inherit = inherit
        self.val_size = val_size
        self.scaler = scaler
        self.impute = impute
        self.handle_unknown = handle_unknown
        self.log_target = log_target
        self.formula_seconds = formula_seconds
        self.units = units
        self.timeout = timeout
        self.device = device
        self.ray = ray
        self.ray_address = ray_address
        self.gpus_per_task = gpus_per_task
        self.cohort_timeout = cohort_timeout
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.out = out

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; with `deep` each of the `space_options` given as ``space__NAME`` as well."""
        found: dict[str, Any] = super().get_params(deep)
        options = self.space_options if deep and isinstance(self.space_options, Mapping) else {}
        return found | {f"{_NESTED}{name}": value for name, value in options.items()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``space__NAME`` sets one of the `space_options`.

        Raises
        ------
        InputError
            The family has no such option.
        """
        nested = {name.removeprefix(_NESTED): params.pop(name) for name in [*params] if name.startswith(_NESTED)}
        super().set_params(**params)
        if nested:
            known = space_class(self.space).Options.model_fields
            unknown = [name for name in nested if name not in known]
            if unknown:
                raise unknown_name(f"option of search space {self.space!r}", unknown[0], known)
            self.space_options = {**(self.space_options or {}), **nested}
        return self

    def settings(self) -> dict[str, Any]:
        """Return what the parameters stand for, as `evokan.settings.job.resolve` takes it, with a seed drawn.

        Raises
        ------
        InputError
            `space_options` or `random_state` cannot be used.
        """
        if self.space_options is not None and not isinstance(self.space_options, Mapping):
            raise InputError(f"space_options: expected a mapping of names to values (got {self.space_options!r:.100})")
        seed = seed_of(self.random_state)
        jobs = 1 if self.n_jobs is None else self.n_jobs
        if isinstance(jobs, int | np.integer) and jobs < 0:
            jobs = max(available_processors() + 1 + int(jobs), 1)
        named = {name: value for name, value in self.get_params(deep=False).items() if name not in OWN}
        return named | {
            "space_options": dict(self.space_options or {}),
            "time_limit": self.timeout,
            "workers": jobs,
            "seed": seed,
            "split_seed": seed % 2**32,
            "out": self.out,
            "test_size": 0.0,
        }
