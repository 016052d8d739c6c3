"""Units that a user gives: of columns that there are, and where formulas can do something with them."""

from __future__ import annotations

from collections.abc import Mapping

from evokan.errors import InputError
from evokan.problem.table import Table


def check_units(units: Mapping[str, str] | None, table: Table) -> None:
    """Raise where units cannot be used on a table.

    Raises
    ------
    InputError
        A column is none, a unit is none, or the target is no measured number: one sentence for each.
    """
    if units is None:
        return
    from evokan.explain.relations.units import Units

    if table.task.has_classes:
        raise InputError("--units: the target has classes, and laws in units are of a number; leave --units out")
    if table.log_target:
        raise InputError("--units: a logarithm has none; leave --units or --log-target out")
    Units.of(units, (*table.feature_names, *table.output_names))
