"""What the JSON files of a run look like: checked before anything is made of them, as a run may come from a stranger.

Values that a family or a schema makes something of (`options`, a network, an explanation) are theirs to check.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, NonNegativeInt, PositiveInt, ValidationError

from evokan.problem.task import Task

Figures = dict[str, FiniteFloat | None]


class Shape(BaseModel):
    """A JSON object that must have these members, of these types; others are let through."""

    model_config = ConfigDict(extra="allow", strict=True)


class StoredSettings(Shape):
    """``settings`` in ``config.json``, as far as they are read without being checked as settings anew."""

    space: str
    generations: NonNegativeInt
    folds: PositiveInt
    seed: int


class StoredData(Shape):
    """``data`` in ``config.json``."""

    name: str
    sha256: str
    task: Annotated[Task, Field(strict=False)]
    rows: NonNegativeInt
    features: NonNegativeInt
    train: NonNegativeInt
    validation: NonNegativeInt
    test: NonNegativeInt
    data_schema: dict[str, Any] = Field(alias="schema")


class StoredVersions(Shape):
    """``versions`` in ``config.json``."""

    evokan: str


class ConfigFile(Shape):
    """``config.json``."""

    settings: StoredSettings
    options: dict[str, Any]
    data: StoredData
    notes: list[str] = []
    chromosome: dict[str, Any]
    reference_point: dict[str, FiniteFloat]
    versions: StoredVersions


class CheckpointFile(Shape):
    """``checkpoint.json``."""

    generation: NonNegativeInt
    population: list[NonNegativeInt]
    settings: dict[str, Any]


class BaselineFigures(Shape):
    """One of ``baselines`` in ``best/metrics.json``: figures by name, what its library had to say, why it failed."""

    __pydantic_extra__: Figures
    warnings: list[str] = []
    error: str = ""


class MetricsFile(Shape):
    """``best/metrics.json``."""

    train: Figures
    validation: Figures
    test: Figures
    baselines: dict[str, BaselineFigures]
    references: Figures = {}


class MemberFile(Shape):
    """``best/architecture.json`` and ``front/ID.json``."""

    model: dict[str, Any]
    explanation: dict[str, Any]


class ManifestFile(Shape):
    """``manifest.json``."""

    sha256: dict[str, str]


def check_shape(content: Any, shape: type[Shape]) -> None:
    """Raise `ValueError` where `content` has not that shape, with the first fault: where, and what is wrong."""
    try:
        shape.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "its content"
        missing = first["type"] == "missing"
        raise ValueError(f"it lacks {place!r}" if missing else f"{place}: {first['msg'].lower()}") from None
