"""From a network to a front of formulas: the whole way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold

from evokan.arrays import FloatArray, IntArray
from evokan.errors import InputError
from evokan.explain.formulas.bounds import without_idle_bounds
from evokan.explain.formulas.constants import Tuner
from evokan.explain.formulas.expression import add, columns, complexity, expressions
from evokan.explain.formulas.formula import Formula, Formulas, pareto
from evokan.explain.formulas.limited import within
from evokan.explain.laws.library import LibraryFunction, library
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.forms import SPLINE_COMPLEXITY
from evokan.explain.reading.growth import grow, lined, shapes
from evokan.explain.reading.network import Network
from evokan.explain.reading.reader import EXACT, Candidate, Judgement, Reader, no_worse
from evokan.explain.reading.rows import Rows
from evokan.explain.reading.simplify import merge, prune, strongest_columns, thinned
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.problem.task import Task
from evokan.spaces.graph import FunctionGraph
from evokan.spaces.threads import single_threaded_math

SMALLEST = 1e-100
"""Smallest scale of a column in whose unit formulas are computed."""

TIME_LIMIT = 30.0
"""Seconds, by default."""
RIDGES = (1e-7, 1e-4, 1e-2)
RIDGES_OF_CLASSES = (10.0, 1.0, 1e-1, 1e-2)
FEW_ROWS, FEW_FOLDS = 400, 5
"""Up to so many rows are judged by cross-validation: a hold-out of them would decide by luck."""
SMALL = 8
"""A network of at most so many links is read before any other shape is tried."""
CLOSE = 1e-4
"""A network of at most this loss is read even if another one has less: its laws may be exact."""
STRICT = 0.1
"""Standard errors of the loss that choosing a simpler formula may cost."""
SHOWN = 12
"""Networks that are written out as formulas."""
SIMPLIFY_SECONDS = 1.0
"""For SymPy, a formula."""


@dataclass(frozen=True, eq=False)
class Split:
    """Raw rows and targets, and which of them judge.

    Attributes
    ----------
    x
        Raw inputs, shape (N, columns).
    y
        Class numbers, shape (N,), or targets in their own units, shape (N, targets).
    folds
        Row numbers to fit on and to judge by: one pair is a hold-out, several are cross-validation.
    """

    x: FloatArray
    y: NDArray[np.float64] | NDArray[np.int64]
    folds: tuple[Fold, ...]

    @classmethod
    def of(cls, problem: Problem, graph: FunctionGraph) -> Split:
        """Return train and validation rows of `problem`: a hold-out, or folds where there are at most 400 rows.

        Where its targets are not those of the graph (a recurrent map, say), or there are none, as for an equation, the
        network's own values take their place: the formula then explains the network, not the data.
        """
        x = problem.table.X
        y: NDArray[np.float64] | NDArray[np.int64]
        if graph.task.has_classes:
            y = np.asarray(problem.table.y, dtype=np.int64)
        else:
            y = np.asarray(problem.table.y, dtype=np.float64).reshape(len(x), -1)
            own = y.shape[1] == len(graph.output_names) and not problem.task.is_equation
            y = y if own else graph.predict(x)
        folds: tuple[Fold, ...] = (Fold(problem.train, problem.validation),)
        rows = problem.development
        # Rows of a trajectory stand in time: to judge by what came before would be too easy.
        if FEW_FOLDS <= len(rows) <= FEW_ROWS and problem.task.has_independent_rows:
            y_rows = problem.table.y[rows]
            # A class rarer than the folds cannot be in each of them.
            stratified = graph.task.has_classes and np.bincount(y_rows).min() >= FEW_FOLDS
            kind = StratifiedKFold if stratified else KFold
            cuts = kind(FEW_FOLDS, shuffle=True, random_state=problem.split_seed).split(rows, y_rows)
            folds = tuple(Fold(rows[np.sort(a)], rows[np.sort(b)]) for a, b in cuts)
        return cls(x, y, folds)

    def rows(self, numbers: IntArray, task: Task) -> Rows:
        """Return some of the rows, raw."""
        return Rows(self.x[numbers], self.y[numbers], task)

    @property
    def fitted(self) -> IntArray:
        """Row numbers that the formula is fitted to: of a hold-out the first part, otherwise all."""
        return self.folds[0].train if len(self.folds) == 1 else np.unique(np.concatenate([f.train for f in self.folds]))


def find_formulas(
    graph: FunctionGraph,
    split: Split,
    *,
    tolerance: float = 0.05,
    time_limit: float = TIME_LIMIT,
    functions: Sequence[LibraryFunction] | None = None,
    seed: int = 0,
) -> Formulas:
    """Read a network as formulas.

    Small networks are read as they are. A large one is pruned first, and small networks of standard shapes over its
    columns compete with it. Every network is fitted again on the training rows; its splines give way to laws one by
    one, the whole fitted again after each, as long as the validation loss stays within `tolerance`.

    Parameters
    ----------
    graph
        The network.
    split
        Rows to fit on and to judge by.
    tolerance
        Share by which a simplification may raise the validation loss.
    time_limit
        Seconds of a server core of 2024, counted as work (`evokan.explain.reading.effort`) and not by the clock, so
        that the same is found everywhere; what is there by then is returned.
    functions
        The library; by default everything that is registered.
    seed
        Of the starting values of the standard shapes.

    Raises
    ------
    InputError
        A column varies by less than 1e-100: in its unit, powers of it cannot be computed.
    """
    _check_units(graph)
    with single_threaded_math():
        # The matrices are small: threads would wait for each other more than they work.
        return _find(graph, split, tolerance, time_limit, library() if functions is None else functions, seed)


def _check_units(graph: FunctionGraph) -> None:
    columns = [*zip(graph.input_names, graph.input_scaler.scale, strict=True)]
    if not graph.task.has_classes:
        columns += [*zip(graph.output_names, graph.target_scaler.scale, strict=True)]
    small = [name for name, scale in columns if scale < SMALLEST]
    if small:
        raise InputError(
            *(
                f"column {name!r} varies by less than {SMALLEST:g}: no formula can be computed in this unit, "
                "give the column in another one"
                for name in small
            )
        )


def _find(
    graph: FunctionGraph,
    split: Split,
    tolerance: float,
    time_limit: float,
    functions: Sequence[LibraryFunction],
    seed: int,
) -> Formulas:
    began = time.thread_time()
    effort = Effort(0.8 * time_limit)
    search = _Search(graph, split, tolerance, effort, functions, seed)
    search.run()
    complete = not effort.over
    effort.allowed = time_limit
    formulas, chosen = search.formulas()
    return Formulas(tuple(formulas), chosen, search.network_loss, tolerance, time.thread_time() - began, complete)


class _Search:
    def __init__(
        self,
        graph: FunctionGraph,
        split: Split,
        tolerance: float,
        effort: Effort,
        functions: Sequence[LibraryFunction],
        seed: int,
    ) -> None:
        self.graph, self.effort = graph, effort
        self._tolerance, self._seed = tolerance, seed
        self._classes = graph.task.has_classes
        self._raw = split.rows(split.fitted, graph.task)
        self._raw_folds = [
            (split.rows(fold.train, graph.task), split.rows(fold.validation, graph.task)) for fold in split.folds
        ]
        folds = tuple((self._scaled(a), self._scaled(b)) for a, b in self._raw_folds)
        self._rows = self._scaled(self._raw)
        self._network = Network.from_graph(graph, self._rows.x)
        self.network_loss = float(np.mean([b.loss(self._network.predict(b.x)) for _, b in folds]))
        # Scores of classes that are told apart without error would grow without end.
        self._law_ridge = 3e-4 if self._classes else 0.0
        self._reader = Reader(
            Judgement(self._rows, folds), functions, tolerance, law_ridge=self._law_ridge, effort=effort
        )

    def _scaled(self, rows: Rows) -> Rows:
        x = self.graph.input_scaler.transform(rows.x)
        if self._classes:
            return Rows(x, rows.y, rows.task)
        return Rows(x, self.graph.target_scaler.transform(np.asarray(rows.y, dtype=np.float64)), rows.task)

    def run(self) -> None:
        """Read one network after the other, until a law is exact or all are read."""
        reader = self._reader
        best: Candidate | None = None
        for network, most in self._networks():
            limit = most if best is None else 2 * best.val_loss
            if reader.judge(network).val_loss > max(limit, CLOSE):
                continue
            read = reader.read(network)
            laws = reader.polish(reader.force(read) if read.network.splines else read)
            best = min((c for c in (best, read, laws) if c is not None), key=lambda c: c.val_loss)
            if best.val_loss < EXACT or reader.late:
                break
            reader.shorten(laws, max(4 * laws.val_loss, laws.val_loss + 0.3))

    def _networks(self) -> Iterator[tuple[Network, float]]:
        """Yield networks of splines, fitted, the small ones first, and up to which loss each is worth reading."""
        found = thinned(self._network, self._rows.x)
        plain = not self.graph.node_functions
        if len(found.links) <= SMALL:
            hidden = {link.target for link in found.links} - set(found.outputs)
            if plain and not self._classes and len(hidden) > 1:
                yield self._smaller(lined(found, self._seed)), 2 * self.network_loss
            yield self._smaller([found]), np.inf
        if plain:
            used = strongest_columns(self._network, self._rows.x)
            for starts in shapes(used, self._network.n_inputs, len(self.graph.output_names), self._rows, self._seed):
                yield self._smaller(starts), np.inf
        if len(found.links) > SMALL:
            yield self._smaller([found]), np.inf

    def _smaller(self, starts: Sequence[Network]) -> Network:
        """Return the best of `starts`, fitted under the best of a few penalties, pruned and merged."""
        best: Candidate | None = None
        chosen = 0.0
        for ridge in RIDGES_OF_CLASSES if self._classes else RIDGES:
            network = grow(starts if best is None else [best.network], self._rows, ridge, self.effort)
            self._reader.ridge = ridge
            found = self._reader.judge(network)
            if best is None or found.val_loss < best.val_loss:
                best, chosen = found, ridge
            # Where unseen rows fare no worse than seen ones, there is nothing to be held back.
            if found.val_loss > best.val_loss or self._reader.late:
                break
            if not self._classes and found.val_loss < 1.3 * found.train_loss:
                break
        assert best is not None
        self._reader.ridge = chosen
        base = best.row_losses

        def fit(smaller: Network) -> Network | None:
            nonlocal base
            found = self._reader.fit(smaller, 12)
            # Cross-validated classes: only what does no harm. There is little to see with few rows.
            tolerance = 0.0 if self._classes else self._tolerance
            if not no_worse(found.row_losses, base, tolerance, chance=0.0 if self._classes else 0.5):
                return None
            # Where fewer links do better, that is what the next ones are measured by.
            base = found.row_losses if found.val_loss < base.mean() else base
            return found.network

        network = merge(prune(best.network, self._rows.x, fit, self.effort), self._rows.x)
        return self._reader.refit(network, 40)

    def formulas(self) -> tuple[list[Formula], int]:
        """Return the front of the formulas of the networks on the front of the networks, and the chosen one's place."""
        best: list[Candidate] = []
        for candidate in sorted(self._reader.seen, key=lambda c: (c.network.complexity, c.val_loss)):
            if not best or candidate.val_loss < best[-1].val_loss:
                best.append(candidate)
        found: list[tuple[Formula, FloatArray]] = []
        # The accurate ones first: they are what was asked for, should the time run out.
        for candidate in best[::-1][:SHOWN]:
            if not found or not self.effort.over:
                found.append(self._formula(candidate))
        front = pareto([formula for formula, _ in found])
        losses = dict(found)
        base = losses[front[-1]]
        chosen = next(
            i for i, formula in enumerate(front) if no_worse(losses[formula], base, self._tolerance, chance=STRICT)
        )
        return front, chosen

    def _formula(self, candidate: Candidate) -> tuple[Formula, FloatArray]:
        symbols = columns(self.graph.input_names)
        outputs, tables = expressions(candidate.network, self.graph)
        outputs = without_idle_bounds(outputs, symbols, tables, self._raw.x)
        for _ in range(2):
            tuner = Tuner(outputs, symbols, tables, self._raw, self._law_ridge, self.effort)
            tuned = tuner.simplify()
            shorter = without_constant(tuple(shortest(output) for output in tuned), self._classes)
            if shorter == outputs:
                break
            outputs = shorter
        tuner = Tuner(outputs, symbols, tables, self._raw, self._law_ridge, self.effort)
        unit = 1.0 if self._classes else float(np.mean(self.graph.target_scaler.scale**2))
        row_losses = np.concatenate([tuner.row_losses(*fold) for fold in self._raw_folds]) / unit
        if tables and len(self._raw_folds) > 1:
            # Here the splines have seen all rows; the network's were fitted again for each fold.
            row_losses = np.maximum(row_losses, candidate.row_losses)
        names = {node.func.__name__ for output in outputs for node in output.atoms(sp.core.function.AppliedUndef)}
        formula = Formula(
            outputs,
            self.graph.input_names,
            self.graph.output_names,
            self.graph.task,
            {name: table for name, table in tables.items() if name in names},
            complexity(outputs, SPLINE_COMPLEXITY),
            tuner.loss(tuner.params) / unit,
            float(row_losses.mean()),
        )
        return formula, row_losses


def without_constant(outputs: tuple[sp.Expr, ...], classes: bool) -> tuple[sp.Expr, ...]:
    """Return scores of classes less the first that is a mere number: what is added to all says nothing."""
    constant = next((output for output in outputs if output.is_number), None) if classes else None
    return outputs if constant is None else tuple(add([output, -constant]) for output in outputs)


def shortest(output: sp.Expr) -> sp.Expr:
    """Return the shortest of a few ways to write `output`; SymPy gets `SIMPLIFY_SECONDS` for each of them."""
    ways: list[Callable[[sp.Expr], sp.Expr]] = [sp.expand, sp.powsimp, sp.factor_terms]
    if not output.atoms(sp.Float):
        ways += [sp.factor, sp.simplify]
    found = [output]
    for way in ways:
        try:
            found.append(within(SIMPLIFY_SECONDS, lambda way=way: way(output), output))  # type: ignore[misc]
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, AttributeError):
            # What SymPy cannot do is left as it is.
            continue
    return min(found, key=lambda way: (complexity([way], SPLINE_COMPLEXITY), len(str(way))))
