"""From a network to a front of formulas, its own and laws: the whole way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from evokan.arrays import FloatArray
from evokan.errors import InputError, unknown_name
from evokan.explain.choice import fronts
from evokan.explain.formulas.front import SPLINES, Formulas
from evokan.explain.formulas.kinds import ENGINES, TIME_LIMIT, TOLERANCE, Engine, Kind
from evokan.explain.laws.library import LibraryFunction, library
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.growth import lined, shapes
from evokan.explain.reading.network import Network
from evokan.explain.reading.reader import EXACT, Candidate, Judgement, Reader
from evokan.explain.reading.rows import Rows
from evokan.explain.reading.simplify import strongest_columns, thinned
from evokan.explain.reading.smaller import smaller
from evokan.explain.relations.engine import Way, relations
from evokan.explain.relations.operon import check_installed, operon
from evokan.explain.relations.oracle import Oracle
from evokan.explain.relations.search import search as own_search
from evokan.explain.relations.symmetries import VARIABLES, Scaling
from evokan.explain.relations.units import Units
from evokan.explain.scoring import Scored, Scorer
from evokan.explain.split import Split
from evokan.spaces.graph import FunctionGraph
from evokan.spaces.threads import single_threaded_math

SMALLEST = 1e-100
"""Smallest scale of a column in whose unit formulas are computed."""
SEARCHED = 0.8
"""Share of the time for the search, the rest being for constants."""
QUICK, OWN = 0.3, 0.7
"""Shares of the search up to which sums of products, and then the network's own formula, may take."""
SMALL = 8
"""The wiring of a network of at most so many links is tried with straight lines, too."""
CLOSE = 1e-4
"""A network of at most this loss is read even if another one has less: its laws may be exact."""
SHOWN = 10
"""Networks of a kind that are written out as formulas."""
LAW_RIDGE = 3e-4
"""Penalty on the constants of scores: of classes that are told apart without error they would grow without end."""


def find_formulas(
    graph: FunctionGraph,
    split: Split,
    *,
    tolerance: float = TOLERANCE,
    time_limit: float = TIME_LIMIT,
    functions: Sequence[LibraryFunction] | None = None,
    seed: int = 0,
    units: Units | None = None,
    stored: Formulas | None = None,
    unseen: FloatArray | None = None,
    engine: Engine = "evokan",
) -> Formulas:
    """Read a network as formulas of two kinds.

    ``network``: its own wiring. A large one is pruned first; it is fitted again on the training rows, and its splines
    give way to laws one by one, the whole fitted again after each, as long as the validation loss stays within
    `tolerance`. ``law``: formulas found on the data with its help: sums of products of the columns that it uses, in
    variables that its derivatives say are enough, and small networks of standard shapes, read in the same way.

    Parameters
    ----------
    graph
        The network.
    split
        Rows to fit on, to judge by, and to tell the loss of at the end.
    tolerance
        Share by which a simplification may raise the validation loss.
    time_limit
        Seconds of a server core of 2024, counted as work (`evokan.explain.reading.effort`) and not by the clock, so
        that the same is found everywhere; what is there by then is returned.
    functions
        The library; by default everything that is registered.
    seed
        Of the starting values of the standard shapes.
    units
        Of the columns: laws are looked for in dimensionless groups, too.
    stored
        What an earlier search has found: its parts that came to their end are not done again, and its formulas stay.
    unseen
        What the network says of the rows that judge, fold after fold, shape (rows, outputs), in trainings without them
        (`evokan.explain.unseen`); by default what it says as it stands, which flatters it where it has seen them.
    engine
        What looks for laws of one output on the columns in use, as they are and rewritten in fewer variables: our own
        search for sums of products, pyoperon's genetic programming (also on the network's values, which have less noise
        than the target), or both.

    Raises
    ------
    InputError
        A column varies by less than 1e-100: in its unit, powers of it cannot be computed; the engine is unknown, not
        installed, or asked for classes or several outputs.
    """
    if engine not in ENGINES:
        raise unknown_name("formula engine", engine, ENGINES)
    if engine != "evokan":
        if graph.task.has_classes or len(graph.output_names) > 1:
            raise InputError(f"formula engine {engine}: laws are looked for of one number; leave it at evokan here")
        check_installed(f"formula engine {engine}")
    _check_units(graph)
    with single_threaded_math():
        # The matrices are small: threads would wait for each other more than they work.
        search = _Search(
            graph, split, tolerance, time_limit, library() if functions is None else functions, seed, unseen, engine
        )
        return search.run(units, stored)


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


class _Search:
    def __init__(
        self,
        graph: FunctionGraph,
        split: Split,
        tolerance: float,
        time_limit: float,
        functions: Sequence[LibraryFunction],
        seed: int,
        unseen: FloatArray | None,
        engine: Engine,
    ) -> None:
        self._engine = engine
        self._graph, self._tolerance, self._seed = graph, tolerance, seed
        self._limit, self._effort = time_limit, Effort()
        self._functions = functions
        self._classes = graph.task.has_classes
        self._law_ridge = LAW_RIDGE if self._classes else 0.0
        self._scorer = Scorer(graph, split, self._law_ridge, self._effort, unseen)
        self._rows = self._scaled(self._scorer.rows)
        self._folds = tuple((self._scaled(a), self._scaled(b)) for a, b in self._scorer.folds)
        self._network = Network.from_graph(graph, self._rows.x)
        self._readers: dict[Kind, Reader] = {"network": self._reader(), "law": self._reader()}
        self._found: list[Scored] = []
        self._oracle: Candidate | None = None
        self._used = strongest_columns(self._network, self._rows.x)
        self._asked = strongest_columns(self._network, self._rows.x, VARIABLES)

    def _reader(self) -> Reader:
        data = Judgement(self._rows, self._folds)
        return Reader(data, self._functions, self._tolerance, law_ridge=self._law_ridge, effort=self._effort)

    def _scaled(self, rows: Rows) -> Rows:
        x = self._graph.input_scaler.transform(rows.x)
        if self._classes:
            return Rows(x, rows.y, rows.task)
        return Rows(x, self._graph.target_scaler.transform(np.asarray(rows.y, dtype=np.float64)), rows.task)

    def run(self, units: Units | None, stored: Formulas | None) -> Formulas:
        """Do one part after the other, until a law is exact or the time is up; write down what is there."""
        done = list(stored.stages) if stored is not None else []
        again = (self._scorer.again(formula) for formula in stored or ())
        self._found = [scored for scored in again if scored is not None]
        complete = True
        for name, share, part in self._parts(units):
            if name in done or (name != "network" and self._exact):
                continue
            # Where a law is exact already, the network has the time to itself.
            self._effort.allowed = SEARCHED * self._limit * (1.0 if self._exact else share)
            # However short the time: there is always a formula.
            if name == "network" or not self._effort.over:
                part()
            if self._effort.over:
                complete = False
            else:
                done.append(name)
        self._effort.allowed = self._limit
        for kind, reader in self._readers.items():
            self._write(kind, reader)
        front, chosen = fronts(self._found, self._tolerance)
        work = self._effort.spent + (stored.work if stored is not None else 0.0)
        return Formulas(front, chosen, self._scorer.reference, self._tolerance, tuple(done), complete, round(work, 6))

    @property
    def _best_law(self) -> float:
        """The lowest validation loss of a law, infinite where there is none."""
        losses = [candidate.val_loss for candidate in self._readers["law"].seen]
        losses += [one.formula.val_loss for one in self._found if one.formula.kind == "law"]
        return min(losses, default=np.inf)

    @property
    def _exact(self) -> bool:
        return self._best_law < EXACT

    def _own(self) -> None:
        """Read the network by its own wiring."""
        reader = self._readers["network"]
        self._read(reader, smaller(reader, [thinned(self._network, self._rows.x)]))

    def _parts(self, units: Units | None) -> Iterator[tuple[str, float, Callable[[], None]]]:
        """Yield the parts of the search, and up to which share of the time each may take."""
        single = not self._classes and len(self._graph.output_names) == 1
        own = single and self._engine != "operon"
        if own:
            yield "products", QUICK, self._relations
        yield "network", OWN, self._own
        if own:
            if units is not None:
                known = units.scalings(self._names, self._graph.output_names[0])
                yield "units", 1.0, lambda: self._relations(known=known)
            yield "rewritten", 1.0, lambda: self._relations(self._network)
        if self._engine != "evokan":
            yield "operon", 1.0, lambda: self._relations(way=operon)
            yield "operon, rewritten", 1.0, lambda: self._relations(self._network, way=operon)
            if self._scorer.reference.val_loss > CLOSE:
                yield "operon, smoothed", 1.0, lambda: self._relations(way=operon, smoothed=True)
        if self._graph.node_functions:
            return
        found = thinned(self._network, self._rows.x)
        hidden = {link.target for link in found.links} - set(found.outputs)
        if not self._classes and len(hidden) > 1 and len(found.links) <= SMALL:
            yield "lines", 1.0, lambda: self._shape(lined(found, self._seed), 2 * self._scorer.reference.val_loss)
        starts = shapes(self._used, self._network.n_inputs, len(self._graph.output_names), self._rows, self._seed)
        for number, start in enumerate(starts, start=1):
            yield f"shape {number}", 1.0, lambda start=start: self._shape(start, np.inf)  # type: ignore[misc]
        if own:
            yield "rewritten again", 1.0, self._once_more

    @property
    def _names(self) -> list[str]:
        return [self._graph.input_names[place] for place in self._asked]

    def _asked_of(self, network: Network) -> Oracle:
        return Oracle(network, self._graph.input_scaler, self._graph.target_scaler, tuple(self._asked))

    def _relations(
        self,
        network: Network | None = None,
        known: Sequence[Scaling] = (),
        way: Way = own_search,
        *,
        smoothed: bool = False,
    ) -> None:
        """Look for laws in the columns in use, or in what the derivatives of a network or units make of them.

        The laws of the network's values, where `smoothed`, are fitted to the target in the end like all others.
        """
        used, rows = self._asked, self._scorer.rows
        x, y = rows.x[:, used], np.asarray(rows.y, dtype=np.float64)[:, 0]
        if smoothed:
            y = self._asked_of(self._network).values(x)
        found = relations(
            x,
            y,
            [self._scorer.symbols[place] for place in used],
            self._functions,
            self._effort,
            oracle=None if network is None else self._asked_of(network),
            known=known,
            way=way,
        )
        best = self._best_law
        for relation in found:
            # What is no better than what there is, by far, is not worth writing down.
            if relation.left < max(4 * best, CLOSE, 4 * self._scorer.reference.val_loss):
                scored = self._scorer.of_expressions([relation.expression], "law")
                self._found += [] if scored is None else [scored]

    def _once_more(self) -> None:
        """Ask the best network of a standard shape, where it is better than the one that was read."""
        if self._oracle is not None and self._oracle.val_loss < self._scorer.reference.val_loss:
            self._relations(self._oracle.network)

    def _shape(self, starts: Sequence[Network], most: float) -> None:
        """Read a network of a standard shape, fitted from scratch, where its loss is at most `most`."""
        reader = self._readers["law"]
        network = smaller(reader, starts)
        limit = 2 * self._best_law if np.isfinite(self._best_law) else most
        found = reader.judge(network)
        if self._oracle is None or found.val_loss < self._oracle.val_loss:
            self._oracle = found
        if found.val_loss <= max(limit, CLOSE):
            self._read(reader, network)

    def _read(self, reader: Reader, network: Network) -> None:
        if len(network.splines) > SPLINES:
            reader.draft(network)
        read = reader.read(network)
        laws = reader.polish(reader.force(read) if read.network.splines else read)
        if min(read.val_loss, laws.val_loss) >= EXACT and not reader.late:
            reader.shorten(laws, max(4 * laws.val_loss, laws.val_loss + 0.3))

    def _write(self, kind: Kind, reader: Reader) -> None:
        """Write the networks on the front of a kind as formulas."""
        best: list[Candidate] = []
        for candidate in sorted(reader.seen, key=lambda c: (c.network.complexity, c.val_loss)):
            if not best or candidate.val_loss < best[-1].val_loss:
                best.append(candidate)
        # The accurate ones first: they are what was asked for, should the time run out.
        printable = False
        for place, candidate in enumerate(best[::-1][:SHOWN]):
            short = len(candidate.network.splines) <= SPLINES
            # One that a reader would print is always among them, where there is one.
            if place and self._effort.over and (printable or not short):
                continue
            printable = printable or short
            scored = self._scorer.of_network(candidate, kind)
            if scored is not None:
                self._found.append(scored)
