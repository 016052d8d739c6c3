"""Edge gallery and the picture of three importances: what stands in them."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.errors import InputError
from evokan.explain import EdgeFunction, FunctionGraph, Importances, SplineTable
from evokan.explain.laws.gallery import portraits, told
from evokan.plots import plot_edge_gallery, plot_importances, plot_network, plot_splines, save
from evokan.problem.scaling import Scaler
from evokan.spaces.explanation import EdgeCurve, Explanation


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


def test_splines_are_drawn_under_their_names(tmp_path):
    tables = {
        f"spline{i + 1}": SplineTable(-1.0, 0.5, np.random.default_rng(i).normal(size=9), 0.2, 0.1) for i in range(26)
    }
    figure = plot_splines(tables)
    assert [ax.get_title() for ax in figure.axes] == [f"spline{i + 1}(u)" for i in range(24)]
    points = figure.axes[2].lines[0].get_xydata()
    assert (points[0, 0], points[-1, 0]) == (-1.0, 2.0)
    np.testing.assert_allclose(points[:, 1], tables["spline3"](points[:, 0]))
    assert "first 24 of 26" in figure._supxlabel.get_text()
    assert save(figure, tmp_path / "splines.png").stat().st_size > 10_000
    with pytest.raises(InputError, match="no splines"):
        plot_splines({})


def test_the_laws_of_edges_stand_below_their_boxes(tmp_path):
    rough = np.random.default_rng(3).normal(size=28)
    edges = [(0, 0, 0, np.square), (0, 1, 0, SplineTable(-4.0, 0.33, rough)), (1, 0, 0, np.exp)]
    laws = told(portraits(graph(edges, (2, 1, 1)), ROWS))
    assert laws == {(0, 0, 0): "x^2", (0, 1, 0): "spline", (1, 0, 0): "exp(x)"}
    x = np.linspace(-1, 1, 20)
    curves = tuple(EdgeCurve(layer, source, target, x, x**2, 0.5) for layer, source, target, _ in edges)
    explanation = Explanation((2, 1, 1), ("alpha", "beta"), ("y0",), curves)
    ax = plot_network(explanation, laws=laws)
    words = [text.get_text() for text in ax.texts]
    assert set(laws.values()) <= set(words)
    assert any("the function that comes nearest" in word for word in words)
    assert save(ax, tmp_path / "laws.png").stat().st_size > 5_000
    assert not set(laws.values()) & {text.get_text() for text in plot_network(explanation).texts}


def test_words_below_boxes_do_not_meet_other_boxes():
    x = np.linspace(-1, 1, 20)
    curves = tuple(EdgeCurve(0, source, 0, x, x, 1.0) for source in range(30))
    explanation = Explanation((30, 1), tuple(f"c{i}" for i in range(30)), ("y",), curves)
    ax = plot_network(explanation, laws={(0, source, 0): "x^2" for source in range(30)})
    ax.figure.canvas.draw()
    words = [text.get_window_extent() for text in ax.texts if text.get_text() == "x^2"]
    assert len(words) == 30
    assert not any(a.overlaps(b) for place, a in enumerate(words) for b in words[:place])
