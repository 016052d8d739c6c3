"""How sure an edge is: a q-value, and how often it is found again in parts of the data."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np

from evokan.problem.problem import Problem
from evokan.problem.splits import cut_folds
from evokan.seeding import derive_seed
from evokan.spaces.explanation import Explanation
from search_spaces.kafcm.beginning import BENDING, FALSE_SHARE, kept, paths, screened_rows
from search_spaces.kafcm.encoding import CausalMap
from search_spaces.kafcm.ends import columns_of
from search_spaces.kafcm.options import KAFCMOptions
from search_spaces.kafcm.rules import FORBIDDEN, edge_rules
from search_spaces.kafcm.screening import Causes, common_level, needed
from search_spaces.kafcm.states import fit_states

CUTS, PARTS = 2, 5
"""Cuts of the rows, each into so many blocks; each block is left out once."""
FEWEST_ROWS = 50
"""With fewer rows nothing is left out."""
KEPT = 0.05
COLUMNS = ("cause", "effect", "lag", "strength", "q_value", "stability")


@dataclass(frozen=True)
class Confidence:
    """Of one edge.

    Attributes
    ----------
    q_value
        Expected share of false edges among all that are at least as sure (Benjamini and Hochberg, 1995), with one
        test for each edge that the map might have. The map was chosen on the same rows, so it is a lower bound.
    stability
        Share of the parts of the data, each without a tenth of two cuts' moments, in which the edge is found by the
        screening alone; None where there are too few rows.
    """

    q_value: float
    stability: float | None


def confidences(network: CausalMap, problem: Problem, options: KAFCMOptions) -> dict[tuple[int, int], Confidence]:
    """Return the confidence of every edge (cause, effect) of a map, from the development rows."""
    share = _stability(problem, options)
    return {
        edge: Confidence(value, None if share is None else float(share[edge[1], edge[0]]))
        for edge, value in edge_q_values(network, problem, options).items()
    }


def edge_q_values(network: CausalMap, problem: Problem, options: KAFCMOptions) -> dict[tuple[int, int], float]:
    """Return the q-value of every edge (cause, effect) of a map, from the development rows."""
    rows = screened_rows(problem, problem.development)
    states = fit_states(problem, options)
    y = states.target.transform(np.asarray(problem.table.y[rows], dtype=np.float64).reshape(len(rows), -1))
    causes = Causes.of(states.source.transform(problem.table.X[rows]))
    bounded = options.bounding in BENDING
    p_values: dict[tuple[int, int], float] = {}
    for effect in range(network.n_targets):
        chosen = [cause for cause, other in network.edges if other == effect]
        for cause, p in zip(chosen, needed(y[:, effect], causes, chosen, bounded=bounded), strict=True):
            p_values[cause, effect] = p
    possible = int((edge_rules(problem, options) != FORBIDDEN).sum())
    q = q_values(np.array(list(p_values.values())), possible)
    return dict(zip(p_values, map(float, q), strict=True))


def q_values(p: np.ndarray, tests: int) -> np.ndarray:
    """Return the q-values of p-values, shape (edges,), among `tests` tests whose other p-values are 1."""
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    found = np.empty_like(p)
    found[order] = np.minimum.accumulate(np.minimum(p[order] * max(tests, len(p)) / ranks, 1.0))
    return found


def _stability(problem: Problem, options: KAFCMOptions) -> np.ndarray | None:
    if len(problem.development) < FEWEST_ROWS:
        return None
    found = []
    for number in range(CUTS):
        seed = derive_seed("stability", number) % 2**32
        for fold in cut_folds(problem.table, problem.development, PARTS, seed):
            ways = paths(problem, options, fold.train)
            found.append(kept(ways, common_level(ways, FALSE_SHARE), problem.n_features))
    return np.asarray(np.mean(found, axis=0))


def edges_csv(explanation: Explanation) -> str:
    """Return the kept edges as CSV, the strongest first, columns `COLUMNS`; an input table has no delays.

    Edges with a q-value above `KEPT` are left out: where nothing is a cause, a map has one edge all the same.
    """
    names = columns_of(explanation)
    told = {(edge["cause"], edge["effect"]): edge for edge in explanation.data["edges"]}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for edge in sorted(explanation.edges, key=lambda edge: -edge.weight):
        cause, lag = names[edge.source]
        own = told[edge.source, edge.target]
        if (own.get("q_value") or 0.0) > KEPT:
            continue
        writer.writerow(
            [
                cause,
                explanation.output_names[edge.target],
                "" if lag is None else lag,
                f"{edge.weight:.6g}",
                "" if own.get("q_value") is None else f"{own['q_value']:.3g}",
                "" if own.get("stability") is None else f"{own['stability']:.3g}",
            ]
        )
    return text.getvalue()
