"""What the JSON files of a run look like: checked before anything is made of them, as a run may come from a stranger.

Values that a family or a schema makes something of (`options`, a network, an explanation's `data`) are theirs to check.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    model_validator,
)

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
    rungs: list[NonNegativeInt] = []
    first_rung: NonNegativeInt = 0
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


class StoredEdge(Shape):
    """One of ``edges`` in an explanation."""

    layer: NonNegativeInt
    source: NonNegativeInt
    target: NonNegativeInt
    weight: FiniteFloat
    x: list[FiniteFloat]
    y: list[FiniteFloat]


class StoredExplanation(Shape):
    """``explanation`` in the file of a network: its numbers name nodes that there are."""

    widths: list[NonNegativeInt]
    input_names: list[str]
    output_names: list[str]
    importances: list[FiniteFloat]
    data: dict[str, Any] = {}
    edges: list[StoredEdge]

    @model_validator(mode="after")
    def _fits_together(self) -> StoredExplanation:
        if len(self.importances) != len(self.input_names):
            raise ValueError(f"{len(self.importances)} importances of {len(self.input_names)} inputs")
        ends = (len(self.input_names), len(self.output_names))
        if self.edges and (len(self.widths) < 2 or (self.widths[0], self.widths[-1]) != ends):
            raise ValueError("widths that are not those of inputs and outputs")
        for number, edge in enumerate(self.edges):
            if edge.layer > len(self.widths) - 2 or len(edge.x) != len(edge.y) or not edge.x:
                raise ValueError(f"edge {number} has a layer that is none, or x and y of two lengths")
            if edge.source >= self.widths[edge.layer] or edge.target >= self.widths[edge.layer + 1]:
                raise ValueError(f"edge {number} has a node that is none")
        return self


class MemberFile(Shape):
    """``best/architecture.json`` and ``front/ID.json``."""

    model: dict[str, Any]
    explanation: StoredExplanation


class StoredSpline(Shape):
    """One of ``splines`` in a stored formula."""

    lo: FiniteFloat
    h: FiniteFloat = Field(gt=0)
    coefficients: list[FiniteFloat] = Field(min_length=1, max_length=10_000)
    base: FiniteFloat
    slope: FiniteFloat


class StoredFormula(Shape):
    """One of ``front`` in ``formulas.json``; its trees are checked when they are read."""

    kind: Literal["network", "law"]
    task: Annotated[Task, Field(strict=False)]
    trees: list[Any]
    complexity: NonNegativeInt
    train_loss: FiniteFloat
    val_loss: FiniteFloat
    test_loss: FiniteFloat | Literal["undefined"] | None
    excess: FiniteFloat
    error: FiniteFloat
    splines: dict[str, StoredSpline]


class StoredNetwork(Shape):
    """``network`` in ``formulas.json``: the one that was read."""

    edges: NonNegativeInt
    val_loss: FiniteFloat
    test_loss: FiniteFloat | None


class FormulasFile(Shape):
    """``best/formulas.json``."""

    chosen: dict[Literal["network", "law"], NonNegativeInt] = Field(min_length=1)
    network: StoredNetwork
    tolerance: FiniteFloat
    stages: list[str]
    complete: bool
    work: FiniteFloat
    columns: list[str]
    names: list[str]
    front: list[StoredFormula] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_together(self) -> FormulasFile:
        for kind, place in self.chosen.items():
            if place >= len(self.front) or self.front[place].kind != kind:
                raise ValueError(f"the chosen formula of kind {kind} is none")
        return self


class TestedClass(Shape):
    """One of ``classes`` in ``tested.json``."""

    name: str
    rows: NonNegativeInt
    precision: FiniteFloat
    recall: FiniteFloat
    f1: FiniteFloat


class TestedShare(Shape):
    """One of ``calibration`` in ``tested.json``."""

    low: FiniteFloat
    high: FiniteFloat
    rows: NonNegativeInt
    said: FiniteFloat
    right: FiniteFloat


class TestedOutput(Shape):
    """One of ``outputs`` in ``tested.json``."""

    name: str
    rmse: FiniteFloat
    interval: Annotated[list[FiniteFloat], Field(min_length=2, max_length=2)] | None
    mean: FiniteFloat
    quantiles: list[FiniteFloat] = Field(min_length=5, max_length=5)
    largest: FiniteFloat


class TestedFile(Shape):
    """``tested.json``: of classes, or of numbers."""

    rows: NonNegativeInt
    classes: list[TestedClass] = []
    confusion: list[list[NonNegativeInt]] | None = None
    calibration: list[TestedShare] = []
    outputs: list[TestedOutput] = []
    points: list[Annotated[list[FiniteFloat], Field(min_length=2, max_length=2)]] = []

    @model_validator(mode="after")
    def _of_one_kind(self) -> TestedFile:
        if self.model_fields_set - {"rows"} not in ({"classes", "confusion", "calibration"}, {"outputs", "points"}):
            raise ValueError("figures neither of classes nor of numbers")
        if self.confusion is not None and {len(self.confusion), *map(len, self.confusion)} != {len(self.classes)}:
            raise ValueError("a confusion matrix of other classes")
        return self


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
        said = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"it lacks {place!r}" if missing else f"{place}: {said[:1].lower()}{said[1:]}") from None
