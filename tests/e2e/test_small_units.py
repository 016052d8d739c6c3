"""A table of very small numbers gives the figures of the same table in another unit; formulas there are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

TINY = ("--population", "4", "--generations", "0", "--steps", "2", "--folds", "1", "--workers", "1")
UNIT = 2.0**-566
"""A power of 2, some 1e-170: the same digits."""


def searched(evokan_here, as_json, tmp_path, space: str, unit: float) -> dict:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 120))
    name = f"t{unit < 1:d}"
    table = pd.DataFrame({"a": a * unit, "b": b, "y": (a + np.sin(3 * b)) * unit})
    table.to_csv(tmp_path / f"{name}.csv", index=False, float_format="%.17g")
    result = evokan_here(
        *("search", "--space", space, "--data", f"{name}.csv", "--target", "y", *TINY, "--out", name, "--json")
    )
    assert result.status == 0, result.err
    return as_json(result.out)


@pytest.mark.parametrize("space", ["gakan", "hkan", "fkan", "kafcm"])
def test_figures_do_not_depend_on_the_unit(evokan_here, as_json, tmp_path, space):
    plain, small = (searched(evokan_here, as_json, tmp_path, space, unit) for unit in (1.0, UNIT))
    assert small["best"]["val_loss"] == pytest.approx(plain["best"]["val_loss"], rel=1e-9)
    for models in (lambda s: s["metrics"], lambda s: s["baselines"]):
        for name, figures in models(plain).items():
            assert models(small)[name]["r2"] == pytest.approx(figures["r2"], rel=1e-6), name
            assert models(small)[name]["rmse"] == pytest.approx(figures["rmse"] * UNIT, rel=1e-6, abs=0), name
    refused = evokan_here("formula", "t1", "--quiet")
    assert refused.status == 2
    lines = refused.err.splitlines()
    assert lines
    assert all(
        "no formula can be computed in this unit" in line or "has no one-variable edges" in line for line in lines
    )
