"""Three ways to say which columns count: what the network carries, what it loses, what evolution kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evokan.arrays import FloatArray
from evokan.errors import InputError, InvalidArchitecture
from evokan.problem.metrics import prediction_loss
from evokan.seeding import derive_seed

if TYPE_CHECKING:
    from evokan.runs.run import Run

REPEATS = 20
GENERATIONS = 5


@dataclass(frozen=True, eq=False)
class Importances:
    """What every input column is worth, by three measures.

    Attributes
    ----------
    names
        Column names.
    attribution
        Share of the spread that reaches the outputs (the layer-wise score of `Explanation.importances`), summing to 1.
    permutation, permutation_sd
        Rise of the loss (cross-entropy; root mean squared error in the target's units) when the column is shuffled
        among the rows that the network was not chosen by, mean and standard deviation over 20 shuffles.
    kept
        Share of the networks of the last generations, over all runs, in which the column reaches an output.
    networks
        How many those are.
    """

    names: tuple[str, ...]
    attribution: FloatArray
    permutation: FloatArray
    permutation_sd: FloatArray
    kept: FloatArray
    networks: int


def importances(run: Run, others: Sequence[Run] = ()) -> Importances:
    """Return the importances of a finished run's chosen network.

    Parameters
    ----------
    run
        The network is its chosen one; columns are shuffled among its test rows.
    others
        Runs on the same columns, with other seeds, that count for `Importances.kept` as well.

    Raises
    ------
    InputError
        The data is not there any more, a run has other columns, or the family does not say which columns a network
        uses.
    """
    problem = run.problem
    mean, sd = permutation_importance(run)
    counts, total = np.zeros(problem.n_features), 0
    for one in (run, *others):
        if one.problem.table.feature_names != problem.table.feature_names:
            raise InputError(f"{one.path}: has other columns than {run.path}; compare runs on one table")
        used, networks = feature_use(one)
        counts += used
        total += networks
    return Importances(
        problem.table.feature_names, run.best.explanation.importances, mean, sd, counts / max(total, 1), total
    )


def permutation_importance(run: Run) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation of the rise of the loss on shuffled columns of the test rows.

    By scikit-learn's `permutation_importance` (Breiman, 2001); seeded by the run.
    """
    from sklearn.inspection import permutation_importance as shuffle

    problem, member = run.problem, run.best

    class Network:
        """What scikit-learn takes for a fitted estimator."""

        def fit(self, X: FloatArray, y: Any) -> Network:
            return self

    def score(_: Network, X: FloatArray, y: Any) -> float:
        return -prediction_loss(problem.task, y, member.predict(X))

    seed = derive_seed("permutation importance", run.config["settings"]["seed"]) % 2**32
    found = shuffle(
        Network(),
        problem.table.X[problem.test],
        problem.table.y[problem.test],
        scoring=score,
        n_repeats=REPEATS,
        random_state=seed,
    )
    return np.asarray(found.importances_mean), np.asarray(found.importances_std)


def feature_use(run: Run) -> tuple[FloatArray, int]:
    """Return in how many networks of the last 5 generations each column reaches an output, and how many there are.

    Every individual counts, survivors too; those that are no network do not.
    """
    space, problem = run.space, run.problem
    layout = space.layout(problem)
    table = run.evaluations
    recent = table[table["generation"] > table["generation"].max() - GENERATIONS]
    counts, networks = np.zeros(problem.n_features), 0
    for text, times in recent["chromosome"].value_counts(sort=False).items():
        try:
            columns = space.decode(layout.from_text(str(text)), problem).used_columns
        except InvalidArchitecture:
            continue
        if columns is None:
            raise InputError(f"search space {space.name!r} does not say which columns a network uses")
        counts[list(columns)] += int(times)
        networks += int(times)
    return counts, networks
