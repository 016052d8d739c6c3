"""Three ways to say which columns count: what the network carries, what it loses, what evolution kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evokan.arrays import FloatArray, IntArray
from evokan.errors import InputError, InvalidArchitecture
from evokan.problem.metrics import prediction_loss
from evokan.problem.problem import Problem
from evokan.seeding import derive_seed
from evokan.spaces.space import SearchSpace
from evokan.spaces.threads import single_threaded_math

REPEATS, FEWEST_REPEATS = 20, 5
MOST_ROWS, FEWEST_ROWS = 5000, 200
"""Rows among which columns are shuffled: of more rows, evenly spread ones."""
MOST_WORK = 5e9
"""Parameters times rows that all predictions together may have, some 30 s of one core: a network of 10^5 parameters has
fewer shuffles of fewer rows, down to the fewest."""


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
        among the test rows, by which the network was not chosen (all rows where none are held out), mean and standard
        deviation over 20 shuffles, fewer of a network with very many parameters.
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


@dataclass(frozen=True, eq=False)
class LateNetworks:
    """The individuals of a search's last generations.

    Attributes
    ----------
    name
        Of the search, for messages.
    space, problem
        What decodes them.
    chromosomes
        Text forms, each with the number of individuals that had it.
    """

    name: str
    space: SearchSpace
    problem: Problem
    chromosomes: Mapping[str, int]


def importances(
    attribution: FloatArray,
    predict: Callable[[FloatArray], FloatArray],
    searches: Sequence[LateNetworks],
    seed: int,
    n_params: int = 1,
) -> Importances:
    """Return the importances of the columns for one network.

    Parameters
    ----------
    attribution
        The network's own shares, shape (columns,).
    predict
        Its outputs of raw inputs, shape (N, columns); columns are shuffled among the test rows,
        or among all where there are none.
    searches
        The search that it came from, then others on the same columns, that count for `Importances.kept` as well.
    seed
        Of the shuffles.
    n_params
        Parameters of the network, at least 1.

    Raises
    ------
    InputError
        A search has other columns, or the family does not say which columns a network uses.
    """
    problem = searches[0].problem
    names = problem.table.feature_names
    mean, sd = permutation_importance(problem, predict, seed, np.flatnonzero(attribution), n_params)
    counts, total = np.zeros(problem.n_features), 0
    for search in searches:
        if search.problem.table.feature_names != names:
            raise InputError(f"{search.name}: has other columns than {searches[0].name}; compare runs on one table")
        used, networks = feature_use(search)
        counts += used
        total += networks
    return Importances(names, attribution, mean, sd, counts / max(total, 1), total)


def permutation_importance(
    problem: Problem, predict: Callable[[FloatArray], FloatArray], seed: int, columns: IntArray, n_params: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation of the rise of the loss on shuffled columns of the test rows.

    By scikit-learn's `permutation_importance` (Breiman, 2001).

    Parameters
    ----------
    columns
        Those to shuffle; all others count nothing.
    n_params
        Parameters of the network, at least 1: with very many there are fewer shuffles and rows.
    """
    from sklearn.inspection import permutation_importance as shuffle

    rows = problem.test if len(problem.test) else problem.development
    repeats, most = affordable(len(columns), min(len(rows), MOST_ROWS), n_params)
    rows = rows[:: -(-len(rows) // most)]
    whole = problem.table.X[rows]
    mean, sd = np.zeros(problem.n_features), np.zeros(problem.n_features)
    if not len(columns):
        return mean, sd

    class Network:
        """What scikit-learn takes for a fitted estimator."""

        def fit(self, X: FloatArray, y: Any) -> Network:
            return self

    def score(_: Network, X: FloatArray, y: Any) -> float:
        shuffled = whole.copy()
        shuffled[:, columns] = X
        return -prediction_loss(problem.task, y, predict(shuffled))

    with single_threaded_math():
        # Hundreds of small predictions: threads would wait for each other more than they work.
        found = shuffle(
            Network(),
            whole[:, columns],
            problem.table.y[rows],
            scoring=score,
            n_repeats=repeats,
            random_state=derive_seed("permutation importance", seed) % 2**32,
        )
    mean[columns], sd[columns] = found.importances_mean, found.importances_std
    return mean, sd


def affordable(columns: int, rows: int, n_params: int) -> tuple[int, int]:
    """Return how many shuffles of each column there are, and of how many rows at most, both at least 1.

    First there are fewer shuffles, then fewer rows: `MOST_WORK` is kept where the fewest allow it.
    """
    shuffled = max(columns, 1) * max(n_params, 1)
    repeats = int(np.clip(MOST_WORK // (shuffled * max(rows, 1)), FEWEST_REPEATS, REPEATS))
    fewest = min(rows, FEWEST_ROWS)
    return repeats, max(1, int(np.clip(MOST_WORK // (shuffled * repeats), fewest, rows)))


def feature_use(search: LateNetworks) -> tuple[FloatArray, int]:
    """Return in how many networks each column reaches an output, shape (columns,), and how many networks there are.

    Every individual counts, survivors too; those that are no network do not.

    Raises
    ------
    InputError
        The family does not say which columns a network uses.
    """
    space, problem = search.space, search.problem
    layout = space.layout(problem)
    counts, networks = np.zeros(problem.n_features), 0
    for text, times in search.chromosomes.items():
        try:
            columns = space.decode(layout.from_text(text), problem).used_columns
        except InvalidArchitecture:
            continue
        if columns is None:
            raise InputError(f"search space {space.name!r} does not say which columns a network uses")
        counts[list(columns)] += times
        networks += times
    return counts, networks
