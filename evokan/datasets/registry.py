"""Data sets by name."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from itertools import chain
from typing import TYPE_CHECKING

from evokan.datasets import bundled, files, laws, maps, systems
from evokan.datasets.catalogue import DatasetInfo, Loader
from evokan.errors import InputError, unknown_name

if TYPE_CHECKING:
    from evokan.datasets.lagged import Lags
    from evokan.problem.equations.base import Equation
    from evokan.problem.table import Table

EQUATIONS = "evokan.equations"
"""Entry-point group of packages that bring equations: objects, or functions without arguments that return one."""
_added: dict[str, tuple[DatasetInfo, Loader]] = {}


@cache
def _built_in() -> dict[str, tuple[DatasetInfo, Loader]]:
    """Return what comes with evokan; equations are tables too, but know this package."""
    from evokan.datasets.equations import EQUATIONS, equation_dataset

    own = (bundled.DATASETS, files.DATASETS, laws.DATASETS, maps.DATASETS, systems.DATASETS)
    known = (*chain.from_iterable(own), *map(equation_dataset, EQUATIONS))
    return {info.name: (info, load) for info, load in known}


@cache
def _installed() -> dict[str, tuple[DatasetInfo, Loader]]:
    """Return the equations of installed packages; one that cannot be used says so when it is loaded."""
    found = {}
    for point in sorted(entry_points(group=EQUATIONS), key=lambda point: point.name):
        try:
            found[point.name] = _from_package(point)
        except InputError as error:
            found[point.name] = _unusable(point.name, error)
    return found


def _from_package(point: EntryPoint) -> tuple[DatasetInfo, Loader]:
    from evokan.datasets.equations import equation_dataset
    from evokan.problem.equations.base import Equation

    try:
        made = point.load()
        equation = made if isinstance(made, Equation) else made()
    except Exception as error:
        raise InputError(f"equation {point.name!r} is installed but cannot be used: {error}") from error
    if not isinstance(equation, Equation):
        raise InputError(f"equation {point.name!r} is installed but is no evokan.problem.equations.Equation")
    info, load = equation_dataset(equation)
    return replace(info, name=point.name), load


def _unusable(name: str, error: InputError) -> tuple[DatasetInfo, Loader]:
    def load(seed: int) -> Table:
        raise error

    return DatasetInfo(name, "residual", 0, 0, str(error), "entry point"), load


def register_dataset(info: DatasetInfo, load: Loader) -> None:
    """Add a data set, or replace one that was added under the same name.

    Parameters
    ----------
    info
        Its name card; `DatasetInfo.files` that are not in the data folder are reported before `load` is
        called.
    load
        Called with the data seed, returns the table (`make_table` builds it); a fixed table ignores the seed.

    Raises
    ------
    InputError
        The name is empty, or belongs to a data set that comes with evokan.

    Examples
    --------
    >>> import numpy as np
    >>> from evokan.datasets import DatasetInfo, load_dataset, make_table, register_dataset
    >>> def load(seed):
    ...     x = np.random.default_rng(seed).random((100, 1))
    ...     return make_table("square", "regression", x, x[:, 0] ** 2, feature_names=["x"], target_name="y")
    >>> info = DatasetInfo("square", "regression", 100, 1, "x^2 on [0, 1]", "our own", seeded=True)
    >>> register_dataset(info, load)
    >>> load_dataset("square").X.shape
    (100, 1)
    """
    if not info.name.strip():
        raise InputError("a data set needs a name")
    if info.name in _built_in():
        raise InputError(f"data set {info.name!r} comes with evokan: choose another name")
    _added[info.name] = (info, load)


def has_registered() -> bool:
    """Return whether there are data sets that another process does not know."""
    return bool(_added)


def list_datasets() -> list[DatasetInfo]:
    """Return the name cards of all data sets: evokan's own, then those added, in the order of registration.

    Nothing is loaded; `DatasetInfo.available` looks whether the files are there.
    """
    return [info for info, _ in (_built_in() | _installed() | _added).values()]


def load_dataset(name: str, *, seed: int = 0, lags: Lags | None = None, horizon: int | None = None) -> Table:
    """Return the table called `name`.

    Parameters
    ----------
    name
        A name of `list_datasets`.
    seed
        Data seed of a law: equal seeds give equal rows. A fixed table ignores it.
    lags, horizon
        Of a series: delays of the causes, and steps to the value predicted; as `evokan.datasets.lagged.delays_of`
        takes them. The data set may have a horizon of its own.

    Raises
    ------
    InputError
        The name is unknown, a data file is missing or not the published one, or there are delays and no series.
    """
    known = _built_in() | _installed() | _added
    if name not in known:
        raise unknown_name("data set", name, known)
    info, load = known[name]
    info.check_available()
    if lags is None and horizon is None:
        return load(seed)
    from evokan.datasets.lagged import delays_of, with_lags
    from evokan.problem.task import Task

    if info.as_series is None and not Task(info.task).in_time:
        raise InputError(f"--lags goes with a series: data set {name!r} has rows that follow no order of time")

    horizon = info.horizon if horizon is None else horizon
    delays = delays_of(lags, horizon)
    return with_lags(load(seed) if info.as_series is None else info.as_series(delays[-1]), delays, horizon)


def register_equation(equation: Equation) -> None:
    """Make an equation known as a data set under its name, or replace one that was added under that name.

    Parameters
    ----------
    equation
        An object of a class of some module, so that it can travel to other processes.

    Raises
    ------
    InputError
        The name is empty or belongs to a data set that comes with evokan, or there is no coordinate.
    """
    from evokan.datasets.equations import equation_dataset

    register_dataset(*equation_dataset(equation))
