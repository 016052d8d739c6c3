"""From networks of forms and from expressions to formulas: constants made simple, losses measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from evokan.arrays import FloatArray
from evokan.explain.formulas.bounds import without_idle_bounds
from evokan.explain.formulas.constants import Tuner
from evokan.explain.formulas.expression import columns, complexity, expressions, undefined_functions
from evokan.explain.formulas.formula import Formula
from evokan.explain.formulas.front import Network as Reference
from evokan.explain.formulas.kinds import Kind
from evokan.explain.formulas.shortest import shortest, without_constant
from evokan.explain.formulas.trees import from_tree, to_tree
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.forms import SPLINE_COMPLEXITY
from evokan.explain.reading.reader import Candidate
from evokan.explain.split import Split
from evokan.spaces.graph import FunctionGraph, SplineTable


@dataclass(frozen=True, eq=False)
class Scored:
    """A formula, and its loss on every row that judges."""

    formula: Formula
    row_losses: FloatArray


class Scorer:
    """Writes formulas down, and measures them by the network as it stands.

    Parameters
    ----------
    graph, split
        The network, and the rows.
    law_ridge
        Penalty on the constants.
    effort
        What may be spent.
    unseen
        Outputs of the network on the rows that judge; see `evokan.explain.find.find_formulas`.
    """

    def __init__(
        self,
        graph: FunctionGraph,
        split: Split,
        law_ridge: float,
        effort: Effort,
        unseen: FloatArray | None = None,
    ) -> None:
        self._graph, self._split, self._law_ridge, self._effort = graph, split, law_ridge, effort
        self._classes = graph.task.has_classes
        self.symbols = columns(graph.input_names)
        self.rows = split.rows(split.fitted, graph.task)
        self.folds = [
            (split.rows(fold.train, graph.task), split.rows(fold.validation, graph.task)) for fold in split.folds
        ]
        self._test = split.rows(split.test, graph.task)
        # Losses of numbers are told in units of the scaled target.
        self._unit = 1.0 if self._classes else float(np.mean(graph.target_scaler.scale**2))
        said = [graph.predict(other.x) for _, other in self.folds]
        if unseen is not None:
            said = np.split(unseen, np.cumsum([len(outputs) for outputs in said])[:-1])
        losses = [other.losses(outputs) for (_, other), outputs in zip(self.folds, said, strict=True)]
        self._network = np.concatenate(losses) / self._unit
        test = self._test.loss(graph.predict(self._test.x)) / self._unit if len(split.test) else math.nan
        self.reference = Reference(len(graph.edges), float(self._network.mean()), test)

    def of_network(self, candidate: Candidate, kind: Kind) -> Scored | None:
        """Return the formula of a network of laws and splines; None where it has no value on some row."""
        outputs, tables = expressions(candidate.network, self._graph)
        # Splines have seen all rows here; the network's were fitted again for each fold.
        least = candidate.row_losses if tables and len(self.folds) > 1 else None
        return self.of_expressions(outputs, kind, tables, least)

    def of_expressions(
        self,
        outputs: Sequence[sp.Expr],
        kind: Kind,
        tables: Mapping[str, SplineTable] | None = None,
        least: FloatArray | None = None,
    ) -> Scored | None:
        """Return the formula of `outputs` with simple constants; None where it has no value on some row.

        Parameters
        ----------
        tables
            Of the splines in `outputs`.
        least
            Losses of the rows that it cannot be better than.
        """
        tables = {} if tables is None else tables
        outputs = without_idle_bounds(outputs, self.symbols, tables, self.rows.x)
        for _ in range(2):
            tuned = self._tuner(outputs, tables).simplify()
            shorter = without_constant(tuple(shortest(output) for output in tuned), self._classes)
            if shorter == outputs:
                break
            outputs = shorter
        splines = {spline.func.__name__ for spline in undefined_functions(outputs)}
        tables = {name: table for name, table in tables.items() if name in splines}
        return self._scored(self._as_stored(outputs, splines), kind, tables, least)

    def again(self, formula: Formula) -> Scored | None:
        """Return a formula of an earlier search with its losses."""
        scored = self._scored(formula.outputs, formula.kind, formula.tables, None)
        if scored is None:
            return None
        # Cross-validated splines were fitted again for each fold; here their own loss stands for that.
        share = formula.val_loss / scored.formula.val_loss if formula.tables and scored.formula.val_loss > 0 else 1.0
        return Scored(formula, share * scored.row_losses)

    def _scored(
        self, outputs: Sequence[sp.Expr], kind: Kind, tables: Mapping[str, SplineTable], least: FloatArray | None
    ) -> Scored | None:
        tuner = self._tuner(outputs, tables)
        losses = np.concatenate([tuner.row_losses(*fold) for fold in self.folds]) / self._unit
        losses = losses if least is None else np.maximum(losses, least)
        train = tuner.loss(tuner.params) / self._unit
        with np.errstate(over="ignore"):
            if not (math.isfinite(losses.mean()) and math.isfinite(train)):
                return None
        above = losses - self._network
        formula = Formula(
            tuple(outputs),
            self._graph.input_names,
            self._graph.output_names,
            self._graph.task,
            dict(tables),
            complexity(outputs, SPLINE_COMPLEXITY),
            train,
            float(losses.mean()),
            kind,
            excess=float(above.mean()),
            error=float(above.std() / math.sqrt(len(above))),
        )
        if len(self._split.test):
            formula = replace(formula, test_loss=self._test.loss(formula.predict(self._test.x)) / self._unit)
        return Scored(formula, losses)

    def _tuner(self, outputs: Sequence[sp.Expr], tables: Mapping[str, SplineTable]) -> Tuner:
        return Tuner(outputs, self.symbols, tables, self.rows, self._law_ridge, self._effort)

    def _as_stored(self, outputs: Sequence[sp.Expr], splines: set[str]) -> tuple[sp.Expr, ...]:
        """Return the expressions as they come back from a file: what is printed today is what is read tomorrow."""
        try:
            return tuple(from_tree(to_tree(output, self.symbols), self.symbols, splines) for output in outputs)
        except ValueError:
            return tuple(outputs)  # a function of the user's own
