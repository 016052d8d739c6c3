"""Edge gallery and the picture of three importances: what stands in them."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.errors import InputError
from evokan.explain import EdgeFunction, FunctionGraph, Importances
from evokan.explain.laws.gallery import portraits
from evokan.plots import plot_edge_gallery, plot_importances, save
from evokan.problem.scaling import Scaler


def graph(edges, widths=(2, 1)):
    return FunctionGraph(
        widths,
        tuple(EdgeFunction(*edge) for edge in edges),
        ("alpha", "$beta_1$"),
        tuple(f"y{i}" for i in range(widths[-1])),
        "regression",
        Scaler(np.zeros(2), np.ones(2)),
        Scaler(np.zeros(1), np.ones(1)),
    )


ROWS = np.random.default_rng(0).normal(size=(300, 2))


def test_portraits_tell_names_laws_and_spread():
    edges = [(0, 0, 0, np.square), (0, 1, 1, np.sin), (1, 0, 0, np.exp), (1, 1, 0, lambda x: 0 * x + 2)]
    found = portraits(graph(edges, (2, 2, 1)), ROWS)
    assert [(one.source_name, one.target_name) for one in found] == [
        ("alpha", "h1.1"),
        ("$beta_1$", "h1.2"),
        ("h1.1", "y0"),
        ("h1.2", "y0"),
    ]
    assert [one.law.law.function.name for one in found[:3]] == ["x^2", "sin(x)", "exp(x)"]
    assert found[0].spread == pytest.approx(np.std(ROWS[:, 0] ** 2))
    assert found[3].spread == pytest.approx(0)


def test_an_edge_without_a_value_is_named():
    with pytest.raises(InputError) as caught:
        portraits(graph([(0, 0, 0, np.square), (0, 1, 0, lambda x: np.where(x > 0, np.nan, x))]), ROWS)
    assert caught.value.faults == ("edge $beta_1$ -> y0 has values that are not finite on the data: it cannot be read",)


def test_the_gallery_shows_the_strongest_edges(tmp_path):
    widths = (2, 20, 1)
    edges = [(0, 0, t, lambda x, t=t: (t + 1) * np.sin(x + t)) for t in range(20)]
    edges += [(1, s, 0, lambda x: x) for s in range(20)]
    figure = plot_edge_gallery(portraits(graph(edges, widths), ROWS))
    assert len(figure.axes) == 24
    assert figure.axes[0].get_title().startswith("alpha → h1.20\nsin(x),")
    assert any("24 strongest of 40" in text.get_text() for text in [figure._supxlabel])
    assert save(figure, tmp_path / "edges.png").stat().st_size > 10_000
    points = figure.axes[0].lines[1].get_xydata()
    assert points[:, 1] == pytest.approx(20 * np.sin(points[:, 0] + 19))
    with pytest.raises(InputError, match="no edges"):
        plot_edge_gallery([])


def test_three_importances_side_by_side(tmp_path):
    names = tuple(f"column_{i}" for i in range(30))
    share = np.arange(30.0) / np.arange(30.0).sum()
    found = Importances(names, share, 2 * share - 0.01, 0.1 * share, np.linspace(0, 1, 30), 1234)
    figure = plot_importances(found, "log-loss")
    assert [ax.get_xlabel() for ax in figure.axes] == [
        "attribution (share of the sum)",
        "rise of the log-loss when shuffled",
        "share of 1,234 late networks",
    ]
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()][:2] == ["column_29", "column_28"]
    for ax, values in zip(figure.axes, (found.attribution, found.permutation, found.kept), strict=True):
        widths = [bar.get_width() for bar in ax.patches]
        assert widths == pytest.approx(values[::-1][:25])
    assert "column_0" in figure._supxlabel.get_text().replace("\xa0", " ")
    assert save(figure, tmp_path / "importances.png").stat().st_size > 10_000
