"""Every setting of a search: one model for the command line, the YAML file, Python and ``config.json``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from evokan.errors import InputError, unknown_name
from evokan.evaluation.records import OBJECTIVES
from evokan.faults import sentences


class SearchConfig(BaseModel):
    """The settings of a search. Field names are the long options with underscores.

    Fields left at None take what the family (or the data set) names as its default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    space: str
    space_options: dict[str, Any] = Field(default_factory=dict)
    dataset: str | None = None
    data: Path | None = None
    target: str | None = None
    time: str | None = None
    series: str | None = None
    task: Literal["classification", "regression"] | None = None

    test_size: float | None = Field(None, gt=0, lt=1)
    val_size: float | None = Field(None, gt=0, lt=1)
    split_seed: int = Field(0, ge=0, lt=2**32)
    scaler: Literal["standard", "minmax", "none"] = "standard"
    impute: Literal["median", "drop"] | None = None

    population: int = Field(100, ge=4, le=1_000_000)
    generations: int = Field(20, ge=0, le=1_000_000)
    crossover_rate: float = Field(0.9, ge=0, le=1)
    mutation_rate: float = Field(0.5, ge=0, le=1)
    algorithm: Literal["ga", "nsga2", "random"] = "ga"
    objectives: tuple[str, ...] = ("val_loss",)
    parsimony: Literal["none", "ties", "one-se"] = "ties"
    distinct: bool = True
    seed: int = Field(0, ge=0)
    choose: str = "best-loss"
    refit: Literal["development", "holdout"] = "development"
    formula_seconds: float = Field(3.0, ge=0)

    steps: int = Field(20, ge=1, le=1_000_000)
    folds: int = Field(1, ge=1)
    fold_stop: Literal["common", "own"] = "own"
    race: bool = False
    inherit: bool = False
    preset: Literal["default", "paper"] = "default"
    device: Literal["auto", "cpu", "cuda"] = "auto"

    workers: int | None = Field(None, ge=1, le=10_000)
    ray: bool = False
    ray_address: str | None = None
    gpus_per_task: float = Field(0.0, ge=0)
    cohort_timeout: float | None = Field(None, gt=0)
    out: Path | None = None

    @field_validator("objectives", mode="before")
    @classmethod
    def _split_objectives(cls, value: Any) -> Any:
        names = value.split(",") if isinstance(value, str) else value
        return tuple(str(name).strip() for name in names) if isinstance(names, list | tuple) else value

    @field_validator("objectives")
    @classmethod
    def _known_objectives(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in value if name not in OBJECTIVES]
        if unknown:
            raise InputError(*(unknown_name("objective", name, OBJECTIVES).faults[0] for name in unknown))
        if not value or len(set(value)) != len(value):
            raise ValueError("name at least one objective, each once")
        return value

    @field_validator("choose")
    @classmethod
    def _known_choice(cls, value: str) -> str:
        parse_choice(value)
        return value

    @model_validator(mode="after")
    def _one_source(self) -> SearchConfig:
        faults = source_faults(self.dataset, self.data, self.target, self.time, self.series, self.task)
        if faults:
            raise InputError(*faults)
        return self

    @property
    def front_objectives(self) -> tuple[str, ...]:
        """What the Pareto front is made of: the objectives, with ``n_params`` beside a lone ``val_loss``."""
        if len(self.objectives) > 1:
            return self.objectives
        return (self.objectives[0], "n_params") if self.objectives[0] != "n_params" else ("val_loss", "n_params")


def source_faults(
    dataset: object, data: object, target: object, time: object = None, series: object = None, task: object = None
) -> list[str]:
    """Return what is wrong with the settings that say where the rows come from and what they are."""
    if dataset is None and data is None:
        return ["give either --dataset NAME, or --data FILE --target COLUMN"]
    if dataset is not None and data is not None:
        return ["--dataset and --data exclude each other: give one of them"]
    if dataset is not None:
        return [
            f"{option} goes with --data: a named data set knows its {what}"
            for option, value, what in (
                ("--target", target, "target"),
                ("--time", time, "time"),
                ("--series", series, "series"),
            )
            if value is not None
        ]
    if target is None and time is None:
        return [
            "--data needs --target: name the column to predict (or by --time the column with the moments of a "
            "time series)"
        ]
    faults = []
    if target is not None and time is not None:
        faults.append("--target and --time exclude each other: of a time series every column is predicted")
    if series is not None and time is None:
        faults.append("--series goes with --time: name the column with the moments")
    if time is not None and task is not None:
        faults.append(f"--task {task}: a time series is a trajectory; leave --task out")
    return faults


def parse_choice(text: str) -> tuple[str, float]:
    """Split a value of ``--choose`` into rule and tolerance (0 where the rule takes none).

    Raises
    ------
    InputError
        The rule is unknown or its tolerance is not a number of at least 0.
    """
    rule, _, tolerance = text.partition(":")
    rules = ("best-loss", "knee", "one-se", "smallest")
    if rule not in rules:
        raise unknown_name("rule for --choose", rule, (*rules[:3], "smallest:TOLERANCE"))
    if rule != "smallest":
        if tolerance:
            raise InputError(f"--choose {text}: {rule} takes no tolerance")
        return rule, 0.0
    try:
        value = float(tolerance)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InputError(f"--choose {text}: write smallest:TOLERANCE with a number of at least 0, e.g. smallest:0.05")
    return rule, value


def build_config(*layers: Mapping[str, Any]) -> SearchConfig:
    """Return the configuration of stacked settings; later layers win, None counts as not given.

    Raises
    ------
    InputError
        One fault for each setting that is unknown or out of range.
    """
    merged: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for layer in layers:
        given = {key: value for key, value in layer.items() if value is not None}
        for_space = given.pop("space_options", {})
        if not isinstance(for_space, Mapping):
            raise InputError(f"space_options: expected 'name: value' lines (got {for_space!r})")
        options.update(for_space)
        merged.update(given)
    try:
        return SearchConfig(**merged, space_options=options)
    except ValidationError as error:
        faults = sentences(error, SearchConfig.model_fields, option=True)
        # Pydantic looks at what concerns several fields only where each is right by itself.
        kinds = {fault["type"] for fault in error.errors() if fault["loc"]}
        if kinds and "extra_forbidden" not in kinds:
            sources = ("dataset", "data", "target", "time", "series", "task")
            faults += source_faults(*(merged.get(name) for name in sources))
        raise InputError(*faults) from error


def read_config_file(path: Path) -> dict[str, Any]:
    """Return the settings of a YAML file; keys may be written with dashes or underscores.

    Raises
    ------
    InputError
        The file cannot be read, is no YAML, or is not a mapping.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"--config {path}: cannot be read ({error.strerror or error})") from error
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise InputError(f"--config {path}: is not a YAML file ({where}{error.problem})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"--config {path}: is not a YAML file ({str(error).splitlines()[0]})") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(f"--config {path}: expected settings as 'name: value' lines")
    return {str(key).replace("-", "_"): value for key, value in content.items()}
