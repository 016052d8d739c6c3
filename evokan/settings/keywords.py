"""The settings of a search as keywords, for editors and type checkers; all else is said in `SearchConfig`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict


class Execution(TypedDict, total=False):
    """Where networks are trained, and what they are compared with: may differ later on, and changes no record."""

    workers: int | None
    ray: bool
    ray_address: str | None
    gpus_per_task: float
    cohort_timeout: float | None
    time_limit: float | None
    baselines: Literal["none", "fast", "all"]
    report: bool
    picture_format: Literal["png", "svg", "pdf"]


EXECUTION = tuple(Execution.__annotations__)
"""Names of these settings."""


class Settings(Execution, total=False):
    """All settings of a search, as `evokan.search` takes them."""

    space: str
    space_options: Mapping[str, Any]
    dataset: str | None
    data: Any
    equation: str | Path | None
    target: str | None
    time: str | None
    series: str | None
    lags: int | str | Sequence[int] | None
    horizon: int | None
    time_format: str | None
    drop: str | Sequence[str]
    edges: str | Path | None
    task: Literal["classification", "regression"] | None
    test_size: float | None
    val_size: float | None
    split_seed: int
    scaler: Literal["standard", "minmax", "none"]
    impute: Literal["median", "drop", "last"] | None
    keep_na: bool
    keep_na_in: str | Sequence[str]
    sep: str | None
    decimal: Literal[",", "."] | None
    encoding: str | None
    resample: str | float | None
    test_data: Any
    val_data: Any
    log_target: bool
    handle_unknown: Literal["error", "ignore"]
    group: str | None
    split: str
    population: int
    generations: int | Literal["auto"]
    settle: int
    crossover_rate: float
    mutation_rate: float
    move_rate: float
    initial: Literal["seeded", "random"]
    algorithm: Literal["ga", "nsga2", "random"]
    objectives: str | Sequence[str]
    parsimony: Literal["none", "ties", "one-se", "sizes"]
    distinct: bool
    seed: int
    choose: str
    refit: Literal["development", "holdout", "none"]
    formula_seconds: float
    units: Mapping[str, str] | str | Path | None
    steps: int
    folds: int
    fold_stop: Literal["common", "own"]
    race: bool
    rungs: str | int
    inherit: bool
    preset: Literal["default", "paper"]
    device: Literal["auto", "cpu", "cuda"]
    out: str | Path | None
