"""A trained network of a run: model, figures, formula, pictures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from evokan.errors import EvokanWarning
from evokan.problem.prediction import check_columns, predict
from evokan.runs.files import reading
from evokan.runs.formulas import read_formulas, write_formulas
from evokan.runs.shapes import MemberFile, MetricsFile
from evokan.spaces.explanation import Explanation, explanation_from_json

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evokan.datasets.columns import ColumnSchema
    from evokan.explain.formulas.formula import Formula
    from evokan.explain.formulas.front import Formulas
    from evokan.explain.formulas.kinds import Kind
    from evokan.problem.problem import Problem
    from evokan.runs.directory import RunDirectory
    from evokan.spaces.graph import FunctionGraph
    from evokan.spaces.space import SearchSpace


class Home(Protocol):
    """What a member needs to know of its run."""

    @property
    def directory(self) -> RunDirectory:
        """Where the files are."""

    @property
    def space(self) -> SearchSpace:
        """The family, with the options of the run."""

    @property
    def problem(self) -> Problem:
        """The table that was searched on."""

    @property
    def schema(self) -> ColumnSchema:
        """How raw columns become inputs."""


def _known_columns(frame: pd.DataFrame, schema: ColumnSchema) -> pd.DataFrame:
    """Return the columns of `frame` that the schema knows, and warn of the others."""
    known = {column.name for column in schema.columns}
    extra = [str(name) for name in frame.columns if str(name) not in (*known, schema.target)]
    if extra:
        more = f" and {len(extra) - 5} more" if len(extra) > 5 else ""
        listed = ", ".join(map(repr, extra[:5]))
        warnings.warn(
            f"columns that the network does not know are ignored: {listed}{more}", EvokanWarning, stacklevel=3
        )
    return frame.loc[:, [str(name) in known for name in frame.columns]]


class Member:
    """A trained network of a run: model, figures, formula, pictures.

    Attributes
    ----------
    path
        Folder of its files.
    """

    def __init__(self, run: Home, spec_path: Path, model_path: Path) -> None:
        self._run = run
        self._spec_path, self._model_path = spec_path, model_path
        self.path = spec_path.parent

    @cached_property
    def spec(self) -> dict[str, Any]:
        """Content of ``architecture.json``."""
        home = self._run.directory
        return home.vault.read_json(self._spec_path, MemberFile, home.remedy)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Content of ``metrics.json``; the chosen member alone has one."""
        home = self._run.directory
        return home.vault.read_json(self.path / "metrics.json", MetricsFile, home.remedy)

    @cached_property
    def model(self) -> torch.nn.Module:
        """The network: raw inputs (N, n_features) to logits (N, n_classes) or values (N, 1)."""
        from safetensors.torch import load

        space, spec, remedy = self._run.space, self.spec["model"], self._run.directory.remedy
        with reading(self._model_path, remedy):
            weights = load(self._run.directory.vault.read_bytes(self._model_path))
        with reading(f"{self._model_path} or {self._spec_path.name}", remedy, foreign=True):
            model: torch.nn.Module = space.load_model(spec, weights)
        return model

    @cached_property
    def explanation(self) -> Explanation:
        """Curves and importances, as stored with the run."""
        stored = self.spec["explanation"]
        with self.reading_spec():
            return explanation_from_json(stored)

    def predict(self, X: NDArray[np.float64] | pd.DataFrame) -> NDArray[np.float64]:
        """Return logits (N, classes) or values (N, 1) for raw inputs `X`.

        Parameters
        ----------
        X
            Shape (N, n_features), columns in the order of the inputs; or a frame with the columns of the training
            table, by name and in any order: others are ignored, with a warning unless it is the target.

        Raises
        ------
        InputError
            A column is missing or one too many, or the frame holds what the training table's columns cannot.
        """
        X = self.inputs(cast("pd.DataFrame", X)) if hasattr(X, "columns") else np.asarray(X, dtype=np.float64)
        names = self.spec["model"].get("feature_names", self._run.schema.feature_names)
        check_columns(X.shape, len(names), names)
        return predict(self.model, X)

    def inputs(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the raw inputs, shape (N, n_features), of a frame as `predict` takes it."""
        known = _known_columns(frame, self._run.schema)
        X: NDArray[np.float64] = np.asarray(self._run.schema.transform(known), dtype=np.float64)
        for note in self._run.schema.notes(known):
            warnings.warn(note, EvokanWarning, stacklevel=3)
        return X

    @cached_property
    def graph(self) -> FunctionGraph:
        """The one-variable functions on its edges, as NumPy functions.

        Raises
        ------
        InputError
            The family has none.
        """
        return self._run.space.graph(self.model, self._run.problem)

    @property
    def formulas_path(self) -> Path:
        """Where its formulas are stored: ``formulas.json`` in ``best/``, ``ID-formulas.json`` in ``front/``."""
        stem = self._spec_path.stem
        return self.path / ("formulas.json" if stem == "architecture" else f"{stem}-formulas.json")

    def stored_formulas(self) -> Formulas | None:
        """Return the formulas that the run has of this network; None where it has none, as of earlier versions."""
        return read_formulas(self._run.directory, self.formulas_path, self.inputs)

    def formulas(
        self,
        *,
        tolerance: float = 0.05,
        time_limit: float | None = None,
        functions: Sequence[str] | None = None,
        units: Mapping[str, Mapping[str, Fraction]] | None = None,
    ) -> Formulas:
        """Return the front of formulas of this network: complexity against validation loss, its own and laws.

        Those that are stored in the run, where there are any and no other are asked for.

        Parameters
        ----------
        tolerance
            Share by which a simplification may raise the validation loss.
        time_limit
            Seconds of more search, which goes on from what is stored; by default none where something is, else 30.
        functions
            Names of the functions to try; by default all that are registered (`evokan.explain.register_function`).
        units
            Of the columns (`evokan.explain.Units.read`), for laws in dimensionless groups.

        Raises
        ------
        InputError
            The family has no one-variable edges, the data is not there any more, or a function is unknown.
        """
        stored = self.stored_formulas()
        if stored is not None and (functions is not None or stored.tolerance != tolerance):
            stored = None
        if stored is not None and time_limit is None and units is None:
            return stored
        from evokan.explain import Split, Units, find_formulas, library

        found = find_formulas(
            self.graph,
            Split.of(self._run.problem, self.graph),
            tolerance=tolerance,
            time_limit=30.0 if time_limit is None else time_limit,
            functions=library(functions),
            units=None if units is None else Units({name: dict(unit) for name, unit in units.items()}),
            stored=stored,
        )
        return found.with_encoding(self.inputs)

    def store(self, found: Formulas) -> bool:
        """Keep formulas in the run, where `formulas` finds them again; return whether all of them could be written.

        Raises
        ------
        InputError
            The folder cannot be written.
        """
        return write_formulas(self._run.directory, self.formulas_path, found)

    def formula(
        self,
        kind: Kind | None = None,
        member: int | None = None,
        *,
        tolerance: float = 0.05,
        time_limit: float | None = None,
        functions: Sequence[str] | None = None,
    ) -> Formula:
        """Return one of `formulas`.

        Parameters
        ----------
        kind
            ``network``, the network's own wiring edge by edge, or ``law``, found on the data with its help. By default
            the answer: the law where one is within a standard error of the network, else the network's.
        member
            Number in the front, from 1, in place of the chosen one.

        Raises
        ------
        InputError
            As for `formulas`; or there is no such formula.
        """
        return self.formulas(tolerance=tolerance, time_limit=time_limit, functions=functions).get(kind, member)

    def plot_network(self, ax: Axes | None = None) -> Axes:
        """Draw the network with the learned curve on every edge."""
        from evokan.plots import plot_network

        return plot_network(self.explanation, ax=ax)

    def plots(self) -> Mapping[str, Callable[[], Axes]]:
        """Return the pictures that its family alone has, by file name."""
        explanation = self.explanation

        def blaming(plot: Callable[[], Axes]) -> Callable[[], Axes]:
            def draw() -> Axes:
                with self.reading_spec():
                    return plot()

            return draw

        with self.reading_spec():
            return {name: blaming(plot) for name, plot in self._run.space.plots(explanation).items()}

    def reading_spec(self) -> AbstractContextManager[None]:
        """Blame ``architecture.json`` for what its family cannot make of the explanation in it."""
        return reading(self._spec_path, self._run.directory.remedy, foreign=True)

    def plot_edges(self) -> Figure:
        """Draw every edge with the law that comes nearest; the 24 strongest where there are more."""
        from evokan.explain.laws.gallery import portraits
        from evokan.plots import plot_edge_gallery

        problem = self._run.problem
        return plot_edge_gallery(portraits(self.graph, problem.table.X[problem.shown]))

    def plot_attribution(self, ax: Axes | None = None) -> Axes:
        """Draw the importance of every input column."""
        from evokan.plots import plot_attribution

        return plot_attribution(self.explanation.input_names, self.explanation.importances, ax=ax)
