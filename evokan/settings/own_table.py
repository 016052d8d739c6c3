"""Settings of a user's own table: how its file is read, and how its rows are cut."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from evokan.settings.setting import DATA, TRAINING, Setting


class OwnTable(BaseModel):
    """What may be said of ``--data`` beside its target; a base of `evokan.settings.config.SearchConfig`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

    sep: Annotated[
        str | None, Setting(DATA, "SIGN", "What separates cells of text files, tab for a tab; found from the file.")
    ] = None
    decimal: Annotated[
        Literal[",", "."] | None, Setting(DATA, "SIGN", "Decimal sign of text files, , or .; found from the file.")
    ] = None
    encoding: Annotated[
        str | None, Setting(DATA, "NAME", "Encoding of text files, such as cp1252; found from the file.")
    ] = None
    keep_na: Annotated[
        bool,
        Setting(DATA, "", "Take NA, None, null and the like as values like any other; empty cells stay missing."),
    ] = False
    keep_na_in: Annotated[
        tuple[str, ...],
        Setting(DATA, "COLUMN", "The same in one column of --data, such as a region NA; repeatable."),
    ] = ()
    resample: Annotated[
        str | None,
        Setting(DATA, "STEP", "Even steps of a time series, such as 1h or 5: means of the rows since the step before."),
    ] = None
    test_data: Annotated[
        Path | None, Setting(DATA, "FILE", "Rows to test on, with the columns of --data; nothing is split off then.")
    ] = None
    val_data: Annotated[
        Path | None, Setting(DATA, "FILE", "Rows to validate on, with the columns of --data: the one hold-out.")
    ] = None
    log_target: Annotated[
        bool, Setting(DATA, "", "Fit the logarithm of a target above 0; predictions and figures are in its own unit.")
    ] = False
    handle_unknown: Annotated[
        Literal["error", "ignore"],
        Setting(DATA, "HOW", "A category at prediction that was not there: error, or ignore, which takes it for none."),
    ] = "error"
    group: Annotated[
        str | None,
        Setting(DATA, "COLUMN", "Column of --data whose equal values stay together in splits and folds; no feature."),
    ] = None
    split: Annotated[
        str,
        Setting(
            DATA,
            "HOW",
            "random, or time: the last rows are for the test, those before for validation; time:COLUMN orders them.",
        ),
    ] = "random"

    units: Annotated[
        dict[str, str] | None,
        Setting(
            TRAINING,
            "FILE",
            "Units of columns and target, a line each, such as 'speed: m/s': formulas in dimensionless groups.",
        ),
    ] = None

    @field_validator("units", mode="before")
    @classmethod
    def _from_file(cls, value: Any) -> Any:
        if not isinstance(value, str | Path):
            return value
        from evokan.explain.relations.units import read_texts

        return read_texts(Path(value))

    @field_validator("group", "split", "resample", mode="before")
    @classmethod
    def _numbered(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    @field_validator("split")
    @classmethod
    def _known_split(cls, value: str) -> str:
        if value not in ("random", "time") and not (value.startswith("time:") and len(value) > len("time:")):
            raise ValueError("write random, time, or time:COLUMN")
        return value


def own_table_faults(
    config: OwnTable, *, named: bool, series: bool, test_size: float | None, val_size: float | None
) -> list[str]:
    """Return what is wrong with these settings beside those that say where the rows come from.

    Parameters
    ----------
    named, series
        Whether the rows are a named data set, or a time series.
    """
    given = {
        "--test-data": config.test_data,
        "--val-data": config.val_data,
        "--log-target": config.log_target or None,
        "--handle-unknown": None if config.handle_unknown == "error" else config.handle_unknown,
        "--group": config.group,
        "--split": None if config.split == "random" else config.split,
    }
    reading = {"--sep": config.sep, "--decimal": config.decimal, "--encoding": config.encoding}
    reading |= {"--resample": config.resample}
    faults = []
    if named:
        faults += [
            f"{option} goes with --data: a named data set has its own rows and splits"
            for option, value in (given | reading).items()
            if value is not None
        ]
    elif series:
        faults += [
            f"{option} goes with --target: a time series is cut in the order of time"
            for option, value in given.items()
            if value is not None
        ]
    elif config.resample is not None:
        faults.append("--resample goes with --time: only a time series has steps")
    if config.group is not None and config.split != "random":
        faults.append("--group and --split time exclude each other: give one of them")
    if config.test_data is not None and test_size is not None:
        faults.append("--test-data and --test-size exclude each other: the test rows are those of the file")
    if config.val_data is not None:
        others = {"--val-size": val_size, "--group": config.group, "--split time": given["--split"]}
        faults += [
            f"--val-data and {option} exclude each other: the validation rows are those of the file"
            for option, value in others.items()
            if value is not None
        ]
    return faults
