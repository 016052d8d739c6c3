"""A run as the user meets it: tables, pictures, and the chosen network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evokan.datasets.columns import ColumnSchema
from evokan.errors import InputError
from evokan.evaluation.records import COLUMNS
from evokan.evolution.history import HISTORY_COLUMNS
from evokan.prediction import predict
from evokan.registry import make_space
from evokan.runs.directory import RunDirectory
from evokan.runs.files import read_json, reading
from evokan.runs.tables import PARETO_COLUMNS, read_table
from evokan.space import EdgeCurve, Explanation, SearchSpace

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evokan.explain.formula import Formula, Formulas
    from evokan.explain.graph import FunctionGraph
    from evokan.problem import Problem


class Run:
    """A finished or running search, read from its directory; nothing is cached that may still grow.

    Attributes
    ----------
    path
        The run's folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.directory = RunDirectory.open(Path(path))
        self.path = self.directory.path

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def config(self) -> dict[str, Any]:
        """Content of ``config.json``."""
        return self.directory.read_config()

    @property
    def evaluations(self) -> pd.DataFrame:
        """Every individual of every generation: ``evaluations.csv``."""
        return read_table(self.directory.evaluations, COLUMNS)

    @property
    def history(self) -> pd.DataFrame:
        """One row per generation: ``history.csv``."""
        return read_table(self.directory.history, HISTORY_COLUMNS)

    @property
    def pareto(self) -> pd.DataFrame:
        """The front, trained again with fresh seeds: ``pareto.csv``."""
        self._check_finished()
        path, remedy = self.directory.pareto, self.directory.remedy
        table = read_table(path, PARETO_COLUMNS, remedy)
        with reading(path, remedy):
            if not table["chosen"].any():
                raise ValueError("it names no chosen network")
        return table

    @property
    def finished(self) -> bool:
        """Whether the search has come to its end."""
        return (self.directory.best / "metrics.json").is_file()

    @cached_property
    def best(self) -> Member:
        """The chosen member of the front."""
        self._check_finished()
        return Member(self, self.directory.best / "architecture.json", self.directory.best / "model.safetensors")

    def member(self, number: int) -> Member:
        """Return the member of the front with this id.

        Raises
        ------
        InputError
            The front has none.
        """
        ids = [int(name) for name in self.pareto["id"]]
        if number not in ids:
            raise InputError(f"{self.path}: the front has no member {number}; it has "
                             f"{', '.join(map(str, sorted(ids)))}")
        folder = self.directory.front
        return Member(self, folder / f"{number}.json", folder / f"{number}.safetensors")

    @property
    def schema(self) -> ColumnSchema:
        """How raw columns become inputs."""
        stored = self.config["data"]["schema"]
        with reading(self.directory.config):
            return ColumnSchema.from_dict(stored)

    @cached_property
    def space(self) -> SearchSpace:
        """The family, with the options of the run."""
        return make_space(self.config["settings"]["space"], self.config["options"])

    @cached_property
    def problem(self) -> Problem:
        """The table that was searched on, split and scaled as it was then.

        Raises
        ------
        InputError
            The data is not there any more, or has changed.
        """
        from evokan.config import build_config
        from evokan.job import prepare

        stored = self.config
        problem = prepare(build_config(stored["settings"], {"device": "cpu"}), options=stored["options"]).problem
        if problem.table.sha256 != stored["data"]["sha256"]:
            raise InputError(f"{self.path}: the data has changed since the run began; bring the old file back")
        return problem

    def plot_history(self, ax: Axes | None = None) -> Axes:
        """Draw best, median and spread of the validation loss over the generations."""
        from evokan.reports import plot_fitness_history

        references = self.best.metrics.get("references", {}) if self.finished else {}
        return plot_fitness_history(self.history, references, ax=ax)

    def plot_pareto(self, ax: Axes | None = None) -> Axes:
        """Draw the front of error against size."""
        from evokan.reports import plot_pareto

        return plot_pareto(self.pareto, self.evaluations, ax=ax)

    def plot_importances(self, others: Sequence[Run] = ()) -> Figure:
        """Draw three importances of every column side by side; `others` are runs on the same table, other seeds."""
        from evokan.explain import importances
        from evokan.reports import plot_importances

        loss = "log-loss" if self.problem.task == "classification" else "RMSE"
        return plot_importances(importances(self, others), loss)

    def _check_finished(self) -> None:
        if not self.finished:
            raise InputError(f"{self.path}: the search has not finished; go on with: evokan resume {self.path}")


class Member:
    """A trained network of a run: model, figures, formula, pictures.

    Attributes
    ----------
    path
        Folder of its files.
    """

    def __init__(self, run: Run, spec_path: Path, model_path: Path) -> None:
        self._run = run
        self._spec_path, self._model_path = spec_path, model_path
        self.path = spec_path.parent

    @cached_property
    def spec(self) -> dict[str, Any]:
        """Content of ``architecture.json``."""
        return read_json(self._spec_path, "model", "explanation", remedy=self._run.directory.remedy)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Content of ``metrics.json``; the chosen member alone has one."""
        return read_json(self.path / "metrics.json", "train", "validation", "test", "baselines",
                         remedy=self._run.directory.remedy)

    @cached_property
    def model(self) -> torch.nn.Module:
        """The network: raw inputs (N, n_features) to logits (N, n_classes) or values (N, 1)."""
        from safetensors.torch import load_file

        space, spec, remedy = self._run.space, self.spec["model"], self._run.directory.remedy
        with reading(self._model_path, remedy):
            weights = load_file(self._model_path)
        with reading(f"{self._model_path} or {self._spec_path.name}", remedy):
            return space.load_model(spec, weights)

    @cached_property
    def explanation(self) -> Explanation:
        """Curves and importances, as stored with the run."""
        stored = self.spec["explanation"]
        with reading(self._spec_path, self._run.directory.remedy):
            return explanation_from_json(stored)

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return logits (N, classes) or values (N, 1) for raw inputs `X`, shape (N, n_features)."""
        return predict(self.model, X)

    @cached_property
    def graph(self) -> FunctionGraph:
        """The one-variable functions on its edges, as NumPy functions.

        Raises
        ------
        InputError
            The family has none.
        """
        return self._run.space.graph(self.model, self._run.problem)

    def formulas(self, *, tolerance: float = 0.05, time_limit: float = 30.0,
                 functions: Sequence[str] | None = None) -> Formulas:
        """Read the network as formulas: the front of complexity against validation loss.

        Parameters
        ----------
        tolerance
            Share by which a simplification may raise the validation loss.
        time_limit
            Seconds.
        functions
            Names of the functions to try; by default all that are registered (`evokan.explain.register_function`).

        Raises
        ------
        InputError
            The family has no one-variable edges, the data is not there any more, or a function is unknown.
        """
        from evokan.explain import Split, find_formulas, library

        return find_formulas(self.graph, Split.of(self._run.problem, self.graph), tolerance=tolerance,
                             time_limit=time_limit, functions=library(functions))

    def formula(self, *, tolerance: float = 0.05, time_limit: float = 30.0,
                functions: Sequence[str] | None = None) -> Formula:
        """Return the chosen one of `formulas`: the simplest that is as good as the best."""
        return self.formulas(tolerance=tolerance, time_limit=time_limit, functions=functions).best

    def plot_network(self, ax: Axes | None = None) -> Axes:
        """Draw the network with the learned curve on every edge."""
        from evokan.reports import plot_network

        return plot_network(self.explanation, ax=ax)

    def plots(self) -> Mapping[str, Callable[[], Axes]]:
        """Return the pictures that its family alone has, by file name."""
        return self._run.space.plots(self.explanation)

    def plot_edges(self) -> Figure:
        """Draw every edge with the law that comes nearest; the 24 strongest where there are more."""
        from evokan.explain.gallery import portraits
        from evokan.reports import plot_edge_gallery

        problem = self._run.problem
        return plot_edge_gallery(portraits(self.graph, problem.table.X[problem.development]))

    def plot_importance(self, ax: Axes | None = None) -> Axes:
        """Draw the importance of every input column."""
        from evokan.reports import plot_importance

        return plot_importance(self.explanation.input_names, self.explanation.importances, ax=ax)


def load_run(path: str | Path) -> Run:
    """Return the run in the folder `path`.

    Raises
    ------
    InputError
        There is no run.
    """
    return Run(path)


def explanation_to_json(explanation: Explanation) -> dict[str, Any]:
    """Return plain JSON values; curves keep six digits, enough for a picture."""

    def numbers(values: NDArray[np.float64]) -> list[float]:
        return [float(f"{value:.6g}") for value in values]

    return {
        "widths": list(explanation.widths),
        "input_names": list(explanation.input_names),
        "output_names": list(explanation.output_names),
        "importances": numbers(explanation.importances),
        "data": dict(explanation.data),
        "edges": [{"layer": e.layer, "source": e.source, "target": e.target, "weight": e.weight,
                   "x": numbers(e.x), "y": numbers(e.y)} for e in explanation.edges],
    }


def explanation_from_json(data: dict[str, Any]) -> Explanation:
    """Return the explanation whose `explanation_to_json` gave `data`."""
    edges = tuple(
        EdgeCurve(e["layer"], e["source"], e["target"], np.array(e["x"]), np.array(e["y"]), e["weight"])
        for e in data["edges"]
    )
    return Explanation(tuple(data["widths"]), tuple(data["input_names"]), tuple(data["output_names"]), edges,
                       np.array(data["importances"]), data.get("data", {}))
