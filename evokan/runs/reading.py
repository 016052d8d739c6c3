"""A search for the formulas of a network of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeGuard

from evokan.errors import InputError
from evokan.explain.formulas.kinds import TIME_LIMIT

if TYPE_CHECKING:
    from evokan.explain.formulas.front import Formulas
    from evokan.explain.formulas.kinds import Engine
    from evokan.explain.unseen import LastFit
    from evokan.runs.home import Home
    from evokan.spaces.graph import FunctionGraph

MOST_ITERATIONS = 25_000_000
"""Of a last fit, as a run may say: 25 a step."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """What is asked of a search for formulas; see `evokan.runs.member.Member.formulas`."""

    tolerance: float
    time_limit: float | None
    functions: Sequence[str] | None
    units: Mapping[str, Mapping[str, Fraction]] | None
    engine: Engine = "evokan"

    def extends(self, stored: Formulas | None) -> TypeGuard[Formulas]:
        """Return whether a search goes on from what is stored: with the same functions, to the same tolerance."""
        return stored is not None and self.functions is None and stored.tolerance == self.tolerance

    def met_by(self, stored: Formulas | None) -> TypeGuard[Formulas]:
        """Return whether what is stored will do, without any search."""
        more = self.units is not None or self.time_limit is not None or self.engine != "evokan"
        return self.extends(stored) and not more


def search_formulas(
    run: Home, graph: FunctionGraph, fit: LastFit | None, stored: Formulas | None, wanted: Wanted
) -> Formulas:
    """Return the formulas of a network of a run after a search, which goes on from what is `stored` where it can.

    Raises
    ------
    InputError
        The target was fitted as a logarithm and units are given, a unit or a function is unknown, the data is gone, or
        as for `evokan.explain.find_formulas`. Options of the command line are named.
    """
    from evokan.explain import Split, Units, find_formulas, library
    from evokan.explain.formulas.logarithm import of_logarithm, of_target
    from evokan.explain.unseen import unseen_outputs
    from evokan.spaces.training import Budget

    schema, units = run.schema, wanted.units
    if schema.log_target and units is not None:
        raise InputError("--units: a logarithm has none, and the target was fitted as one; leave --units out")
    known = run.settings["units"]
    if units is None and known is not None:
        units = Units.of(known, (*graph.input_names, *graph.output_names))
    if not wanted.extends(stored):
        stored = None
    elif schema.log_target:
        stored = of_logarithm(stored, graph.output_names[0])
    split = Split.of(run.problem, graph)
    budget = Budget(run.settings["steps"], "cpu", run.settings["fold_stop"])
    found = find_formulas(
        graph,
        split,
        tolerance=wanted.tolerance,
        time_limit=TIME_LIMIT if wanted.time_limit is None else wanted.time_limit,
        functions=library(wanted.functions),
        units=None if units is None else Units({name: dict(unit) for name, unit in units.items()}),
        stored=stored,
        engine=wanted.engine,
        unseen=None if fit is None else unseen_outputs(run.space, run.problem, fit, graph, split, budget),
    )
    return of_target(found, schema.target) if schema.log_target else found


def last_fit(run: Home, spec: Mapping[str, Any]) -> LastFit | None:
    """Return how the network in an ``architecture.json`` was trained at last; None where it does not say so."""
    from evokan.explain.unseen import LastFit

    fit = spec.get("fit")
    if not _is_fit(fit):
        return None
    network = run.space.Network.from_json(spec["model"]["architecture"])
    return LastFit(network, fit["rule"], fit["seed"], fit["iterations"])


def _is_fit(fit: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether this is what a run says of a last fit, and one that comes to its end."""
    whole = isinstance(fit, dict) and all(type(fit.get(name)) is int for name in ("seed", "iterations"))
    return whole and isinstance(fit.get("rule"), str) and 0 <= fit["iterations"] <= MOST_ITERATIONS
