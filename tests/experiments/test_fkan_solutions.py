"""The references that solutions are drawn against, the curves, and the cost of the public block."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from evokan.problem.equations import Burgers, FractionalDelay, LaneEmden
from evokan.problem.equations.lane_emden import ENDS, ROOTS
from experiments.benchmarks import fkan_block
from experiments.fkan.figures import draw_solutions
from experiments.fkan.solutions import curves, drawn_points, lane_emden
from experiments.pages import Row


@pytest.mark.parametrize("m", [0, 1, 5])
def test_the_reference_is_the_closed_form_where_there_is_one(m: int):
    x = drawn_points(LaneEmden(m))
    np.testing.assert_allclose(lane_emden(m, x[:, 0]), LaneEmden(m).exact(x), atol=1e-12)


@pytest.mark.parametrize("m", range(5))
def test_the_reference_vanishes_at_the_published_root(m: int):
    x = np.array([0.0, 0.005, float(ROOTS[m]), ENDS[m]])
    found = lane_emden(m, x)
    assert found[0] == 1.0
    assert found[1] == pytest.approx(1.0 - x[1] ** 2 / 6.0, abs=1e-10)
    assert abs(found[2]) < 1e-11
    assert found[3] < 0.0


class Exact(torch.nn.Module):
    """A network that is the solution of the Burgers equation, off by `error`."""

    def __init__(self, equation: Burgers, error: float) -> None:
        super().__init__()
        self.equation, self.error = equation, error

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wave = torch.tanh(x[:, :1] - self.equation.m2 * x[:, 1:])
        return self.equation.m2 / self.equation.m0 - 2.0 * self.equation.m1 / self.equation.m0 * wave + self.error


def test_curves_of_an_exact_network_have_no_residual():
    rows = curves(Burgers(1), Exact(Burgers(1), 0.0))
    assert len(rows) == 31 * 31
    assert max(abs(row["residual"]) for row in rows) < 1e-12
    assert max(abs(row["u"] - row["reference"]) for row in rows) < 1e-12
    off = curves(Burgers(1), Exact(Burgers(1), 0.25))
    assert all(row["u"] - row["reference"] == pytest.approx(0.25) for row in off)
    assert max(abs(row["residual"]) for row in off) > 1e-4


def test_pictures_of_the_equations_that_are_there(tmp_path: Path):
    delay = FractionalDelay()
    model = torch.nn.Linear(1, 1, dtype=torch.float64)
    rows = [
        {key: str(value) for key, value in row.items()}
        for row in curves(delay, model) + curves(Burgers(2), Exact(Burgers(2), 0.1))
    ]
    found = draw_solutions(rows, tmp_path)
    assert [path.name for _, path in found] == ["solutions_burgers.png", "solutions_delay.png"]
    assert all(path.stat().st_size > 10_000 for _, path in found)
    assert draw_solutions([], tmp_path) == []


def test_the_public_block_is_found_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("FKAN_PUBLIC", raising=False)
    assert fkan_block.public_ways() == {}
    (tmp_path / "fkan").mkdir()
    (tmp_path / "fkan" / "__init__.py").write_text("")
    (tmp_path / "fkan" / "torch.py").write_text(
        "class FractionalJacobiNeuralBlock:\n"
        "    def __init__(self, degree):\n        self.degree = degree\n"
        "    def __call__(self, x):\n        return self.degree * x\n"
    )
    monkeypatch.setenv("FKAN_PUBLIC", str(tmp_path))
    path = list(sys.path)
    try:
        ways = fkan_block.public_ways()
    finally:
        for name in ("fkan", "fkan.torch"):
            sys.modules.pop(name, None)
    assert sys.path == path
    assert list(ways) == [f"public fJNB({degree})" for degree in range(1, 7)]
    assert float(ways["public fJNB(4)"](torch.tensor(2.0))) == 8.0


def timings(with_public: bool) -> list[Row]:
    names = [*fkan_block.WAYS, *(f"public fJNB({degree})" for degree in range(1, 7) if with_public)]
    rows = [
        {
            "what": name,
            "pass": which,
            "median": 10.0 + 2 * name.startswith("public"),
            "lowest": 9.0 + 3 * name.startswith("public"),
            "repeats": 3,
        }
        for name in names
        for which in (fkan_block.FORWARD, fkan_block.BOTH)
    ]
    return [*rows, {"what": "candidates", "pass": "training", "median": 50.0, "lowest": 40.0, "repeats": 3}]


def test_the_page_of_costs_names_the_public_block_only_where_it_was_measured():
    assert "over the public block" not in fkan_block.report(timings(False))[0]
    assert list(fkan_block.costs(timings(False))) == ["here", "Figure 4d, another machine"]
    text = fkan_block.report(timings(True))[0]
    assert "| block of degree 6 over the public block | at most 0.1 times | 0.75 times | **not met** |" in text
    assert fkan_block.costs(timings(True))["public block, here"]["fJNB(3)"] == 12.0
