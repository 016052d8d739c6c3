"""What a search works with, made from its settings and described in ``config.json``."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evokan.datasets.given import Kept
from evokan.errors import InputError, unknown_name
from evokan.problem.problem import Problem
from evokan.problem.table import Table
from evokan.problem.task import Task
from evokan.settings.choices import parse_rungs
from evokan.settings.config import SearchConfig
from evokan.settings.edges import options_with_edges
from evokan.settings.layers import build_config, read_config_file
from evokan.settings.units import check_units
from evokan.spaces.registry import make_space, space_class, space_names
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget

OF_ALGORITHM: dict[str, dict[str, Any]] = {"nsga2": {"objectives": ("val_loss", "n_params"), "choose": "knee"}}
"""Settings that an algorithm has other defaults for."""

OF_TASK: dict[str, dict[str, Any]] = {
    "residual": {"folds": 1, "choose": "best-loss", "population": 16, "generations": 4}
}
"""Settings that a task has other defaults for than the family: an equation has one hold-out, without standard error,
and each of its trainings goes down to the last digits."""

OF_VALIDATION: dict[str, Any] = {"folds": 1, "refit": "holdout"}
"""Defaults where the user brings validation rows: they are looked at, and nothing is fitted to them."""


@dataclass(frozen=True, eq=False)
class Job:
    """Everything a search works with, made from its settings.

    Attributes
    ----------
    config
        The settings in force.
    space, problem, budget
        What to train, on what, and how long.
    notes
        What the user should know of how the rows were taken, one sentence each.
    kept
        Rows that were given as such, which a run keeps as files of its own.
    first_rung
        Rows of the first rung where a time limit has chosen them; 0 where the settings have.
    """

    config: SearchConfig
    space: SearchSpace
    problem: Problem
    budget: Budget
    notes: tuple[str, ...] = ()
    kept: Kept = field(default_factory=dict)
    first_rung: int = 0

    @property
    def descends(self) -> bool:
        """Whether the first generation follows from more than its own records: ways down from seeds."""
        goes_down = type(self.space).descend is not SearchSpace.descend
        return self.config.initial == "seeded" and bool(self.space.moves) and goes_down

    def with_first_rung(self, rows: int) -> Job:
        """Return the same with other rungs; with 0 rows as it is."""
        return replace(self, problem=self.problem.with_rungs(rows), first_rung=rows) if rows else self


def resolve(
    settings: Mapping[str, Any], config_file: str | Path | None = None, table: Table | None = None
) -> SearchConfig:
    """Stack defaults, the family's preset, the task's, the algorithm's, the YAML file and `settings`.

    Parameters
    ----------
    table
        Rows at hand, for `prepare`: its name stands for a data set.

    Raises
    ------
    InputError
        One fault for each setting that cannot be used.
    """
    if not isinstance(config_file, str | os.PathLike | None):
        raise InputError(f"config: expected a path (got {config_file!r:.100})")
    from_file = read_config_file(Path(config_file)) if config_file is not None else {}
    if table is not None:
        settings = {**settings, "dataset": table.name}
    given = build_config(from_file, settings)
    _check_names(given, table)
    presets = space_class(given.space).presets
    layers = [presets["default"]] + ([presets["paper"]] if given.preset == "paper" else [])
    of_algorithm = OF_ALGORITHM.get(given.algorithm, {})
    preset_layers = [{**layer.settings, "space_options": dict(layer.options)} for layer in layers]
    of_task = OF_TASK.get(_task(given) if table is None else table.task, {})
    of_rows = OF_VALIDATION if given.val_data is not None else {}
    config = build_config(*preset_layers, of_task, of_algorithm, of_rows, from_file, settings)
    config._folds_given = from_file.get("folds") is not None or settings.get("folds") is not None
    return config


def _task(config: SearchConfig) -> str:
    """Return the task of the named data set or an equation; nothing for own tables, whose task their rows tell."""
    from evokan.datasets import list_datasets

    if config.equation is not None:
        return Task.RESIDUAL
    return next((info.task for info in list_datasets() if info.name == config.dataset), "")


def prepare(
    config: SearchConfig,
    options: Mapping[str, Any] | None = None,
    table: Table | None = None,
    kept: Kept | None = None,
) -> Job:
    """Load the data, unless a `table` is given, and make the space.

    Parameters
    ----------
    kept
        Rows at hand in place of the files that the settings name: `evokan.settings.given.with_files`.

    Raises
    ------
    InputError
        Something cannot be used: all faults together.
    """
    faults: list[str] = []
    try:
        space = make_space(config.space, options_with_edges(config) if options is None else options)
    except InputError as error:
        faults.extend(error.faults)
    try:
        rows = load(config, kept) if table is None else table
        rows.check_magnitude()
    except InputError as error:
        faults.extend(error.faults)
    device = "cuda" if config.device == "cuda" else "cpu"
    if device == "cuda" and not _has_gpu():
        faults.append("--device cuda: PyTorch sees no GPU here; use --device cpu, or install a CUDA build of PyTorch")
    if faults:
        raise InputError(*faults)
    if config.inherit and not space.inherits:
        faults.append(
            f"--inherit: networks of search space {config.space!r} cannot begin from their parents; leave --inherit out"
        )
    if config.race and config.folds < 2:
        faults.append("--race judges networks fold by fold: give --folds 2 or more with it")
    if config.refit == "none" and (config.folds > 1 or config.inherit):
        faults.append(
            "--refit none keeps the one network that the search trained: give --folds 1"
            + ", and leave --inherit out" * config.inherit
        )
    if faults:
        raise InputError(*faults)
    if rows.task not in space.tasks:
        raise InputError(f"search space {config.space!r} has no {rows.task}: it knows {', '.join(space.tasks)}")
    check_units(config.units, rows)
    problem = Problem.from_table(
        rows,
        test_size=config.test_size,
        validation_size=config.val_size,
        split_seed=config.split_seed,
        scaler=config.scaler,
        folds=config.folds,
        fewer_folds=not config._folds_given,
        rungs=parse_rungs(config.rungs),
    )
    notes = rows.notes
    if len(problem.folds) < config.folds:
        notes += (
            f"{len(problem.folds)} folds instead of the usual {config.folds}: the rows outside the test part, those of "
            "the rarest class above all, fill no more",
        )
        config = config.model_copy(update={"folds": len(problem.folds)})
    return Job(config, space, problem, Budget(config.steps, device, config.fold_stop), notes, kept or {})


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def load(config: SearchConfig, kept: Kept | None = None) -> Table:
    """Return the table that the settings name.

    Raises
    ------
    InputError
        There is no such table, it cannot be used, or a setting contradicts what a named data set is.
    """
    from evokan.datasets import Dialect, load_dataset, load_series, load_table
    from evokan.datasets.equations import equation_table
    from evokan.datasets.own_equation import equation_from_file

    if config.data is not None and config.time is not None:
        return load_series(
            config.data,
            config.time,
            config.series,
            lags=config.lags,
            horizon=config.horizon,
            time_format=config.time_format,
            drop=config.drop,
            impute=config.impute,
            resample=config.resample,
            keep_na=config.keep_na,
            keep_na_in=config.keep_na_in,
            dialect=Dialect.of(config.sep, config.decimal, config.encoding),
            kept=kept,
        )
    if config.data is not None:
        return load_table(
            config.data,
            str(config.target),
            task=config.task,
            drop=config.drop,
            impute=config.impute,
            keep_na=config.keep_na,
            keep_na_in=config.keep_na_in,
            dialect=Dialect.of(config.sep, config.decimal, config.encoding),
            kept=kept,
            test_data=config.test_data,
            val_data=config.val_data,
            log_target=config.log_target,
            handle_unknown=config.handle_unknown,
            group=config.group,
            split=config.split,
        )
    if config.equation is not None:
        table = equation_table(equation_from_file(config.equation))
    else:
        table = load_dataset(str(config.dataset), lags=config.lags, horizon=config.horizon)
    faults = []
    if config.task not in (None, table.task):
        faults.append(f"--task {config.task}: data set {table.name!r} is for {table.task}; leave --task out")
    if config.test_size is not None and table.test_rows is not None:
        faults.append(
            f"--test-size {config.test_size}: data set {table.name!r} comes with its own test rows; "
            "leave --test-size out"
        )
    if faults:
        raise InputError(*faults)
    return table


def default_paths(config: SearchConfig) -> Iterator[Path]:
    """Yield ``runs/<time>-<space>-<dataset>``, then the same with numbers behind, for where that is taken."""
    source = config.dataset or Path(str(config.data or config.equation)).stem
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{config.space}-{source}"
    yield Path("runs") / name
    yield from (Path("runs") / f"{name}-{number}" for number in itertools.count(2))


def _check_names(config: SearchConfig, table: Table | None) -> None:
    from evokan.datasets import list_datasets

    faults: list[str] = []
    spaces, tables = space_names(), [info.name for info in list_datasets()]
    if config.space not in spaces:
        faults.extend(unknown_name("search space", config.space, spaces).faults)
    if table is None and config.dataset is not None and config.dataset not in tables:
        faults.extend(unknown_name("data set", config.dataset, tables).faults)
    if faults:
        raise InputError(*faults)
