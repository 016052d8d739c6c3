"""How raw columns become inputs: made from the training table, kept with the run, used for new rows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evokan.errors import InputError
from evokan.problem.task import Task
from evokan.texts import listed

if TYPE_CHECKING:
    import pandas as pd

Impute = Literal["median", "drop", "last"]
"""What is done about missing values: filled in by the median, or in a time series by the last value; or their rows left
out."""

HandleUnknown = Literal["error", "ignore"]
"""What is done about a category that was not in the training table: it is refused, or taken for none of those there."""

_SHOWN = 5
_LEVELS = 20
"""So many unknown categories of a column are named."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NumericColumn(_Frozen):
    """A column of numbers: one input.

    Attributes
    ----------
    name
        Column name.
    median
        Stands for a missing value.
    low, high
        Smallest and largest value of the training table; None in runs of earlier versions.
    """

    kind: Literal["numeric"] = "numeric"
    name: str
    median: float = Field(allow_inf_nan=False)
    low: float | None = Field(None, allow_inf_nan=False)
    high: float | None = Field(None, allow_inf_nan=False)

    @classmethod
    def of(cls, name: str, numbers: NDArray[np.float64]) -> NumericColumn:
        """Return the column of these values, of which some may be NaN."""
        from evokan.datasets.values import median_of

        low, high = (float(found(numbers)) for found in (np.nanmin, np.nanmax))
        return cls(name=name, median=median_of(numbers), low=low, high=high)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the inputs it gives."""
        return (self.name,)

    def encode(self, column: pd.Series[Any], schema: ColumnSchema) -> NDArray[np.float64]:
        """Return the inputs, shape (rows, 1).

        Raises
        ------
        InputError
            A value is missing (unless medians are filled in), infinite, or not a number; rows are named by the index.
        """
        from evokan.datasets.values import not_numbers, to_numbers

        numbers, strange = to_numbers(column), not_numbers(column)
        faults = []
        if strange.any():
            faults.append(f"column {self.name!r} must hold numbers, but {first_value(column, strange)}")
        infinite = np.isinf(numbers)
        if infinite.any():
            faults.append(f"column {self.name!r} holds an infinite value in {rows_text(column, infinite)}")
        missing = column.isna().to_numpy()
        if missing.any() and schema.impute != "median":
            faults.append(_gap(self.name, column, missing))
        if faults:
            raise InputError(*faults)
        return np.where(missing, self.median, numbers)[:, None]


class CategoricalColumn(_Frozen):
    """A column of text, booleans or categories: one input of zeros and ones for each level.

    Attributes
    ----------
    name
        Column name.
    levels
        Known values as text; the inputs stand in this order.
    most_frequent
        Stands for a missing value.
    """

    kind: Literal["categorical"] = "categorical"
    name: str
    levels: tuple[str, ...]
    most_frequent: str

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the inputs it gives, such as ``colour=red``."""
        return tuple(f"{self.name}={level}" for level in self.levels)

    def encode(self, column: pd.Series[Any], schema: ColumnSchema) -> NDArray[np.float64]:
        """Return the inputs, shape (rows, levels).

        Raises
        ------
        InputError
            A value is missing (unless they are filled in), or no known level (unless those are ignored); rows are
            named by the index.
        """
        from evokan.datasets.values import label, level_numbers

        numbers = level_numbers(column, self.levels)
        faults = []
        ignored = schema.handle_unknown == "ignore"
        unknown = column[(numbers == -2) & (not ignored)].unique()
        for value in unknown[:_SHOWN]:
            where = (column == value).to_numpy()
            faults.append(
                f"column {self.name!r} holds the unknown category {label(value)!r} in "
                f"{rows_text(column, where)}{near(label(value), self.levels) or ':'} "
                f"Known: {listed(self.levels, _LEVELS)}"
            )
        if len(unknown) > _SHOWN:
            faults.append(f"column {self.name!r} holds {len(unknown) - _SHOWN} more unknown categories")
        missing = numbers == -1
        if missing.any() and schema.impute != "median":
            faults.append(_gap(self.name, column, missing))
        if faults:
            raise InputError(*faults)
        inputs = np.eye(len(self.levels))[np.where(missing, self.levels.index(self.most_frequent), numbers)]
        return np.where((numbers == -2)[:, None], 0.0, inputs)

    def ignored(self, column: pd.Series[Any]) -> str:
        """Return a sentence where values are no known level and are taken for none; else nothing."""
        from evokan.datasets.values import label, level_numbers

        where = level_numbers(column, self.levels) == -2
        if not where.any():
            return ""
        names = [repr(label(value)) for value in column[where].unique()]
        return (
            f"column {self.name!r} holds categories that the search has not seen, taken for none of those it knows: "
            f"{listed(names, _SHOWN)} ({rows_text(column, where)})"
        )


Column = Annotated[NumericColumn | CategoricalColumn, Field(discriminator="kind")]


class ColumnSchema(_Frozen):
    """The way from raw columns to inputs.

    Attributes
    ----------
    task
        ``classification``, ``regression`` or ``trajectory``.
    target
        Name of the target column; new rows need not have it. A trajectory has none: the empty text.
    columns
        The feature columns in the order of the inputs.
    class_names
        Names of the classes as in the training file; empty for regression.
    impute
        ``median`` where missing values of new rows are filled in as in training; otherwise they are refused.
    log_target
        Whether networks give the natural logarithm of the target.
    handle_unknown
        Whether a category that was not in the training table is an ``error``, or is taken for none (``ignore``).
    lags, horizon
        Of a trajectory with delays: the delays, and how many steps lie between the last known value and the one
        predicted; no delays without them.
    """

    task: Task
    target: str
    columns: tuple[Column, ...]
    class_names: tuple[str, ...] = ()
    impute: Impute | None = None
    log_target: bool = False
    handle_unknown: HandleUnknown = "error"
    lags: tuple[Annotated[int, Field(ge=1)], ...] = ()
    horizon: int = Field(1, ge=1)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        names = tuple(feature for column in self.columns for feature in column.features)
        return tuple(lagged_name(name, lag) for lag in self.lags for name in names) if self.lags else names

    @property
    def concepts(self) -> tuple[str, ...]:
        """Of a trajectory: what is predicted."""
        return tuple(column.name for column in self.columns)

    @property
    def keep_na_in(self) -> tuple[str, ...]:
        """Columns in which marks such as ``NA`` were values of the training table."""
        from evokan.datasets.frames import MISSING_MARKS

        return tuple(
            column.name
            for column in self.columns
            if isinstance(column, CategoricalColumn) and not set(MISSING_MARKS).isdisjoint(column.levels)
        )

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the inputs of the rows of `frame`, shape (rows, features), float64.

        With delays the rows of `frame` are consecutive moments of one series, and row i of the result belongs to row
        i + max(lags) - horizon of it: the last known moment before the one that is predicted.

        Parameters
        ----------
        frame
            Columns in any order; those that the schema does not know are ignored. Text that reads as a number
            will do for a numeric column.

        Raises
        ------
        InputError
            One sentence for each fault: a column is missing or there twice, a value is missing (unless
            `impute` is ``median``), infinite, not a number, or a category that was not in the training data.
            Rows are counted from 1, without the header.
        """
        from evokan.datasets.values import is_nested, unsupported_fault

        frame = frame.rename(columns=str).reset_index(drop=True)
        frame.index = frame.index + 1
        names = list(frame.columns)
        unknown = set(names) - {self.target, *(column.name for column in self.columns)}
        parts, faults = [], []
        for column in self.columns:
            if names.count(column.name) != 1:
                faults.append(
                    f"column {column.name!r} is there more than once"
                    if column.name in names
                    else f"column {column.name!r} is missing{near(column.name, unknown)}"
                )
                continue
            if is_nested(frame[column.name]):
                faults.append(unsupported_fault(frame[column.name], column.name))
                continue
            try:
                parts.append(column.encode(frame[column.name], self))
            except InputError as error:
                faults.extend(error.faults)
        if faults:
            raise InputError(*faults)
        return self._windows(np.hstack(parts)) if self.lags else np.hstack(parts)

    def _windows(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the states of all delays side by side."""
        known = np.arange(self.lags[-1] - self.horizon, len(states))
        if not len(known):
            raise InputError(
                f"{len(states)} rows: delays of {self.lags[-1]} steps need {self.lags[-1] - self.horizon + 1}, "
                "consecutive moments in the order of time"
            )
        return np.hstack([states[known + self.horizon - lag] for lag in self.lags])

    def notes(self, frame: pd.DataFrame, *, target: bool = False) -> tuple[str, ...]:
        """Return what the user should know of how `frame` becomes inputs (and the target): a sentence a column."""
        from evokan.datasets.values import fallen_together

        frame = frame.rename(columns=str).reset_index(drop=True)
        frame.index = frame.index + 1
        names = [column.name for column in self.columns if isinstance(column, NumericColumn)]
        names += [self.target] * target
        notes = [note for name in names if name in frame for note in fallen_together(frame[name], name)]
        kinds = [column for column in self.columns if isinstance(column, CategoricalColumn) and column.name in frame]
        return (*notes, *filter(None, (column.ignored(frame[column.name]) for column in kinds)))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON values, from which `from_dict` makes an equal schema."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> ColumnSchema:
        """Return the schema whose `to_dict` gave `data`.

        Raises
        ------
        InputError
            `data` is something else.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the whole"
            raise InputError(f"this is no column schema: {where}: {first['msg']}") from error


def lagged_name(concept: str, lag: int) -> str:
    """Return the name of a concept at a delay; t is the moment of the effect."""
    return f"{concept}(t-{lag})"


def near(name: str, known: Iterable[str]) -> str:
    """Return ``: did you mean ...?`` with the known name nearest to `name`, or nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f": did you mean {close[0]!r}?" if close else ""


def rows_text(column: pd.Series[Any], where: NDArray[np.bool_]) -> str:
    """Return ``row 3`` or ``rows 3, 5, 8 and 2 more``: the labels of the rows marked in `where`."""
    rows = [*map(str, column.index[where])]
    return f"row{'s' if len(rows) > 1 else ''} {listed(rows, 3)}"


def first_value(column: pd.Series[Any], where: NDArray[np.bool_]) -> str:
    """Return ``row 3 holds 'x'`` for the first row marked in `where`."""
    row = column.index[where][0]
    return f"row {row} holds {str(column.loc[row])!r}"


def _gap(name: str, column: pd.Series[Any], missing: NDArray[np.bool_]) -> str:
    return (
        f"column {name!r} has no value in {rows_text(column, missing)}: fill it in "
        "(only a model made with --impute median fills gaps itself)"
    )
