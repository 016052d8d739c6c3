"""What the chosen network says of the test rows, in more than one figure."""

from __future__ import annotations

import math
from contextlib import suppress
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evokan.problem.prediction import predict
from evokan.problem.task import Task
from evokan.runs.shapes import TestedFile

if TYPE_CHECKING:
    from evokan.problem.metrics import Figures
    from evokan.runs.run import Run

MOST_ROWS = 200_000
"""Rows of a table up to which it is read again for this."""
MOST_CLASSES = 30
"""Classes up to which there is a confusion matrix."""
POINTS = 400
"""Rows that a picture shows."""
BINS = 5
"""Of the calibration, equally wide from the share of a guess to 1."""


def accuracy_interval(accuracy: float, rows: int) -> tuple[float, float]:
    """Return the 95 % interval of an accuracy over `rows` rows: Wilson's (J. Am. Stat. Assoc. 22, 1927)."""
    z = NormalDist().inv_cdf(0.975)
    share = round(accuracy * rows) / rows
    centre = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z * math.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2)) / (1 + z**2 / rows)
    # Where all are right or wrong, rounding would leave the accuracy outside.
    return max(min(centre - half, share), 0.0), min(max(centre + half, share), 1.0)


def rmse_interval(errors: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the 95 % interval of a root mean squared error, by the spread of the squares (delta method, Student's t).

    Parameters
    ----------
    errors
        Shape (rows,).

    Returns
    -------
    tuple or None
        None for fewer than two rows, or where the squares overflow.
    """
    from scipy.stats import t

    rows = len(errors)
    if rows < 2:
        return None
    with np.errstate(all="ignore"):
        squares = errors**2
        rmse = float(np.sqrt(squares.mean()))
        half = float(t.ppf(0.975, rows - 1) * squares.std(ddof=1) / np.sqrt(rows) / (2 * rmse)) if rmse else 0.0
    return (max(rmse - half, 0.0), rmse + half) if np.isfinite([rmse, half]).all() else None


def kept_tested(run: Run) -> dict[str, Any] | None:
    """Return what `examine` has found at the end of the search, as ``tested.json`` has it; None where there is none.

    Raises
    ------
    InputError
        It is damaged.
    """
    directory = run.directory
    if directory.tested.name not in directory.vault.names(directory.path):
        return None
    return directory.vault.read_json(directory.tested, TestedFile, directory.remedy)


def keep_tested(run: Run, tested: dict[str, Any] | None) -> None:
    """Write ``tested.json``, so that a later report needs neither data nor network; not where a number is infinite."""
    if tested is not None:
        with suppress(ValueError):
            run.directory.vault.write_json(run.directory.tested, tested)


def examine(run: Run) -> dict[str, Any] | None:
    """Return what the chosen network of a run makes of its test rows.

    None for an equation, for very large tables, and where an output is not finite.

    Raises
    ------
    InputError
        The data or the network is not there any more.
    """
    stored = run.config["data"]
    task = Task(stored["task"])
    if task.is_equation or stored["rows"] > MOST_ROWS:
        return None
    table, rows, model = run.problem.table, run.problem.test, run.best.model
    with run.best.reading_spec():
        said = predict(model, table.X[rows])
        if not np.isfinite(said).all():
            return None
        if task.has_classes:
            return of_classes(table.y[rows].astype(np.int64), said, table.class_names)
        y, names = np.asarray(table.y, dtype=np.float64)[rows], table.output_names
        if table.log_target:
            y, said, names = table.in_units(y), table.in_units(said), (run.schema.target,)
        return of_numbers(y, said, names, in_time=task.in_time)


def of_classes(y: NDArray[np.int64], logits: NDArray[np.float64], names: tuple[str, ...]) -> dict[str, Any]:
    """Return confusion matrix (a row for each true class), figures of each class, and calibration."""
    from scipy.special import softmax
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    numbers = np.arange(len(names))
    said = logits.argmax(axis=1)
    precision, recall, f1, support = precision_recall_fscore_support(y, said, labels=numbers, zero_division=0.0)
    confidence = softmax(logits, axis=1).max(axis=1)
    edges = np.linspace(1 / len(names), 1.0, BINS + 1)
    places = np.clip(np.digitize(confidence, edges[1:-1]), 0, BINS - 1)
    calibration = [
        {
            "low": float(edges[place]),
            "high": float(edges[place + 1]),
            "rows": int((places == place).sum()),
            "said": float(confidence[places == place].mean()),
            "right": float((y == said)[places == place].mean()),
        }
        for place in range(BINS)
        if (places == place).any()
    ]
    matrix = confusion_matrix(y, said, labels=numbers).tolist() if len(names) <= MOST_CLASSES else None
    return {
        "rows": len(y),
        "classes": [
            {"name": name, "rows": int(n), "precision": float(p), "recall": float(r), "f1": float(f)}
            for name, n, p, r, f in zip(names, support, precision, recall, f1, strict=True)
        ],
        "confusion": matrix,
        "calibration": calibration,
    }


def of_numbers(
    y: NDArray[np.float64], said: NDArray[np.float64], names: tuple[str, ...], *, in_time: bool
) -> dict[str, Any]:
    """Return a summary of the residuals (measured less predicted) of each output, in its own units.

    Parameters
    ----------
    in_time
        Whether rows depend on each other, so that no interval can be given.
    """
    y, said = y.reshape(len(y), -1), said.reshape(len(y), -1)
    outputs = []
    with np.errstate(all="ignore"):
        for column, name in enumerate(names):
            errors = y[:, column] - said[:, column]
            low, quarter, median, three, high = np.quantile(errors, [0.05, 0.25, 0.5, 0.75, 0.95])
            interval = None if in_time else rmse_interval(errors)
            outputs.append(
                {
                    "name": name,
                    "rmse": float(np.sqrt((errors**2).mean())),
                    "interval": None if interval is None else list(interval),
                    "mean": float(errors.mean()),
                    "quantiles": [float(value) for value in (low, quarter, median, three, high)],
                    "largest": float(np.abs(errors).max()),
                }
            )
    every = max(1, -(-len(y) // POINTS))
    points = [[float(a), float(b)] for a, b in zip(y[::every, 0], said[::every, 0], strict=True)]
    return {"rows": len(y), "outputs": outputs, "points": points if len(names) == 1 else []}


def interval(figure: str, metrics: Figures, tested: dict[str, Any] | None, rows: int) -> list[float] | None:
    """Return the 95 % interval of a test figure, where there is one.

    Parameters
    ----------
    metrics
        Figures on the test rows.
    tested
        What `examine` returned.
    rows
        Test rows.
    """
    value = metrics.get(figure)
    if value is None or rows < 1:
        return None
    if figure == "accuracy" and 0 <= value <= 1:
        return list(accuracy_interval(value, rows))
    outputs = (tested or {}).get("outputs", [])
    if figure == "rmse" and len(outputs) == 1:
        found: list[float] | None = outputs[0]["interval"]
        return found
    return None
