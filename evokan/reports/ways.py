"""Runs sorted by how they were searched: what a comparison stands on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evokan.errors import InputError
from evokan.problem.task import Task
from evokan.runs.run import Run
from evokan.runs.sameness import completed
from evokan.runs.summary import summarise
from evokan.settings.config import SearchConfig
from evokan.settings.keywords import EXECUTION
from evokan.settings.setting import DATA, WHAT, setting_of

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT_TEST = ("val_loss", "n_params")
"""Figures that a run has whether or not there are test rows."""
OF_WAY = frozenset(
    (
        "lags",
        "horizon",
        "edges",
        "task",
        "test_size",
        "val_size",
        "scaler",
        "impute",
        "keep_na",
        "keep_na_in",
        "log_target",
        "handle_unknown",
    )
)
"""Settings beside those of the data that are a choice of how to search the same rows."""
OF_DRAW = frozenset(("space", "space_options", "split_seed"))
"""Settings beside those of the data that a comparison tells by themselves."""
OF_DATA = tuple(
    name
    for name, field in SearchConfig.model_fields.items()
    if setting_of(field).group in (WHAT, DATA) and name not in OF_WAY | OF_DRAW
)
"""Settings that say which rows are searched, and which of them are for what."""
READING = frozenset(("dataset", "data", "equation", "sep", "decimal", "encoding"))
"""Those of the data in which two names or files of the same rows may differ."""
SAME_WAY = frozenset((*EXECUTION, *OF_DATA, *OF_DRAW, "device", "out", "seed"))
"""Settings that do not make another way of searching: what was searched on, by which draw, and where."""


@dataclass(frozen=True)
class Entry:
    """A finished run as a comparison sees it.

    Attributes
    ----------
    data
        Name of its data; what follows it tells tables of one name apart.
    way
        Space, and the settings in which runs of that space differ.
    draw
        Seed of the split, and of the search: runs of one draw are a pair.
    front
        Parameters and mean validation loss of each member.
    """

    path: str
    data: str
    way: str
    draw: tuple[int, int]
    figures: Mapping[str, float]
    n_params: int
    seconds: float
    front: tuple[tuple[float, float], ...]


def entries(paths: Sequence[Path]) -> tuple[list[Entry], tuple[str, ...]]:
    """Return the runs at `paths`, and the figures that all of them have, the one that ranks first.

    Raises
    ------
    InputError
        A run cannot be read or has not finished, two are the same way on the same draw, or no figure is common to all.
    """
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    faults: list[str] = []
    for path in paths:
        try:
            run = Run(path)
            if not run.finished:
                raise InputError(f"{path}: the search has not finished; go on with: evokan resume {path}")
            found.append((run.config, summarise(run)))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(*faults)
    configs = [config for config, _ in found]
    ways, names = _ways(configs), _names(configs)
    made = [_entry(*one, way, name) for one, way, name in zip(found, ways, names, strict=True)]
    taken: dict[tuple[Any, ...], str] = {}
    for entry in made:
        key = (entry.data, entry.way, entry.draw)
        if key in taken:
            faults.append(f"{entry.path}: has data, settings and seeds of {taken[key]}; leave one of them out")
        taken[key] = entry.path
    if faults:
        raise InputError(*faults)
    common = [name for name in made[0].figures if all(name in entry.figures for entry in made)]
    if common == [*WITHOUT_TEST] and any(len(entry.figures) > len(WITHOUT_TEST) for entry in made):
        raise InputError(
            f"{made[0].path}: has other test figures than other runs, of another task; compare like with like"
        )
    return made, tuple(common)


def _entry(config: Mapping[str, Any], summary: Mapping[str, Any], way: str, name: str) -> Entry:
    settings, best = config["settings"], summary["best"]
    test = summary["metrics"]["test"] if summary["rows"]["test"] else {}
    order = Task(summary["task"]).figures or tuple(test)
    figures = {figure: float(test[figure]) for figure in order if isinstance(test.get(figure), int | float)}
    return Entry(
        summary["path"],
        name,
        way,
        (settings["split_seed"], settings["seed"]),
        figures | {"val_loss": float(best["val_loss_mean"]), "n_params": float(best["n_params"])},
        int(best["n_params"]),
        float(summary["seconds"]),
        tuple((float(row["n_params"]), float(row["val_loss_mean"])) for row in summary["front"]),
    )


def _ways(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a name for the way of each run: its space, and the settings in which runs of that space differ."""
    told = []
    for config in configs:
        settings = {name: value for name, value in completed(config["settings"]).items() if name not in SAME_WAY}
        options = config["options"] if isinstance(config.get("options"), Mapping) else {}
        told.append((str(config["settings"]["space"]), {**options, **settings}))
    return [" ".join([space, *(f"{name}={text}" for name, text in differing)]) for space, differing in _apart(told)]


def _names(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of tables; those of one name with what tells them apart: their file, or settings of the data.

    A file is told by the beginning of its checksum. That of the table itself does not tell: delays change it, and laws
    are drawn anew for each seed.
    """
    told = []
    for config in configs:
        settings = completed(config["settings"])
        telling = {name: settings.get(name) for name in OF_DATA if name not in READING}
        data = config["data"]
        told.append((str(data["name"]), {"file": str(data.get("file_sha256"))[:6], **telling}))
    names = []
    for name, differing in _apart(told):
        parts = ", ".join(text if setting == "file" else f"{setting}={text}" for setting, text in differing)
        names.append(f"{name} ({parts})" if parts else name)
    return names


def _apart(told: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each name with those of its values in which not all of that name agree."""
    for name, values in told:
        alike = [other for of, other in told if of == name]
        yield (
            name,
            [
                (key, _short(value))
                for key, value in values.items()
                if len({json.dumps(other.get(key), sort_keys=True) for other in alike}) > 1
            ],
        )


def _short(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
