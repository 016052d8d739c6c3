"""Values that cannot be computed with."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from evokan.errors import InputError
from evokan.problem.table import LARGEST, Table


def test_values_whose_squares_overflow_are_refused_by_column():
    x = np.random.default_rng(0).normal(size=(30, 3))
    table = Table("numbers", "regression", x, x[:, 0] * 1.0, ("u", "v", "w"), "y")
    table.check_magnitude()
    table.X[3, 1] = -1e160
    with pytest.raises(InputError) as caught:
        dataclasses.replace(table, y=table.y * 1e200).check_magnitude()
    assert [fault.split(" holds")[0] for fault in caught.value.faults] == ["column 'v'", "column 'y'"]
    table.X[3, 1] = LARGEST
    table.check_magnitude()
    assert np.isfinite(np.sum(table.X**2))
