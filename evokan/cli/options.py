"""The options of ``search`` as a table: each is a setting of `evokan.settings.config.SearchConfig`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from evokan.errors import InputError

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the bare result alone.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        show_default=False,
        help="Threads; all processors by default, the records are the same.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing --out.")]


@dataclass(frozen=True)
class Setting:
    """One long option.

    Attributes
    ----------
    name
        Field of `SearchConfig`; the option is the same with dashes.
    group
        Heading in the help.
    metavar
        What stands behind the option; empty for a pair of flags ``--name/--no-name``.
    help
        One line.
    default
        What holds where neither the command line, nor ``--config``, nor the preset says anything; None where the
        help line says it.
    """

    name: str
    group: str
    metavar: str
    help: str
    default: str | None = None

    def parameter(self, *, with_default: bool) -> inspect.Parameter:
        """Return it as a parameter that typer understands; values stay text, `SearchConfig` reads them."""
        flag = "--" + self.name.replace("_", "-")
        kind: Any = str | None
        if self.name == "space_options":
            flag, kind = "--space-option", list[str] | None
        elif not self.metavar:
            flag, kind = f"{flag}/--no-{flag[2:]}", bool | None
        own = ", or the search space's own" if self.name in OF_SPACE else ""
        text = self.help if self.default is None or not with_default else f"{self.help} (default {self.default}{own})"
        option = typer.Option(
            flag, metavar=self.metavar or None, help=text, rich_help_panel=self.group, show_default=False
        )
        return inspect.Parameter(
            self.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
        )


OF_SPACE = ("scaler", "parsimony", "distinct", "choose", "refit", "folds", "fold_stop")
"""What a search space is likely to have a default of its own for (`Preset.settings`)."""

WHAT, DATA, EVOLUTION, TRAINING, EXECUTION = "What", "Data", "Evolution", "Training", "Execution"

SETTINGS: tuple[Setting, ...] = (
    Setting("space", WHAT, "NAME", "Search space: a name of `evokan spaces`."),
    Setting("dataset", WHAT, "NAME", "Data set: a name of `evokan datasets`."),
    Setting("data", WHAT, "FILE", "Own table instead: CSV, TSV or Parquet, one row for each case."),
    Setting("target", WHAT, "COLUMN", "Column of --data to predict; all others are features."),
    Setting("time", WHAT, "COLUMN", "Instead of --target: --data is a time series, and this column has its moments."),
    Setting("series", WHAT, "COLUMN", "Column of --data that tells several time series apart."),
    Setting("task", WHAT, "TASK", "classification or regression; by default the target column decides."),
    Setting("space_options", WHAT, "KEY=VALUE", "Option of the search space, such as max_depth=3; repeatable."),
    Setting("test_size", DATA, "SHARE", "Test part of all rows; by default the data set's own, 0.2 for --data."),
    Setting("val_size", DATA, "SHARE", "Validation part of the rest; by default the data set's own, 0.2 for --data."),
    Setting("split_seed", DATA, "SEED", "Seed of the split and of the folds.", "0"),
    Setting("scaler", DATA, "NAME", "Scaling of the features: standard, minmax or none.", "standard"),
    Setting(
        "impute", DATA, "HOW", "Missing values: median fills them in, drop leaves out their rows; refused if not given."
    ),
    Setting("population", EVOLUTION, "N", "Networks in a generation, at least 4.", "100"),
    Setting("generations", EVOLUTION, "G", "Generations after the initial one.", "20"),
    Setting("crossover_rate", EVOLUTION, "RATE", "Probability that a pair of parents is crossed.", "0.9"),
    Setting("mutation_rate", EVOLUTION, "RATE", "Probability that a child is mutated.", "0.5"),
    Setting(
        "algorithm",
        EVOLUTION,
        "NAME",
        "ga: one objective, the best stay; nsga2: several at once; random: no evolution, to compare with.",
        "ga",
    ),
    Setting(
        "objectives",
        EVOLUTION,
        "NAMES",
        "What to minimise, by commas: val_loss, n_params, n_edges, n_features, depth; the first one guides the search.",
        "val_loss",
    ),
    Setting(
        "parsimony",
        EVOLUTION,
        "RULE",
        "When the smaller network wins: none, ties (equal losses), one-se (within one standard error over the folds).",
        "ties",
    ),
    Setting(
        "distinct",
        EVOLUTION,
        "",
        "Keep one copy of a network in the population, or let it fill up with copies.",
        "distinct",
    ),
    Setting("seed", EVOLUTION, "SEED", "Seed of everything but the split.", "0"),
    Setting(
        "choose",
        EVOLUTION,
        "RULE",
        "Which network of the front is the result: best-loss, knee, one-se or smallest:TOLERANCE.",
        "best-loss",
    ),
    Setting(
        "refit",
        TRAINING,
        "ROWS",
        "Rows of the final fit: development (train and validation part) or holdout "
        "(train part, stopped by the validation part).",
        "development",
    ),
    Setting(
        "formula_seconds",
        TRAINING,
        "SECONDS",
        "Work for the formula at the end, about so long on a server core; 0 leaves it to `evokan formula`.",
        "3.0",
    ),
    Setting("steps", TRAINING, "N", "L-BFGS steps of 20 iterations.", "20"),
    Setting("folds", TRAINING, "K", "Folds of the validation loss; 1 is a single hold-out.", "1"),
    Setting(
        "fold_stop",
        TRAINING,
        "RULE",
        "With folds: common, all count at the iteration with the lowest mean loss; own, each counts with its lowest.",
        "own",
    ),
    Setting(
        "race", TRAINING, "", "Judge most networks by one fold or two, and only the better half of them by more.", "no"
    ),
    Setting("inherit", TRAINING, "", "Begin a child's training from what its parents have learned.", "no"),
    Setting("preset", TRAINING, "NAME", "default, or paper: the published protocol of the search space.", "default"),
    Setting("device", TRAINING, "NAME", "cpu, cuda (one GPU), or auto, which takes the processor.", "auto"),
    Setting(
        "workers",
        EXECUTION,
        "N",
        "Threads, or workers with --ray; any number gives the same records.",
        "all processors",
    ),
    Setting("ray", EXECUTION, "", "Train on a Ray cluster: that of RAY_ADDRESS, or one made on this machine.", "no"),
    Setting("ray_address", EXECUTION, "ADDRESS", "Ray cluster to use: HOST:PORT or auto; implies --ray."),
    Setting(
        "gpus_per_task", EXECUTION, "SHARE", "GPUs a Ray worker takes, fractions too; needed for --device cuda.", "0.0"
    ),
    Setting("cohort_timeout", EXECUTION, "SECONDS", "A Ray worker that takes longer for one cohort is given up."),
    Setting("out", EXECUTION, "DIR", "New folder for the run.", "runs/<time>-<space>-<dataset>"),
)

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        show_default=False,
        rich_help_panel=EXECUTION,
        help="YAML file with any settings of a search, as 'name: value' lines; the command line wins.",
    ),
]

Command = Callable[..., None]


def takes_settings(*names: str, with_defaults: bool = True) -> Callable[[Command], Command]:
    """Give a command with ``**settings`` the options `names` of `SETTINGS`.

    It gets every one of them by keyword: None where it was not given, ``space_options`` as a dict. The help tells
    the defaults of a search unless `with_defaults` is False.
    """
    chosen = [setting.parameter(with_default=with_defaults) for setting in SETTINGS if setting.name in names]

    def decorate(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True)

        @wraps(command)
        def with_settings(**arguments: Any) -> None:
            if "space_options" in names:
                arguments["space_options"] = read_pairs(arguments["space_options"] or ())
            command(**arguments)

        mine = [p for p in own.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        parameters = sorted([*chosen, *mine], key=lambda parameter: parameter.kind)
        with_settings.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        with_settings.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return with_settings

    return decorate


def read_pairs(texts: list[str] | tuple[str, ...]) -> Mapping[str, Any]:
    """Return the ``KEY=VALUE`` texts of ``--space-option`` as a mapping; a value in brackets is a JSON list.

    Raises
    ------
    InputError
        A text has no ``=`` or no key, or its list does not parse.
    """
    pairs: dict[str, Any] = {}
    faults = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not (equals and key.strip()):
            faults.append(f"--space-option {text}: write KEY=VALUE, such as max_depth=3")
            continue
        try:
            pairs[key.strip()] = json.loads(value) if value.startswith("[") else value
        except ValueError:
            faults.append(f"--space-option {text}: write a list as [1, 2, 3]")
    if faults:
        raise InputError(*faults)
    return pairs


def all_but(*names: str) -> tuple[str, ...]:
    """Return the names of `SETTINGS` without `names`."""
    return tuple(setting.name for setting in SETTINGS if setting.name not in names)
