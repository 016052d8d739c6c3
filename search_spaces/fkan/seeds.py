"""Networks that a search on an equation begins with, among others."""

from __future__ import annotations

from evokan.problem.problem import Problem
from search_spaces.fkan.encoding import SEQUENTIAL, FKANArchitecture, encode, network
from search_spaces.fkan.options import FKANOptions

BLOCKS = ((4, 3), (8, 3), (12, 3), (16, 4))
"""Neurons and degree of two blocks, one after the other."""


def seeds(problem: Problem, options: FKANOptions) -> tuple[FKANArchitecture, ...]:
    """Return two blocks of rising size, as far as a chromosome can say them; none on a table."""
    if not problem.task.is_equation:
        return ()
    every = tuple(range(problem.n_features))
    found = (
        network(
            problem.n_features,
            problem.n_outputs,
            every,
            SEQUENTIAL,
            (width, width),
            (degree, degree),
            options.triples == "block",
            (),
            problem.n_coefficients,
        )
        for width, degree in BLOCKS
    )
    return tuple(one for one in found if _can_be_said(one, problem, options))


def _can_be_said(one: FKANArchitecture, problem: Problem, options: FKANOptions) -> bool:
    try:
        encode(one, problem, options)
    except ValueError:
        return False
    return True
