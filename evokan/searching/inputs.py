"""Rows as an estimator of scikit-learn takes them: checked, and as a frame."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.utils.validation import _check_y, check_consistent_length, validate_data

from evokan.datasets.given import as_frame
from evokan.errors import InputError
from evokan.problem.task import Task
from evokan.searching.parameters import Parameters


class Inputs(Parameters):
    """Parameters, and the rows that come with them."""

    _task: Literal["classification", "regression"]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.impute == "median"
        return tags

    def _inputs(self, X: Any, y: Any = "no_validation") -> tuple[pd.DataFrame, Any]:
        """Return the rows as a frame, and the target; where there is one, in `fit`, the names are kept."""
        reset = not (isinstance(y, str) and y == "no_validation")
        frame = as_frame(X)
        if frame is not None:
            X = frame
            validate_data(self, X, y, reset=reset, skip_check_array=True)
            if reset:
                y = _check_y(y, y_numeric=Task(self._task).has_numbers, estimator=self)
                check_consistent_length(X, y)
            return X.rename(columns=str), y
        gaps = self.impute is not None
        checks: dict[str, Any] = {"dtype": np.float64, "ensure_all_finite": "allow-nan" if gaps else True}
        if reset:
            numeric = Task(self._task).has_numbers
            x, y = validate_data(self, X, y, y_numeric=numeric, ensure_min_samples=2, **checks)
        else:
            x = validate_data(self, X, reset=False, **checks)
        return pd.DataFrame(x, columns=[f"x{number}" for number in range(x.shape[1])]), y

    def _held_out(self, X_val: Any, y_val: Any) -> tuple[pd.DataFrame, Any] | None:
        """Return the rows to validate on, and what is wanted there; None where there are none."""
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise InputError("X_val and y_val go together: give both or none")
        frame, _ = self._inputs(X_val)
        wanted = _check_y(y_val, y_numeric=Task(self._task).has_numbers, estimator=self)
        check_consistent_length(frame, wanted)
        return frame, wanted
