"""The thirty laws: all there, finite, repeatable, and what their text says."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.datasets.feynman import FEYNMAN, ROWS


def test_thirty_laws_of_two_to_five_variables():
    assert len({law.name for law in FEYNMAN}) == 30
    assert {len(law.ranges) for law in FEYNMAN} <= {2, 3, 4, 5}


@pytest.mark.parametrize("law", FEYNMAN, ids=lambda law: law.name)
def test_every_law_gives_a_table(law):
    table = law.sample(0)
    assert table.X.shape == (2 * ROWS, len(law.ranges))
    assert np.isfinite(table.y).all()
    assert np.std(table.y) > 0
    low, high = np.array(list(law.ranges.values())).T
    assert ((low <= table.X) & (high >= table.X)).all()
    assert table.test_rows.tolist() == list(range(ROWS, 2 * ROWS))
    assert law.sample(0).sha256 == table.sha256 != law.sample(1).sha256


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("I.8.14", (1, 4, 1, 5), 5.0),
        ("I.12.2", (2, 3, 1, 2), 6 / (16 * np.pi)),
        ("I.13.12", (1, 2, 4, 2, 3), 1.5),
        ("I.16.6", (1, 1, 1), 1.0),
        ("I.18.4", (1, 3, 2, 4), 3.5),
        ("I.29.16", (3, 4, 1, 1), 1.0),
        ("I.32.5", (1, 2, 1, 1), 4 / (6 * np.pi)),
        ("I.34.8", (2, 3, 4, 6), 4.0),
    ],
)
def test_values_by_hand(name, values, expected):
    (law,) = (law for law in FEYNMAN if law.name == name)
    assert float(law.function(*map(float, values))) == pytest.approx(expected)
