"""Delays: a trajectory whose causes are the states of several moments before the one that is predicted.

The input columns stand delay by delay, the shortest first, and the concepts in their order within each: column
k of n concepts is concept k % n at the delay ``lags[k // n]``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evokan.datasets.columns import ColumnSchema, lagged_name
from evokan.datasets.tables import make_table
from evokan.errors import InputError
from evokan.problem.table import Table

LONGEST = 10_000
"""Largest delay, in steps."""

Lags = int | Sequence[int]
"""``--lags``: a number of delays, or the delays themselves."""


def delays_of(lags: Lags | None, horizon: int) -> tuple[int, ...]:
    """Return the delays, in steps before the value predicted, ascending.

    Parameters
    ----------
    lags
        K: the delays 1 to K; with a longer `horizon` H the last known value and the K before it, H to H + K. A
        list: these. None: the horizon alone.
    horizon
        Steps from the last known value to the one predicted, at least 1.

    Raises
    ------
    InputError
        One sentence for each delay that cannot be.
    """
    if lags is None:
        return (horizon,)
    if isinstance(lags, int):
        if not 1 <= lags <= LONGEST:
            raise InputError(
                f"--lags {lags}: give a number of delays between 1 and {LONGEST}: a cause lies at least one step back"
            )
        return tuple(range(horizon, horizon + lags + (horizon > 1)))
    found = tuple(sorted({int(lag) for lag in lags}))
    text = ",".join(map(str, lags))
    if not found:
        raise InputError("--lags names no delay: give a number of them, or a list such as 1,2,7")
    if len(found) < len(tuple(lags)):
        raise InputError(f"--lags {text}: name each delay once")
    if found[0] < 1 or found[-1] > LONGEST:
        raise InputError(f"--lags {text}: a delay is a number of steps between 1 and {LONGEST}")
    if found[0] < horizon:
        raise InputError(
            f"--lags {text}: with --horizon {horizon} nothing less than {horizon} steps before the value predicted "
            f"is known: leave out {', '.join(str(lag) for lag in found if lag < horizon)}"
        )
    return found


def with_lags(table: Table, lags: tuple[int, ...], horizon: int = 1) -> Table:
    """Return a trajectory whose causes are the states of `lags` steps before each moment.

    Parameters
    ----------
    table
        A trajectory without delays.
    lags
        As `delays_of` returns them.
    horizon
        Only told to users of the table.

    Returns
    -------
    Table
        A row for each moment that has all those before it. Its test rows predict the moments that those of `table`
        predict, and `Table.notes` say how many series are too short.

    Raises
    ------
    InputError
        No series is long enough.
    """
    assert table.series is not None
    state, following = table.X, np.asarray(table.y, dtype=np.float64)
    longest, parts, places, owners = lags[-1], [], [], []
    numbers, begins, sizes = np.unique(table.series, return_index=True, return_counts=True)
    for number, begin, size in zip(numbers.tolist(), begins.tolist(), sizes.tolist(), strict=True):
        path = np.vstack([state[begin : begin + size], following[begin + size - 1]])
        moments = np.arange(longest, len(path))
        parts.append(np.hstack([path[moments - lag] for lag in lags]))
        places.append(begin + moments - 1)
        owners.append(np.full(len(moments), number))
    rows = np.concatenate(places).astype(np.int64)
    if not len(rows):
        many = "the series has" if len(sizes) == 1 else f"the longest of {len(sizes)} series without a gap has"
        raise InputError(
            f"data set {table.name!r}: {many} {int(sizes.max()) + 1} moments, and delays of {longest} steps need "
            f"{longest + 1}: give shorter --lags, or a series without gaps"
        )
    short = int((sizes < longest).sum())
    notes = table.notes
    if short:
        notes += (
            f"{short} of {len(sizes)} series are left out: they have fewer than the {longest + 1} moments that delays "
            f"of {longest} steps need",
        )
    test_rows = None
    if table.test_rows is not None:
        test_rows = np.flatnonzero(np.isin(rows, table.test_rows))
        if not 0 < len(test_rows) < len(rows):
            raise InputError(
                f"data set {table.name!r}: with delays of {longest} steps {len(rows) - len(test_rows)} moments are "
                f"left to search with and {len(test_rows)} to test on: give shorter --lags"
            )
    schema = ColumnSchema.from_dict(table.schema).model_copy(update={"lags": lags, "horizon": horizon})
    return make_table(
        table.name,
        table.task,
        np.vstack(parts),
        following[rows],
        feature_names=[lagged_name(concept, lag) for lag in lags for concept in table.feature_names],
        target_name="",
        test_rows=test_rows,
        test_size=table.test_size,
        validation_size=table.validation_size,
        schema=schema,
        series=np.unique(np.concatenate(owners), return_inverse=True)[1].astype(np.int64),
        notes=notes,
        concepts=table.feature_names,
        lags=lags,
    )
