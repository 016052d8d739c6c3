"""A formula as the user meets it: text, LaTeX, sources, values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evokan.arrays import FloatArray
from evokan.errors import InputError
from evokan.explain.formulas.expressions import Encode, Expressions
from evokan.explain.formulas.kinds import EQUAL, MEANING
from evokan.explain.formulas.tables import defined, table_from_json, table_to_json
from evokan.problem.task import Task

if TYPE_CHECKING:
    import pandas as pd


class Formula(Expressions):
    """One formula in the user's columns and units: what it is stands in `Expressions`."""

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from html import escape

        return f"<div>{escape(self.headline)}<pre>{escape(self.text)}</pre></div>"

    @property
    def text(self) -> str:
        """One line for each output: ``y = x1*x2``; columns called like a number, ``pi`` or ``12``, in quotes."""
        from evokan.explain.formulas.wording import written
        from evokan.texts import printable

        left = "score({})" if self.task.has_classes else "{}"
        return "\n".join(
            f"{left.format(printable(name))} = {written(output)}"
            for name, output in zip(self.names, self.outputs, strict=True)
        )

    @property
    def headline(self) -> str:
        """One line: whose formula it is, and how its loss on the validation rows stands to the network's."""
        network = self.val_loss - self.excess
        losses = f"validation loss {self.val_loss:.4g}, the network's {network:.4g}"
        if not self.honest:
            how = f"WORSE than the network by more than a standard error ({losses}, standard error {self.error:.2g})"
        elif self.excess < -self.error - EQUAL:
            how = f"better than the network ({losses})"
        else:
            how = f"within a standard error of the network ({losses})"
        splines = len(self.tables)
        left = f"; {splines} spline{'s' * (splines != 1)} left that no function fits" if splines else ""
        return f"{self.kind} formula ({MEANING[self.kind]}): {how}{left}"

    @property
    def definitions(self) -> str:
        """Two lines for each spline in `text`: what it is, and its course; one for each scaled column."""
        from evokan.texts import printable

        scaled = (printable(str(one)) for one in self.scaled)
        return "\n".join([*(defined(name, table) for name, table in self.tables.items()), *scaled])

    @property
    def terms(self) -> int:
        """Number of terms of all outputs together, a constant being one."""
        import sympy

        return sum(len(sympy.Add.make_args(output)) for output in self.outputs if output != 0)

    @property
    def latex(self) -> str:
        """One line of LaTeX for each output, without dollar signs; then one for each spline, which defines it."""
        from evokan.explain.formulas.wording import latex

        return latex(self)

    def python(self) -> str:
        """Return the source of a Python module that needs nothing but the standard library.

        It has the function ``formula`` of the columns that occur, and for classes ``probabilities``.
        """
        from evokan.explain.formulas.writers import python

        return python(self)

    def sympy(self) -> str:
        """Return the source of a Python script that builds the outputs as SymPy expressions, splines as B-splines."""
        from evokan.explain.formulas.script import script

        return script(self)

    def c(self) -> str:
        """Return C99 source with the function ``formula`` (and ``probabilities``), to be linked with ``-lm``."""
        from evokan.explain.formulas.writers import c

        return c(self)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values: expressions as text and as trees, splines with knots and coefficients, losses.

        A test loss that there is not is None, one of a formula without a value on some test row ``"undefined"``.

        The trees are None where a function of the user's own has parts that none can be made of
        (`evokan.explain.formulas.trees`).
        """
        from evokan.explain.formulas.expression import columns
        from evokan.explain.formulas.trees import to_tree
        from evokan.explain.formulas.wording import written

        symbols = columns(self.columns)
        trees: list[Any] | None
        try:
            trees = [to_tree(output, symbols) for output in self.outputs]
        except ValueError:
            trees = None
        test: float | str | None = self.test_loss if math.isfinite(self.test_loss) else None
        return {
            "kind": self.kind,
            "task": self.task,
            "columns": list(self.columns),
            "outputs": {name: written(output) for name, output in zip(self.names, self.outputs, strict=True)},
            "trees": trees,
            "latex": self.latex.splitlines(),
            "complexity": self.complexity,
            "train_loss": self.train_loss,
            "val_loss": self.val_loss,
            "test_loss": "undefined" if math.isinf(self.test_loss) else test,
            "excess": self.excess,
            "error": self.error,
            "splines": {name: table_to_json(table) for name, table in self.tables.items()},
            **({"scaled": [vars(one) for one in self.scaled]} if self.scaled else {}),
        }

    @classmethod
    def from_json(
        cls, data: Mapping[str, Any], columns: Sequence[str], names: Sequence[str], encode: Encode | None = None
    ) -> Formula:
        """Return what `to_json` was called on: with the same values, to the last digit.

        Parameters
        ----------
        columns, names
            Of the inputs and outputs.

        Raises
        ------
        ValueError
            These are no values of a formula.
        """
        from evokan.explain.formulas import expression
        from evokan.explain.formulas.trees import from_tree

        symbols = expression.columns(columns)
        splines = {name: table_from_json(table) for name, table in data["splines"].items()}
        if len(data["trees"]) != len(names):
            raise ValueError(f"a formula has {len(data['trees'])} outputs instead of {len(names)}")
        test = data["test_loss"]
        return cls(
            tuple(from_tree(tree, symbols, splines) for tree in data["trees"]),
            tuple(columns),
            tuple(names),
            Task(data["task"]),
            splines,
            data["complexity"],
            data["train_loss"],
            data["val_loss"],
            data["kind"],
            math.nan if test is None else math.inf if test == "undefined" else test,
            data["excess"],
            data["error"],
            encode,
        )

    def probabilities(self, X: FloatArray | pd.DataFrame) -> FloatArray:
        """Return the softmax of the scores, shape (N, classes); rows as for `predict`."""
        from scipy.special import softmax

        shares: FloatArray = softmax(self.predict(X), axis=1)
        return shares

    def check(self, X: FloatArray) -> None:
        """Raise where the formula has no value for a row of `X`.

        Raises
        ------
        InputError
            One sentence for each output with such rows: the part that is not defined, how many rows, and the first.
        """
        from evokan.explain.formulas.domains import undefined_parts

        faults = undefined_parts(self, np.asarray(X, dtype=np.float64))
        if faults:
            raise InputError(*faults)
