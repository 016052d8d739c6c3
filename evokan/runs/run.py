"""A run as the user meets it: tables, pictures, and the chosen network."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokan.datasets.columns import ColumnSchema
from evokan.errors import EvokanWarning, InputError
from evokan.evaluation.records import COLUMNS
from evokan.evolution.history import HISTORY_COLUMNS, YOUNG_COLUMNS
from evokan.runs.directory import RunDirectory
from evokan.runs.files import reading
from evokan.runs.member import Member
from evokan.runs.points import read_kept, read_points
from evokan.runs.sameness import check_data_file, completed, without_code
from evokan.runs.tables import PARETO_COLUMNS, read_table
from evokan.spaces.registry import make_space
from evokan.spaces.space import SearchSpace

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evokan.explain.column_importances import Importances, LateNetworks
    from evokan.problem.problem import Problem

LATE_GENERATIONS = 5
"""The last generations of a search: what evolution has kept."""


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

    def _repr_html_(self) -> str:
        from evokan.runs.shown import html_of

        state = "finished" if self.finished else "running" if self.directory.locked else "interrupted"
        return html_of(self.path, self.config, state, self.best.metrics if self.has_product else None)

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
        return read_table(self.directory.history, HISTORY_COLUMNS, young=YOUNG_COLUMNS)

    @property
    def pareto(self) -> pd.DataFrame:
        """The front, trained again with fresh seeds: ``pareto.csv``.

        Raises
        ------
        InputError
            The search has not finished, or the file is damaged.
        """
        self._check_finished()
        path, remedy = self.directory.pareto, self.directory.remedy
        table = read_table(path, (*COLUMNS, *PARETO_COLUMNS), remedy)
        with reading(path, remedy):
            if not table["chosen"].any():
                raise ValueError("it names no chosen network")
        return table

    @property
    def finished(self) -> bool:
        """Whether the search has come to its end, its formula and pictures too."""
        if "format" not in self.config:
            return self.has_product  # of an earlier version
        return self.directory.vault.has(self.directory.manifest)

    @property
    def has_product(self) -> bool:
        """Whether there is a chosen network with its figures."""
        return self.directory.vault.has(self.directory.metrics)

    def damages(self) -> list[str]:
        """Return one sentence for each file that is not what the run was finished with; none before its end."""
        from evokan.runs.manifest import damages

        has_manifest = self.directory.vault.has(self.directory.manifest)
        return damages(self.directory) if has_manifest else []

    def warn_unchecked(self) -> None:
        """Warn where nothing says whether the files of the run are whole: it has no ``manifest.json``."""
        if self.directory.vault.has(self.directory.manifest):
            return
        if "format" not in self.config:
            why = "made by an earlier version"
        elif self.has_product:
            why = f"it was cut off before its end; evokan resume {self.path} brings it there"
        else:
            return
        warnings.warn(
            f"{self.path}: has no manifest.json ({why}), so its files are read without a check",
            EvokanWarning,
            stacklevel=3,
        )

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
            raise InputError(
                f"{self.path}: the front has no member {number}; it has {', '.join(map(str, sorted(ids)))}"
            )
        folder = self.directory.front
        return Member(self, folder / f"{number}.json", folder / f"{number}.safetensors")

    @property
    def schema(self) -> ColumnSchema:
        """How raw columns become inputs."""
        stored = self.config["data"]["schema"]
        with reading(self.directory.config, foreign=True):
            return ColumnSchema.from_dict(stored)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the search, those completed that evokan did not have when it began."""
        return completed(self.config["settings"])

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
        from evokan.settings.job import prepare
        from evokan.settings.layers import build_config

        stored = self.config
        check_data_file(self.path, stored)
        table = read_points(self.directory, stored["data"])
        named = {} if table is None else {"dataset": table.name}
        config = build_config(without_code(stored["settings"]), {"device": "cpu", **named})
        problem = prepare(
            config, options=stored["options"], table=table, kept=read_kept(self.directory, stored)
        ).problem
        if problem.table.sha256 != stored["data"]["sha256"]:
            raise InputError(f"{self.path}: the data has changed since the run began; bring the old file back")
        return problem

    def plot_history(self, ax: Axes | None = None) -> Axes:
        """Draw best, median and spread of the validation loss over the generations."""
        from evokan.plots import plot_fitness_history

        references = self.best.metrics.get("references", {}) if self.has_product else {}
        return plot_fitness_history(self.history, references, ax=ax)

    def plot_pareto(self, ax: Axes | None = None) -> Axes:
        """Draw the front of error against size."""
        from evokan.plots import plot_pareto

        return plot_pareto(self.pareto, self.evaluations, ax=ax)

    def plot_importances(self, others: Sequence[Run] = ()) -> Figure:
        """Draw three importances of every column side by side; `others` are runs on the same table, other seeds."""
        from evokan.plots import plot_importances

        return plot_importances(self.importances(others), self.problem.task.loss_name)

    def importances(self, others: Sequence[Run] = ()) -> Importances:
        """Return what every input column is worth to the chosen network.

        Parameters
        ----------
        others
            Runs on the same table, with other seeds, that count for `Importances.kept` as well.

        Raises
        ------
        InputError
            The data is not there any more, a run has other columns, or the family does not say which columns a
            network uses.
        """
        from evokan.explain import importances
        from evokan.problem.prediction import predict

        searches = [run._late_networks() for run in (self, *others)]
        seed = self.config["settings"]["seed"]
        network = partial(predict, self.best.model)
        return importances(self.best.explanation.importances, network, searches, seed, self.best.metrics["n_params"])

    def _late_networks(self) -> LateNetworks:
        from evokan.explain.column_importances import LateNetworks

        table = self.evaluations
        late = table[table["generation"] > table["generation"].max() - LATE_GENERATIONS]
        counts = {str(text): int(times) for text, times in late["chromosome"].value_counts(sort=False).items()}
        return LateNetworks(str(self.path), self.space, self.problem, counts)

    def _check_finished(self) -> None:
        if not self.has_product:
            raise InputError(f"{self.path}: the search has not finished; go on with: evokan resume {self.path}")


def load_run(path: str | Path) -> Run:
    """Return the run in the folder `path`.

    Raises
    ------
    InputError
        There is no run, or a file of a finished one is not what it was finished with: one sentence for each.

    Warns
    -----
    EvokanWarning
        The run has no ``manifest.json``, by which its files could be checked.
    """
    run = Run(path)
    damages = run.damages()
    if damages:
        raise InputError(*damages)
    run.warn_unchecked()
    return run
