"""Where the rows come from: which settings go together."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = ("dataset", "data", "target", "time", "series", "task", "lags", "horizon", "time_format", "drop")
"""Settings that say where the rows come from and what they are."""
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
    given = {name: value for name in SOURCE if (value := settings.get(name)) not in (None, ())}
    if "dataset" not in given and "data" not in given:
        return ["give either --dataset NAME, or --data FILE --target COLUMN"]
    if "dataset" in given and "data" in given:
        return ["--dataset and --data exclude each other: give one of them"]
    if "dataset" in given:
        return [
            f"{option} goes with --data: a named data set knows its {what}"
            for option, name, what in (
                ("--target", "target", "target"),
                ("--time", "time", "time"),
                ("--series", "series", "series"),
                ("--time-format", "time_format", "time"),
                ("--drop", "drop", "columns"),
            )
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
