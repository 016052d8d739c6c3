"""What a trained network needs to know of the run that it lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from evokan.datasets.columns import ColumnSchema
    from evokan.problem.problem import Problem
    from evokan.runs.directory import RunDirectory
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
    def settings(self) -> dict[str, Any]:
        """The settings of the search, those completed that it did not have."""

    @property
    def problem(self) -> Problem:
        """The table that was searched on."""

    @property
    def schema(self) -> ColumnSchema:
        """How raw columns become inputs."""
