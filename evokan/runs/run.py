"""A run as the user meets it: tables, pictures, and the chosen network."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evokan.errors import InputError
from evokan.prediction import predict
from evokan.registry import make_space
from evokan.runs.directory import RunDirectory, read_json
from evokan.space import EdgeCurve, Explanation

if TYPE_CHECKING:
    import torch
    from matplotlib.axes import Axes


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
        return _read_table(self.directory.evaluations)

    @property
    def history(self) -> pd.DataFrame:
        """One row per generation: ``history.csv``."""
        return _read_table(self.directory.history)

    @property
    def pareto(self) -> pd.DataFrame:
        """The front, trained again with fresh seeds: ``pareto.csv``."""
        self._check_finished()
        return _read_table(self.directory.pareto)

    @property
    def finished(self) -> bool:
        """Whether the search has come to its end."""
        return (self.directory.best / "metrics.json").is_file()

    @cached_property
    def best(self) -> Member:
        """The chosen member of the front."""
        self._check_finished()
        return Member(self, self.directory.best)

    def plot_history(self, ax: Axes | None = None) -> Axes:
        """Draw best, median and spread of the validation loss over the generations."""
        from evokan.reports import plot_fitness_history

        references = self.best.metrics.get("references", {}) if self.finished else {}
        return plot_fitness_history(self.history, references, ax=ax)

    def plot_pareto(self, ax: Axes | None = None) -> Axes:
        """Draw the front of error against size."""
        from evokan.reports import plot_pareto

        return plot_pareto(self.pareto, self.evaluations, ax=ax)

    def _check_finished(self) -> None:
        if not self.finished:
            raise InputError(f"{self.path}: the search has not finished; go on with: evokan resume {self.path}")


class Member:
    """A trained network of a run: model, figures, pictures.

    Attributes
    ----------
    path
        Folder with ``model.safetensors`` and ``architecture.json``.
    """

    def __init__(self, run: Run, path: Path) -> None:
        self._run = run
        self.path = path

    @cached_property
    def spec(self) -> dict[str, Any]:
        """Content of ``architecture.json``."""
        return read_json(self.path / "architecture.json")

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Content of ``metrics.json``."""
        return read_json(self.path / "metrics.json")

    @cached_property
    def model(self) -> torch.nn.Module:
        """The network: raw inputs (N, n_features) to logits (N, n_classes) or values (N, 1)."""
        from safetensors.torch import load_file

        settings = self._run.config["settings"]
        space = make_space(settings["space"], self._run.config["options"])
        return space.load_model(self.spec["model"], load_file(self.path / "model.safetensors"))

    @cached_property
    def explanation(self) -> Explanation:
        """Curves and importances, as stored with the run."""
        return explanation_from_json(self.spec["explanation"])

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return logits (N, classes) or values (N, 1) for raw inputs `X`, shape (N, n_features)."""
        return predict(self.model, X)

    def plot_network(self, ax: Axes | None = None) -> Axes:
        """Draw the network with the learned curve on every edge."""
        from evokan.reports import plot_network

        return plot_network(self.explanation, ax=ax)

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
                       np.array(data["importances"]))


def _read_table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: is missing from the run")
    text = {"chromosome": str, "parents": str, "reason": str, "origin": str, "status": str}
    header = pd.read_csv(path, nrows=0).columns
    converters = {name: kind for name, kind in text.items() if name in header}
    # A running search may be in the middle of its last line.
    frame = pd.read_csv(path, dtype=converters, keep_default_na=False, on_bad_lines="skip",
                        na_values={name: [""] for name in header if name not in text})
    return frame.dropna(how="all", subset=[name for name in header if name not in text]).reset_index(drop=True)
