"""The three tables that come with scikit-learn: iris, wine, wdbc."""

from __future__ import annotations

import csv
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evokan.arrays import FloatArray, IntArray
from evokan.datasets.catalogue import DatasetInfo, Loader

if TYPE_CHECKING:
    from evokan.problem.table import Table

# Sizes as in the GA-KAN paper: test part of all rows, validation part of the rest.
_SIZES = {"iris": (0.10, 1 / 9), "wine": (0.30, 0.20), "wdbc": (0.25, 0.20)}
_FILES = {"iris": "iris.csv", "wine": "wine_data.csv", "wdbc": "breast_cancer.csv"}
_MEASURES = (
    *("radius", "texture", "perimeter", "area", "smoothness"),
    *("compactness", "concavity", "concave points", "symmetry", "fractal dimension"),
)
_FEATURES = {
    "iris": tuple(f"{part} {size} (cm)" for part in ("sepal", "petal") for size in ("length", "width")),
    "wine": (
        "alcohol",
        "malic_acid",
        "ash",
        "alcalinity_of_ash",
        "magnesium",
        "total_phenols",
        "flavanoids",
        "nonflavanoid_phenols",
        "proanthocyanins",
        "color_intensity",
        "hue",
        "od280/od315_of_diluted_wines",
        "proline",
    ),
    "wdbc": (
        *(f"mean {measure}" for measure in _MEASURES),
        *(f"{measure} error" for measure in _MEASURES),
        *(f"worst {measure}" for measure in _MEASURES),
    ),
}
"""As scikit-learn calls them; they are not in its files."""

Content = tuple[FloatArray, IntArray, tuple[str, ...], tuple[str, ...]]
"""Inputs (rows, features), class numbers (rows,), names of the features and of the classes."""


def content(name: str) -> Content:
    """Return what a table has, from scikit-learn's file: importing scikit-learn itself takes a second."""
    found = find_spec("sklearn")
    path = Path(found.origin).with_name("datasets") / "data" / _FILES[name] if found and found.origin else None
    if path is None or not path.is_file():
        return imported(name)
    with path.open(encoding="utf-8", newline="") as file:
        (rows, features, *classes), *lines = csv.reader(file)
    X = np.array([line[:-1] for line in lines], dtype=np.float64)
    y = np.array([line[-1] for line in lines], dtype=np.int64)
    if X.shape != (int(rows), int(features)) or len(_FEATURES[name]) != int(features):
        return imported(name)
    return X, y, _FEATURES[name], tuple(classes)


def imported(name: str) -> Content:
    """Return the same from scikit-learn itself, wherever it keeps the file."""
    from sklearn import datasets

    load = {"iris": datasets.load_iris, "wine": datasets.load_wine, "wdbc": datasets.load_breast_cancer}[name]
    data = load()
    names = ([str(name) for name in part] for part in (data.feature_names, data.target_names))
    features, classes = map(tuple, names)
    return data.data, data.target.astype(np.int64), features, classes


def _load(name: str, seed: int) -> Table:
    from evokan.datasets.tables import make_table

    X, y, features, classes = content(name)
    test_size, validation_size = _SIZES[name]
    return make_table(
        name,
        "classification",
        X,
        y,
        feature_names=features,
        target_name="class",
        class_names=classes,
        test_size=test_size,
        validation_size=validation_size,
    )


DATASETS: tuple[tuple[DatasetInfo, Loader], ...] = (
    (
        DatasetInfo(
            "iris",
            "classification",
            150,
            4,
            "species of iris from sepal and petal measurements",
            "Fisher (1936); UCI Machine Learning Repository, Iris; shipped with scikit-learn",
        ),
        partial(_load, "iris"),
    ),
    (
        DatasetInfo(
            "wine",
            "classification",
            178,
            13,
            "cultivar of Italian wines from a chemical analysis",
            "Forina et al. (1988); UCI Machine Learning Repository, Wine; shipped with scikit-learn",
        ),
        partial(_load, "wine"),
    ),
    (
        DatasetInfo(
            "wdbc",
            "classification",
            569,
            30,
            "malignant or benign breast mass from pictures of cells",
            "Street, Wolberg and Mangasarian (1993); UCI Machine Learning Repository, Breast Cancer "
            "Wisconsin (Diagnostic); shipped with scikit-learn",
        ),
        partial(_load, "wdbc"),
    ),
)
"""Name cards and loaders, in the order of the listing."""
