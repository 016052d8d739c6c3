"""The networks of the paper's equations, as its public notebooks build them (Aghaei, arXiv 2406.07456)."""

from __future__ import annotations

from evokan.problem.problem import Problem
from search_spaces.fkan.encoding import PARALLEL, FKANArchitecture, network

DEGREES = (1, 2, 3, 4, 5, 6)
"""Of its parallel blocks."""


def paper_network(problem: Problem, shared: bool = True) -> tuple[str, FKANArchitecture]:
    """Return what the paper solves an equation with, and a label; for equations that it has not, that of Lane-Emden.

    Six parallel blocks of ten neurons, degrees 1 to 6; two neurons a block for the Burgers equations; for the delay
    equation four linear maps of ten neurons (an aggregate and three dense ones) between the blocks and the output.
    """
    width = 2 if problem.name.startswith("burgers-") else 10
    dense = (10, 10, 10, 10) if problem.name == "delay-fde" else ()
    made = network(
        problem.n_features,
        problem.n_outputs,
        tuple(range(problem.n_features)),
        PARALLEL,
        (width,) * len(DEGREES),
        DEGREES,
        shared,
        dense,
        problem.n_coefficients,
    )
    return f"six parallel blocks of {width}" + (f", {len(dense)} dense maps" if dense else ""), made
