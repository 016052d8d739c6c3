"""Where the rows come from: which settings go together."""

from __future__ import annotations

from collections.abc import Mapping

from evokan.errors import InputError

SOURCE = ("dataset", "data", "equation", "target", "time", "series", "task", "lags", "horizon", "time_format", "drop")
"""Settings that say where the rows come from and what they are."""
_OF_DATA = {"target": "target", "time": "time", "series": "series", "time_format": "time", "drop": "columns"}
_OF_SERIES = {
    "series": "--series goes with --time: name the column with the moments",
    "lags": "--lags goes with --time: only the rows of a time series have moments before them",
    "horizon": "--horizon goes with --time: only a time series has steps to look ahead",
    "time_format": "--time-format goes with --time: name the column with the moments",
}


def source_faults(settings: Mapping[str, object]) -> list[str]:
    """Return what is wrong with the settings that say where the rows come from and what they are.

    Parameters
    ----------
    settings
        Values of `SOURCE` by name; what is missing or None or empty was not given.
    """
    values = {name: settings.get(name) for name in SOURCE}
    given = {name: value for name, value in values.items() if value is not None and not (name == "drop" and not value)}
    sources = [name for name in ("dataset", "data", "equation") if name in given]
    if not sources:
        return ["give either --dataset NAME, or --data FILE --target COLUMN, or --equation FILE"]
    if len(sources) > 1:
        return [f"{' and '.join(f'--{name}' for name in sources)} exclude each other: give one of them"]
    if "data" not in given:
        source = "a named data set" if "dataset" in given else "an equation"
        return [
            f"--{name.replace('_', '-')} goes with --data: {source} knows its {what}"
            for name, what in _OF_DATA.items()
            if name in given
        ]
    if "target" not in given and "time" not in given:
        return [
            "--data needs --target: name the column to predict (or by --time the column with the moments of a "
            "time series)"
        ]
    faults = []
    if "target" in given and "time" in given:
        faults.append("--target and --time exclude each other: of a time series every column is predicted")
    if "time" not in given:
        faults += [text for name, text in _OF_SERIES.items() if name in given]
    elif "task" in given:
        faults.append(f"--task {given['task']}: a time series is a trajectory; leave --task out")
    return faults


def read_lags(value: object) -> object:
    """Return delays as a number of them or a list: of a text what it names, else as they are.

    Raises
    ------
    InputError
        There is none, or a number below 1.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value < 1:
        raise InputError(f"--lags {value}: a cause lies at least one step before the value predicted; give 1 or more")
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not parts or not all(part.removeprefix("-").isdigit() for part in parts):
        raise InputError(f"--lags {value}: give a number of delays, or a list of them such as 1,2,7")
    return parts if "," in value else read_lags(int(parts[0]))
