"""The three tables that come with scikit-learn: iris, wine, wdbc."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from evokan.datasets.catalogue import DatasetInfo, Loader

if TYPE_CHECKING:
    from evokan.problem.table import Table

# Sizes as in the GA-KAN paper: test part of all rows, validation part of the rest.
_SIZES = {"iris": (0.10, 1 / 9), "wine": (0.30, 0.20), "wdbc": (0.25, 0.20)}


def _load(name: str, seed: int) -> Table:
    from sklearn import datasets

    from evokan.datasets.tables import make_table

    load = {"iris": datasets.load_iris, "wine": datasets.load_wine, "wdbc": datasets.load_breast_cancer}[name]
    data = load()
    test_size, validation_size = _SIZES[name]
    return make_table(
        name,
        "classification",
        data.data,
        data.target.astype(np.int64),
        feature_names=[str(feature) for feature in data.feature_names],
        target_name="class",
        class_names=[str(label) for label in data.target_names],
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
