"""Every setting of a search: one model for the command line, the YAML file, Python and ``config.json``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from evokan.errors import InputError, unknown_name
from evokan.evaluation.records import OBJECTIVES



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
    task: Literal["classification", "regression"] | None = None

    test_size: float | None = Field(None, gt=0, lt=1)
    val_size: float | None = Field(None, gt=0, lt=1)
    split_seed: int = Field(0, ge=0, lt=2**32)
    scaler: Literal["standard", "minmax", "none"] = "standard"
    impute: Literal["median", "drop"] | None = None

    population: int = Field(100, ge=4)
    generations: int = Field(20, ge=0)
    crossover_rate: float = Field(0.9, ge=0, le=1)
    mutation_rate: float = Field(0.5, ge=0, le=1)
    algorithm: Literal["ga"] = "ga"
    objectives: tuple[str, ...] = ("val_loss",)
    parsimony: Literal["none", "ties", "one-se"] = "ties"
    distinct: bool = True
    seed: int = Field(0, ge=0)
    choose: str = "best-loss"
    refit: Literal["development", "holdout"] = "development"

    steps: int = Field(20, ge=1)
    folds: int = Field(1, ge=1)
    preset: Literal["default", "paper"] = "default"
    device: Literal["auto", "cpu"] = "auto"

    workers: int | None = Field(None, ge=1)
    out: Path | None = None

    @field_validator("objectives", mode="before")
    @classmethod
    def _split_objectives(cls, value: Any) -> Any:
        names = value.split(",") if isinstance(value, str) else value
        return tuple(str(name).strip() for name in names)

    @field_validator("objectives")
    @classmethod
    def _known_objectives(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in OBJECTIVES:
                raise unknown_name("objective", name, OBJECTIVES)
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
        if (self.dataset is None) == (self.data is None):
            raise ValueError("give either --dataset NAME or --data FILE --target COLUMN, not both and not neither")
        if self.data is not None and self.target is None:
            raise ValueError("--data needs --target: name the column to predict")
        if self.dataset is not None and self.target is not None:
            raise ValueError("--target goes with --data: a named data set knows its target")
        return self

    @property
    def front_objectives(self) -> tuple[str, ...]:
        """What the Pareto front is made of: the objectives, with ``n_params`` beside a lone ``val_loss``."""
        if len(self.objectives) > 1:
            return self.objectives
        return (self.objectives[0], "n_params") if self.objectives[0] != "n_params" else ("val_loss", "n_params")

    def identity(self) -> dict[str, Any]:
        """Return, as JSON values, the settings that decide the records: all but where and how wide it runs."""
        return self.model_dump(mode="json", exclude={"out", "workers", "generations"})


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
        options.update(given.pop("space_options", {}))
        merged.update(given)
    try:
        return SearchConfig(**merged, space_options=options)
    except ValidationError as error:
        raise InputError(*explain(error, SearchConfig.model_fields, option=True)) from error


def explain(error: ValidationError, known: Iterable[str], *, option: bool) -> list[str]:
    """Return one sentence for each fault that pydantic found.

    Parameters
    ----------
    known
        Field names, for a did-you-mean.
    option
        Whether fields are written as long options (``--val-size``) or as they are.
    """
    known = list(known)

    def shown(name: str) -> str:
        return "--" + name.replace("_", "-") if option else name

    sentences = []
    for fault in error.errors():
        field = str(fault["loc"][0]) if fault["loc"] else ""
        context = fault.get("ctx", {}).get("error")
        if isinstance(context, InputError):
            sentences.extend(context.faults)
        elif fault["type"] == "extra_forbidden":
            near = difflib.get_close_matches(field, known, n=1, cutoff=0.5)
            hint = f"did you mean {shown(near[0])!r}?" if near else f"known: {', '.join(map(shown, sorted(known)))}"
            sentences.append(f"unknown option {shown(field)!r}: {hint}")
        elif fault["type"] == "missing":
            sentences.append(f"{shown(field)} is needed and was not given")
        else:
            message = str(context) if context else fault["msg"][:1].lower() + fault["msg"][1:]
            got = f" (got {fault['input']!r})" if field else ""
            sentences.append(f"{shown(field)}: {message}{got}" if field else message)
    return sentences


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
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"--config {path}: is not a YAML file ({str(error).splitlines()[0]})") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(f"--config {path}: expected settings as 'name: value' lines")
    return {str(key).replace("-", "_"): value for key, value in content.items()}
