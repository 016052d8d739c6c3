"""What a search gives: plain values, whether or not a directory keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evokan.evaluation.records import COLUMNS, RUNG_COLUMNS, Record
from evokan.evolution.history import HISTORY_COLUMNS, HISTORY_RUNG_COLUMNS, HistoryRow
from evokan.searching.finalists import Finalist
from evokan.settings.job import Job
from evokan.spaces.architecture import Weights

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Standing:
    """Where a search stands after a whole generation: what it could go on from.

    Attributes
    ----------
    row
        The generation in figures.
    survivors
        Records of the population, in order.
    learned
        What is known of the survivors beside their records, as named arrays (`evokan.evaluation.heirs`,
        `evokan.evaluation.worths`); None where nothing is asked of it.
    loss_evaluations
        Loss-and-gradient evaluations so far, in this process.
    """

    row: HistoryRow
    survivors: tuple[Record, ...]
    learned: Mapping[str, NDArray[np.generic]] | None
    loss_evaluations: int


@dataclass(frozen=True, eq=False)
class Beginning:
    """What an interrupted search goes on from.

    Attributes
    ----------
    records
        Every finished record, in the order of ids.
    generation, population
        The last whole generation and the ids of its survivors, in order; -1 and none before the first.
    learned
        As in `Standing`, of that generation.
    """

    records: tuple[Record, ...]
    generation: int = -1
    population: tuple[int, ...] = ()
    learned: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Evolution:
    """What the generations have left.

    Attributes
    ----------
    records
        Every individual, in the order of ids.
    survivors
        Records of the last population, in order.
    history
        One row for each generation of this process.
    loss_evaluations
        As in `Standing`.
    """

    records: tuple[Record, ...]
    survivors: tuple[Record, ...]
    history: tuple[HistoryRow, ...]
    loss_evaluations: int


@dataclass(frozen=True, eq=False)
class Fitted:
    """A member of the front with the values of its final fit."""

    finalist: Finalist
    weights: Weights


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a whole search gave.

    Attributes
    ----------
    job
        What it worked with.
    evolution
        Records, history, survivors.
    front
        Networks of the front that could be trained again and fitted, lowest mean loss first.
    chosen
        The one of them that ``--choose`` takes.
    figures
        Content of ``metrics.json``: figures of the chosen network and of the baselines.
    """

    job: Job
    evolution: Evolution
    front: tuple[Fitted, ...]
    chosen: Fitted
    figures: Mapping[str, Any]

    def front_table(self) -> pd.DataFrame:
        """Return the front with the columns of ``pareto.csv``, lowest mean loss first."""
        import pandas as pd

        rungs = bool(self.job.problem.cuts)
        rows = []
        for one in self.front:
            member = one.finalist.member
            row = {name: getattr(member.record, name) for name in (*COLUMNS, *(RUNG_COLUMNS if rungs else ()))}
            row |= {"val_loss_mean": member.val_loss_mean, "val_loss_sd": member.val_loss_sd}
            rows.append(row | {"chosen": one is self.chosen})
        return pd.DataFrame(rows)

    def history_table(self) -> pd.DataFrame:
        """Return a row for each generation, with the columns of ``history.csv``."""
        import pandas as pd

        columns = HISTORY_COLUMNS + (HISTORY_RUNG_COLUMNS if self.job.problem.cuts else ())
        return pd.DataFrame([asdict(row) for row in self.evolution.history], columns=list(columns))
