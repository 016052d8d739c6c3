"""Every setting of a search: one model for the command line, the YAML file, Python and ``config.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from evokan.errors import InputError, unknown_name
from evokan.evaluation.records import OBJECTIVES
from evokan.settings.choices import parse_choice, parse_rungs
from evokan.settings.own_table import OwnTable, own_table_faults
from evokan.settings.setting import DATA, EVOLUTION, EXECUTION, TRAINING, WHAT, Setting
from evokan.settings.source import SOURCE, read_lags, source_faults


class SearchConfig(OwnTable):
    """The settings of a search: name, type, range, default, help and group of each. The command line is made from them.

    Field names are the long options with underscores. Fields left at None take what the family (or the data set)
    names as its default.
    """

    space: Annotated[str, Setting(WHAT, "NAME", "Search space: a name of `evokan spaces`.")]
    dataset: Annotated[str | None, Setting(WHAT, "NAME", "Data set: a name of `evokan datasets`.")] = None
    data: Annotated[
        Path | None, Setting(WHAT, "FILE", "Own table instead: text, Parquet, Feather, Excel or ARFF; a row a case.")
    ] = None
    equation: Annotated[
        Path | None, Setting(WHAT, "FILE", "Own differential equation instead: Python code, which is run.")
    ] = None
    target: Annotated[str | None, Setting(WHAT, "COLUMN", "Column of --data to predict; all others are features.")] = (
        None
    )
    time: Annotated[
        str | None,
        Setting(WHAT, "COLUMN", "Instead of --target: --data is a time series, and this column has its moments."),
    ] = None
    series: Annotated[str | None, Setting(WHAT, "COLUMN", "Column of --data that tells several time series apart.")] = (
        None
    )
    lags: Annotated[
        int | tuple[int, ...] | None,
        Setting(
            WHAT,
            "K",
            "Delays of a time series: causes lie 1 to K steps before the value predicted, or so many steps as a list "
            "1,2,7 says.",
        ),
    ] = None
    horizon: Annotated[
        int | None,
        Field(ge=1, le=10_000),
        Setting(WHAT, "H", "Steps from the last known value of a time series to the value predicted; by default 1."),
    ] = None
    time_format: Annotated[
        str | None, Setting(WHAT, "FORMAT", "How the moments of --time are written, such as %d.%m.%Y.")
    ] = None
    drop: Annotated[tuple[str, ...], Setting(WHAT, "COLUMN", "Column of --data to leave out; repeatable.")] = ()
    edges: Annotated[
        Path | None,
        Setting(
            WHAT, "FILE", "What is known of a causal map: CSV with cause, effect, lag and rule (required, forbidden)."
        ),
    ] = None
    task: Annotated[
        Literal["classification", "regression"] | None,
        Setting(WHAT, "TASK", "classification or regression; by default the target column decides."),
    ] = None
    space_options: Annotated[
        dict[str, Any], Setting(WHAT, "KEY=VALUE", "Option of the search space, such as max_depth=3; repeatable.")
    ] = Field(default_factory=dict)

    test_size: Annotated[
        float | None,
        Field(ge=0, lt=1),
        Setting(DATA, "SHARE", "Test part of all rows, 0 for none; by default the data set's own, 0.2 for --data."),
    ] = None
    val_size: Annotated[
        float | None,
        Field(gt=0, lt=1),
        Setting(DATA, "SHARE", "Validation part of the rest; by default the data set's own, 0.2 for --data."),
    ] = None
    split_seed: Annotated[int, Field(ge=0, lt=2**32), Setting(DATA, "SEED", "Seed of the split and of the folds.")] = 0
    scaler: Annotated[
        Literal["standard", "minmax", "none"],
        Setting(DATA, "NAME", "Scaling of the features: standard, minmax or none."),
    ] = "standard"
    impute: Annotated[
        Literal["median", "drop", "last"] | None,
        Setting(
            DATA,
            "HOW",
            "Missing values: median fills them in, drop leaves out their rows, last goes on with the last value of a "
            "time series; refused if not given.",
        ),
    ] = None

    population: Annotated[
        int, Field(ge=4, le=1_000_000), Setting(EVOLUTION, "N", "Networks in a generation, at least 4.")
    ] = 100
    generations: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        Setting(EVOLUTION, "G", "Generations after the initial one, or auto: until the front comes to rest."),
    ] = 20
    settle: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        Setting(EVOLUTION, "N", "End when the front has not moved by more than noise for N generations; 0 never does."),
    ] = 0
    crossover_rate: Annotated[
        float, Field(ge=0, le=1), Setting(EVOLUTION, "RATE", "Probability that a pair of parents is crossed.")
    ] = 0.9
    mutation_rate: Annotated[
        float, Field(ge=0, le=1), Setting(EVOLUTION, "RATE", "Probability that a child is mutated.")
    ] = 0.5
    move_rate: Annotated[
        float,
        Field(ge=0, le=1),
        Setting(
            EVOLUTION,
            "RATE",
            "Share of the children made by a move of the family (drop an edge, add one); 0 leaves bits alone.",
        ),
    ] = 0.5
    initial: Annotated[
        Literal["seeded", "random"],
        Setting(
            EVOLUTION,
            "HOW",
            "First generation: seeded (networks that the family names, and samples from small to large) or random "
            "(fair coins).",
        ),
    ] = "seeded"
    algorithm: Annotated[
        Literal["ga", "nsga2", "random"],
        Setting(
            EVOLUTION,
            "NAME",
            "ga: one objective, the best stay; nsga2: several at once; random: no evolution, to compare with.",
        ),
    ] = "ga"
    objectives: Annotated[
        tuple[str, ...],
        Setting(
            EVOLUTION,
            "NAMES",
            "What to minimise, by commas: val_loss, n_params, n_edges, n_features, depth; the first one guides "
            "the search.",
        ),
    ] = ("val_loss",)
    parsimony: Annotated[
        Literal["none", "ties", "one-se", "sizes"],
        Setting(
            EVOLUTION,
            "RULE",
            "When the smaller network wins: none, ties (equal losses), one-se (within one standard error over "
            "the folds), sizes (the best of every size stays).",
        ),
    ] = "ties"
    distinct: Annotated[
        bool, Setting(EVOLUTION, "", "Keep one copy of a network in the population, or let it fill up with copies.")
    ] = True
    seed: Annotated[int, Field(ge=0), Setting(EVOLUTION, "SEED", "Seed of everything but the split.")] = 0
    choose: Annotated[
        str,
        Setting(
            EVOLUTION,
            "RULE",
            "Which network of the front is the result: best-loss, knee, one-se, se:ERRORS, paired:ERRORS or "
            "smallest:TOLERANCE.",
        ),
    ] = "best-loss"

    refit: Annotated[
        Literal["development", "holdout", "none"],
        Setting(
            TRAINING,
            "ROWS",
            "Rows of the final fit: development (train and validation part), holdout (train part, stopped by the "
            "validation part), none (as the search trained it).",
        ),
    ] = "development"
    formula_seconds: Annotated[
        float,
        Field(ge=0),
        Setting(
            TRAINING,
            "SECONDS",
            "Work for the formula at the end, about so long on a server core; 0 leaves it to `evokan formula`.",
        ),
    ] = 3.0
    steps: Annotated[int, Field(ge=1, le=1_000_000), Setting(TRAINING, "N", "L-BFGS steps of 20 iterations.")] = 20
    folds: Annotated[
        int, Field(ge=1), Setting(TRAINING, "K", "Folds of the validation loss; 1 is a single hold-out.")
    ] = 1
    fold_stop: Annotated[
        Literal["common", "own"],
        Setting(
            TRAINING,
            "RULE",
            "With folds: common, all count at the iteration with the lowest mean loss; own, each counts with its "
            "lowest.",
        ),
    ] = "own"
    race: Annotated[
        bool, Setting(TRAINING, "", "Judge most networks by one fold or two, and only the better half of them by more.")
    ] = False
    rungs: Annotated[
        str,
        Setting(
            TRAINING,
            "ROWS",
            "Judge networks on so many rows first, the best on more: auto (8000 where 20,000 are there to learn from; "
            "of an equation on few points and a quarter of the steps), off, or a number.",
        ),
    ] = "auto"
    inherit: Annotated[bool, Setting(TRAINING, "", "Begin a child's training from what its parents have learned.")] = (
        False
    )
    preset: Annotated[
        Literal["default", "paper"],
        Setting(TRAINING, "NAME", "default, or paper: the published protocol of the search space."),
    ] = "default"
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        Setting(TRAINING, "NAME", "cpu, cuda (one GPU), or auto, which takes the processor."),
    ] = "auto"

    workers: Annotated[
        int | None,
        Field(ge=1, le=10_000),
        Setting(EXECUTION, "N", "Threads, or workers with --ray; any number gives the same records.", "all processors"),
    ] = None
    ray: Annotated[
        bool, Setting(EXECUTION, "", "Train on a Ray cluster: that of RAY_ADDRESS, or one made on this machine.")
    ] = False
    ray_address: Annotated[
        str | None, Setting(EXECUTION, "ADDRESS", "Ray cluster to use: HOST:PORT or auto; implies --ray.")
    ] = None
    gpus_per_task: Annotated[
        float,
        Field(ge=0),
        Setting(EXECUTION, "SHARE", "GPUs a Ray worker takes, fractions too; needed for --device cuda."),
    ] = 0.0
    cohort_timeout: Annotated[
        float | None,
        Field(gt=0),
        Setting(EXECUTION, "SECONDS", "A Ray worker that takes longer for one cohort is given up."),
    ] = None
    time_limit: Annotated[
        float | None,
        Field(ge=0),
        Setting(EXECUTION, "SECONDS", "Finish the whole run by then, with the best so far; 0 is no limit."),
    ] = None
    baselines: Annotated[
        Literal["none", "fast", "all"],
        Setting(
            EXECUTION,
            "WHICH",
            "Usual models beside the network: none, fast (the quick ones), all; a sample of many rows.",
        ),
    ] = "all"
    report: Annotated[bool, Setting(EXECUTION, "", "Write report.html, the run on one page, at the end.")] = True
    picture_format: Annotated[
        Literal["png", "svg", "pdf"],
        Setting(EXECUTION, "NAME", "Draw the pictures as svg or pdf, too, beside png, which the report shows."),
    ] = "png"
    out: Annotated[
        Path | None, Setting(EXECUTION, "DIR", "New folder for the run.", "runs/<time>-<space>-<dataset>")
    ] = None

    _folds_given: bool = True
    """False where a default stands for ``folds``, which may then be lowered."""

    @field_validator("target", "time", "series", "rungs", mode="before")
    @classmethod
    def _numbered_column(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("lags", mode="before")
    @classmethod
    def _delays(cls, value: Any) -> Any:
        return read_lags(value)

    @field_validator("data", "test_data", "val_data", "equation", "out", "edges")
    @classmethod
    def _possible_path(cls, value: Path | None) -> Path | None:
        if value is not None and "\0" in str(value):
            raise ValueError("no path holds a zero character")
        return value

    @field_validator("keep_na_in", "drop", mode="before")
    @classmethod
    def _one_column(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

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

    @field_validator("rungs")
    @classmethod
    def _known_rungs(cls, value: str) -> str:
        parse_rungs(value)
        return value

    @model_validator(mode="after")
    def _one_source(self) -> SearchConfig:
        faults = source_faults({name: getattr(self, name) for name in SOURCE})
        named, in_time = self.dataset is not None, self.time is not None
        faults = faults or own_table_faults(
            self, named=named, series=in_time, test_size=self.test_size, val_size=self.val_size
        )
        if faults:
            raise InputError(*faults)
        return self

    @property
    def front_objectives(self) -> tuple[str, ...]:
        """What the Pareto front is made of: the objectives, with ``n_params`` beside a lone ``val_loss``."""
        if len(self.objectives) > 1:
            return self.objectives
        return (self.objectives[0], "n_params") if self.objectives[0] != "n_params" else ("val_loss", "n_params")
