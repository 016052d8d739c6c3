"""Predictions of a kept network, some rows at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from evokan.problem import prediction
from evokan.problem.prediction import ROWS, predict


class Watched(torch.nn.Module):
    """Two outputs for two inputs; notes how many rows it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(x))
        return torch.stack([torch.sin(x[:, 0]) + x[:, 1], x[:, 0] * x[:, 1]], dim=1)


@pytest.mark.parametrize("count", [0, 1, ROWS, ROWS + 1, 3 * ROWS + 7])
def test_all_rows_are_answered_in_their_order_some_at_a_time(count):
    rows = np.random.default_rng(0).normal(size=(count, 2))
    model = Watched()
    found = predict(model, rows)
    assert (found.dtype, found.shape) == (np.float64, (count, 2))
    np.testing.assert_allclose(found, np.column_stack([np.sin(rows[:, 0]) + rows[:, 1], rows[:, 0] * rows[:, 1]]))
    assert sum(model.seen) == count
    assert max(model.seen) <= ROWS


def test_a_network_says_the_same_of_rows_in_pieces_and_of_all(monkeypatch):
    from search_spaces.hkan import HKANLayer, HKANRegressor

    rows = np.random.default_rng(0).random((500, 3))
    layers = [HKANLayer(20, "tanh", 5, 4, "random"), HKANLayer(1, "sigmoid", 3, 5)]
    module = HKANRegressor(layers).fit(rows, rows[:, 0] * rows[:, 1]).to_module()
    whole = predict(module, rows)
    monkeypatch.setattr(prediction, "ROWS", 64)
    np.testing.assert_allclose(predict(module, rows), whole, rtol=1e-12)
    assert predict(module, rows[:0]).shape == (0, 1)
