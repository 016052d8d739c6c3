"""Tables read from the folder named by ``EVOKAN_DATA``: rice, raisin, and those of the HKAN paper."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evokan.datasets.catalogue import DATA_VARIABLE, DatasetInfo, Loader, find_data_file
from evokan.errors import InputError

if TYPE_CHECKING:
    from evokan.problem.table import Table


class _Classes(NamedTuple):
    """A table of the GA-KAN paper: seven numbers and a class; its sizes are that paper's."""

    rows: int
    test_size: float
    validation_size: float
    description: str
    source: str


class _Split(NamedTuple):
    """A table of the HKAN paper, published in two parts."""

    train: int
    test: int
    features: int
    description: str
    origin: str
    stem: str = ""  # of the files, where it is not the name


_UCI = {
    "rice": _Classes(
        3810,
        0.20,
        0.20,
        "Cammeo or Osmancik rice from the shape of a grain",
        "UCI Machine Learning Repository, Rice (Cammeo and Osmancik); Cinar and Koklu (2019)",
    ),
    "raisin": _Classes(
        900,
        0.10,
        1 / 9,
        "Kecimen or Besni raisin from the shape of a grain",
        "UCI Machine Learning Repository, Raisin; Cinar, Koklu and Tasdemir (2020)",
    ),
}
_HKAN = {
    "abalone": _Split(3133, 1044, 8, "age of abalone (rings) from shell measurements", "UCI Abalone"),
    "auto_mpg": _Split(270, 116, 7, "fuel use of cars", "UCI Auto MPG"),
    "bank32nh": _Split(5734, 2458, 32, "share of customers a simulated bank turns away", "DELVE bank family"),
    "compactive": _Split(6144, 2048, 21, "share of time a computer is in user mode", "DELVE comp-activ"),
    "concrete": _Split(773, 257, 8, "compressive strength of concrete", "UCI Concrete, Yeh (1998)"),
    "dee": _Split(274, 91, 6, "daily electricity price in Spain", "KEEL dee"),
    "ele_2": _Split(792, 264, 4, "maintenance cost of electricity networks", "KEEL ele-2"),
    "elevators": _Split(11619, 4980, 18, "elevator control of an F16 aircraft", "KEEL elevators"),
    "kinematics8nm": _Split(6144, 2048, 8, "simulated robot arm of 8 inputs", "DELVE kin family"),
    "kinematics32nh": _Split(5734, 2458, 32, "simulated robot arm of 32 inputs", "DELVE kin family"),
    "laser": _Split(745, 248, 4, "next intensity of a far-infrared laser", "KEEL laser (Santa Fe contest)"),
    "machineCPU": _Split(146, 63, 6, "relative performance of processors", "UCI Computer Hardware"),
    "pumadyn32nh": _Split(5734, 2458, 32, "simulated Puma 560 robot arm, dynamics", "DELVE pumadyn family"),
    "pyramidines": _Split(52, 22, 27, "drug activity of pyrimidines", "UCI QSAR, King et al."),
    "stock": _Split(713, 237, 9, "stock prices of aerospace companies", "KEEL and StatLib stock"),
    "treasury": _Split(734, 315, 15, "one-month CD rate from US economic series", "KEEL treasury"),
    "triazines": _Split(130, 56, 60, "drug activity of triazines", "UCI QSAR, King et al."),
    "wizmir": _Split(1096, 365, 9, "mean temperature in Izmir", "KEEL wizmir"),
    "tf2": _Split(5000, 10000, 2, "sum sin(20 exp x) x^2, noise in the training rows only", "a law", stem="TF2"),
}


def _read(relative: str, rows: int, columns: int, dtype: type[np.generic] = np.float64) -> NDArray[Any]:
    """Return the cells of a comma-separated data file, shape (rows, columns), after a look at their shape."""
    path = find_data_file(relative)
    if path is None:
        raise InputError(f"data file {relative} is not in the folder named by {DATA_VARIABLE}")
    try:
        cells = np.loadtxt(path, delimiter=",", dtype=dtype, ndmin=2, encoding="utf-8-sig")
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"data file {path} cannot be read: {error}; put the published one there") from error
    if cells.shape != (rows, columns):
        raise InputError(
            f"data file {path} holds {cells.shape[0]} lines of {cells.shape[1]} cells, the "
            f"published one {rows} of {columns}: put the published file there"
        )
    if dtype is np.float64 and not np.isfinite(cells).all():
        raise InputError(f"data file {path} holds missing or infinite values; put the published file there")
    return cells


def _load_uci(name: str, seed: int) -> Table:
    from evokan.datasets.tables import make_table

    known = _UCI[name]
    file = f"uci/{name}.csv"
    cells = _read(file, known.rows + 1, 8, np.str_)
    try:
        X = cells[1:, :-1].astype(np.float64)
    except ValueError as error:
        raise InputError(f"data file {file}: {error}; put the published file there") from error
    class_names, y = np.unique(cells[1:, -1], return_inverse=True)
    return make_table(
        name,
        "classification",
        X,
        y,
        feature_names=cells[0, :-1].tolist(),
        target_name=str(cells[0, -1]),
        class_names=class_names.tolist(),
        test_size=known.test_size,
        validation_size=known.validation_size,
    )


def _load_hkan(name: str, seed: int) -> Table:
    from evokan.datasets.tables import make_table

    train, test, features, *_ = _HKAN[name]
    cells = np.vstack([_read(file, rows, features + 1) for file, rows in zip(_parts(name), (train, test), strict=True)])
    return make_table(
        name,
        "regression",
        cells[:, :-1],
        cells[:, -1],
        feature_names=[f"x{i}" for i in range(1, features + 1)],
        target_name="y",
        test_rows=np.arange(train, train + test),
    )


def _parts(name: str) -> tuple[str, str]:
    stem = _HKAN[name].stem or name
    return f"hkan/{stem}_train.csv", f"hkan/{stem}_test.csv"


def _catalogue() -> Iterator[tuple[DatasetInfo, Loader]]:
    for name, table in _UCI.items():
        info = DatasetInfo(
            name,
            "classification",
            table.rows,
            7,
            table.description,
            table.source,
            files=(f"uci/{name}.csv",),
            layout="CSV with a header, class last",
        )
        yield info, partial(_load_uci, name)
    for name, split in _HKAN.items():
        stem = split.stem or name
        source = (
            f"{split.origin}; scaled and split for the HKAN paper (arXiv 2501.18199), repository "
            f"rodakt/hkan, files data/{stem}_trn.csv and data/{stem}_tst.csv"
        )
        info = DatasetInfo(
            name,
            "regression",
            split.train + split.test,
            split.features,
            split.description,
            source,
            files=_parts(name),
            layout="CSV without a header, target last",
        )
        yield info, partial(_load_hkan, name)


DATASETS: tuple[tuple[DatasetInfo, Loader], ...] = tuple(_catalogue())
"""Name cards and loaders, in the order of the listing."""
