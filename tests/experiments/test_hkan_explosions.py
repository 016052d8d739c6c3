"""Explosions are counted, those without a number too."""

from __future__ import annotations

import math

import numpy as np

from experiments.hkan import explosions
from experiments.hkan.explosions import DEFAULT, TRIALS, Piece, report, run_piece
from experiments.pages import Measurements


def test_a_prediction_that_is_no_number_has_exploded(monkeypatch, tmp_path):
    predict = explosions.HKANRegressor.predict

    def broken(self, x):
        values = predict(self, x)
        if self.random_state % 2:
            values[-1] = np.nan
        return values

    monkeypatch.setattr(explosions, "NETWORKS", explosions.NETWORKS | {DEFAULT: explosions.NETWORKS["linear"]})
    monkeypatch.setattr(explosions.HKANRegressor, "predict", broken)
    found = run_piece(Piece(DEFAULT, True, "collinear"))
    trials = TRIALS["collinear"][1]
    assert (found["exploded"], found["trials"], found["worst"]) == (trials // 2, trials, math.inf)
    rows = Measurements(tmp_path / "explosions.csv", ("network", "steady", "kind"))
    rows.add(found)
    assert f"{trials // 2} of {trials} (inf)" in "\n".join(report(rows.values()))
