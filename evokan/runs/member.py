"""A trained network of a run: model, figures, formula, pictures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from evokan.datasets.outside import outside, outside_note
from evokan.errors import EvokanWarning, InputError, reason
from evokan.explain.formulas.kinds import TOLERANCE, Engine, Kind
from evokan.export import target
from evokan.export.content import Content, described
from evokan.problem.prediction import check_columns, predict
from evokan.runs.files import reading
from evokan.runs.formulas import files_of, keep_formulas, read_formulas
from evokan.runs.home import Home
from evokan.runs.predictions import check_finite, known_columns, labels, own_units, shares
from evokan.runs.reading import Wanted, last_fit, search_formulas
from evokan.runs.shapes import MemberFile, MetricsFile
from evokan.settings.spoken import naming_keywords
from evokan.spaces.explanation import Explanation, explanation_from_json

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evokan.explain.formulas.formula import Formula
    from evokan.explain.formulas.front import Formulas
    from evokan.explain.laws.gallery import EdgePortrait
    from evokan.spaces.graph import FunctionGraph


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

    def predict(self, X: NDArray[np.float64] | pd.DataFrame) -> NDArray[Any]:
        """Return the class of each row as named in the training table, or its value, shape (N,).

        Of a trajectory the next state, shape (N, concepts).

        Parameters
        ----------
        X
            As for `outputs`.

        Raises
        ------
        InputError
            As `outputs`, or the network gives no number for a row; rows are counted from 1.
        """
        return labels(self._finite_outputs(X), self._run.schema)

    def predict_proba(self, X: NDArray[np.float64] | pd.DataFrame) -> NDArray[np.float64]:
        """Return the share of each class, shape (N, classes), in the order of the classes.

        Raises
        ------
        InputError
            As `predict`, or there are no classes.
        """
        if not self._run.schema.task.has_classes:
            raise InputError(f"{self._run.directory.path}: predicts values, which have no classes: call predict")
        return shares(self._finite_outputs(X))

    def _finite_outputs(self, X: NDArray[np.float64] | pd.DataFrame) -> NDArray[np.float64]:
        found = own_units(self.outputs(X), self._run.schema)
        check_finite(found)
        return found

    def outputs(self, X: NDArray[np.float64] | pd.DataFrame) -> NDArray[np.float64]:
        """Return logits (N, classes) or values (N, 1) for raw inputs `X`; logarithms where those were fitted.

        Parameters
        ----------
        X
            Shape (N, n_features), columns in the order of the inputs; or a frame with the columns of the training
            table, by name and in any order: others are ignored, with a warning unless it is the target. Rows far
            outside of the training table are warned of.

        Raises
        ------
        InputError
            A column is missing or one too many, or the frame holds what the training table's columns cannot.
        """
        X = self.encoded(cast("pd.DataFrame", X)) if hasattr(X, "columns") else np.asarray(X, dtype=np.float64)
        names = self.spec["model"].get("feature_names", self._run.schema.feature_names)
        check_columns(X.shape, len(names), names)
        return predict(self.model, X)

    def encoded(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the raw inputs, shape (N, n_features), of a frame as `outputs` takes it."""
        known = known_columns(frame, self._run.schema)
        X: NDArray[np.float64] = np.asarray(self._run.schema.transform(known), dtype=np.float64)
        for note in filter(None, (*self._run.schema.notes(known), outside_note(outside(known, self._run.schema)))):
            warnings.warn(note, EvokanWarning, stacklevel=3)
        return X

    @property
    def inputs(self) -> tuple[str, ...]:
        """What each input is: the columns of the table as they were encoded."""
        return described(self.spec["model"].get("feature_names", self._run.schema.feature_names), self._run.schema)

    def exported(self, to: str) -> bytes:
        """Return the network in another form; `to` names one of `evokan.export.FORMATS`.

        Raises
        ------
        InputError
            There is no such form, it needs a package that is not there, or the family does not say how its networks
            are computed.
        """
        written = target(to)
        return written.write(Content(self.model, self._run.space, self.inputs))

    def export(self, to: str, path: str | Path | None = None) -> Path:
        """Write the network in another form, and return where.

        Parameters
        ----------
        to
            ``torch``, ``onnx``, ``python``, ``numpy``, ``c``, ``sympy``, ``latex`` or ``json``.
        path
            The file, which is replaced; by default one in the folder ``export`` of the run.

        Raises
        ------
        InputError
            As `exported`, or the file cannot be written.
        """
        content = self.exported(to)
        try:
            if path is not None:
                Path(path).write_bytes(content)
                return Path(path)
            home = self._run.directory
            name = "best" if self.path == home.best else f"member_{self._spec_path.stem}"
            path = home.exports / f"{name}{target(to).EXTENSION}"
            home.vault.make_folder(home.exports)
            home.vault.replace(path, content)
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({reason(error)})") from error
        return path

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
        return read_formulas(self._run.directory, self.formulas_path, self.encoded)

    def formulas(
        self,
        *,
        tolerance: float = TOLERANCE,
        time_limit: float | None = None,
        functions: Sequence[str] | None = None,
        units: Mapping[str, Mapping[str, Fraction]] | None = None,
        engine: Engine = "evokan",
    ) -> Formulas:
        """Return the front of formulas, the network's own and laws; those stored in the run, if no other are asked for.

        Parameters
        ----------
        tolerance
            Share by which a simplification may raise the validation loss.
        time_limit
            Seconds of more search, which goes on from what is stored; by default none where something is, else 30.
        functions
            Names of the functions to try; by default all that are registered (`evokan.explain.register_function`).
        units
            Of the columns (`evokan.explain.Units.read`), for laws in dimensionless groups; by default the search's.
        engine
            What looks for laws (`evokan.explain.find_formulas`); another one goes on from what is stored.

        Raises
        ------
        InputError
            The family has no one-variable edges, the data is gone, a function unknown, or an engine not installed.
        """
        with naming_keywords():
            return self.wanted_formulas(Wanted(tolerance, time_limit, functions, units, engine))

    def wanted_formulas(self, wanted: Wanted) -> Formulas:
        """Return `formulas`; errors name options of the command line in place of keywords."""
        stored = self.stored_formulas()
        if wanted.met_by(stored):
            return stored
        with self.reading_spec():
            fit = last_fit(self._run, self.spec)
        return search_formulas(self._run, self.graph, fit, stored, wanted).with_encoding(self.encoded)

    def normalised(self, found: Formulas) -> Formulas:
        """Return formulas of this network in scaled columns (`evokan.explain.formulas.normalised`); needs the data."""
        from evokan.explain.formulas.normalised import normalised

        return normalised(found, self.graph.input_scaler, self.graph.target_scaler)

    def store(self, found: Formulas) -> bool:
        """Keep formulas in the run, where `formulas` finds them again; return whether all of them could be written.

        Raises
        ------
        InputError
            The folder cannot be written.
        """
        return keep_formulas(self._run.directory, self.formulas_path, files_of(found))

    def formula(
        self,
        kind: Kind | None = None,
        member: int | None = None,
        *,
        tolerance: float = TOLERANCE,
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
        with naming_keywords():
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

    @cached_property
    def portraits(self) -> Sequence[EdgePortrait]:
        """What every edge does to the data, next to the law that comes nearest; `InputError` where none can be read."""
        from evokan.explain.laws.gallery import portraits

        return portraits(self.graph, self._run.problem.table.X[self._run.problem.shown])

    def plot_edges(self) -> Figure:
        """Draw every edge with the law that comes nearest; the 24 strongest where there are more."""
        from evokan.plots import plot_edge_gallery

        return plot_edge_gallery(self.portraits)

    def plot_laws(self, ax: Axes | None = None) -> Axes:
        """Draw the network with the law that comes nearest below every edge."""
        from evokan.explain.laws.gallery import told
        from evokan.plots import plot_network

        return plot_network(self.explanation, ax=ax, laws=told(self.portraits))

    def plot_attribution(self, ax: Axes | None = None) -> Axes:
        """Draw the importance of every input column."""
        from evokan.plots import plot_attribution

        return plot_attribution(self.explanation.input_names, self.explanation.importances, ax=ax)
