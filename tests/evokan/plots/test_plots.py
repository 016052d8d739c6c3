"""Pictures: what is drawn, what can be read, and what is left alone."""

from __future__ import annotations

import itertools
import subprocess
import sys

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import imread
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from evokan.errors import InputError
from evokan.plots import plot_attribution, plot_fitness_history, plot_network, plot_pareto, save, style
from evokan.plots.network_layout import BOXES, lay_out
from evokan.spaces.explanation import EdgeCurve, Explanation

NAMES = {
    "wine": (load_wine, 3),
    "iris": (load_iris, 3),
    "wdbc": (load_breast_cancer, 2),
}


@pytest.fixture(autouse=True)
def nothing_global():
    """No picture may change matplotlib's settings or leave a figure open in pyplot."""
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


def names(dataset):
    data = NAMES[dataset][0]()
    return tuple(map(str, data.feature_names)), tuple(map(str, data.target_names))


def network(inputs, hidden, outputs, keep=1.0, seed=0):
    rng = np.random.default_rng(seed)
    widths = (len(inputs), *hidden, len(outputs))
    x = np.linspace(-2, 2, 40)
    edges = [
        EdgeCurve(layer, a, b, x, np.sin(x * rng.uniform(0.3, 2)) * rng.normal(), float(rng.random()))
        for layer, (below, above) in enumerate(itertools.pairwise(widths))
        for a in range(below)
        for b in range(above)
        if rng.random() < keep
    ]
    rng.shuffle(edges)
    return Explanation(widths, inputs, outputs, tuple(edges))


def history(generations=20, start=1.0):
    g = np.arange(generations + 1)
    best = start * np.exp(-g / 5)
    return pd.DataFrame(
        {"generation": g, "best_val_loss": best, "median_val_loss": 2 * best, "worst_val_loss": 5 * best}
    )


def evaluations(n=200, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "status": "ok",
            "n_params": rng.integers(10, 500, n),
            "depth": rng.integers(1, 4, n),
            "val_loss": np.exp(rng.normal(-2, 1, n)),
        }
    )


def front():
    return pd.DataFrame(
        {
            "n_params": [12, 40, 90, 300],
            "val_loss": [0.9, 0.2, 0.08, 0.02],
            "depth": [1, 1, 2, 3],
            "val_loss_mean": [1.0, 0.3, 0.09, 0.05],
            "val_loss_sd": [0.1, 0.1, 0.02, 0.2],
            "chosen": [False, False, True, False],
        }
    )


def texts(ax):
    return {text.get_text(): text for text in ax.texts if text.get_text()}


def assert_apart(boxes):
    for (name, a), (other, b) in itertools.combinations(boxes, 2):
        # Corners may touch by a pixel.
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        along = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or along <= 1, f"{name!r} and {other!r} overlap"


def extents(ax, artists):
    style.finish_layout(ax)
    return [(artist.get_text(), artist.get_window_extent()) for artist in artists]


def assert_inside(ax, boxes):
    width, height = ax.figure.bbox.width, ax.figure.bbox.height
    for name, box in boxes:
        assert box.x0 >= 0, name
        assert box.y0 >= 0, name
        assert box.x1 <= width, name
        assert box.y1 <= height, name


def line(ax, label):
    return next(artist for artist in ax.lines if artist.get_label() == label)


# --- fitness history


def test_history_draws_curves_band_and_dashed_references():
    table = history()
    ax = plot_fitness_history(table, {"full [13, 27, 3]": 0.21, "full [13, 5, 5, 5, 3]": 0.2})
    assert np.array_equal(line(ax, "best").get_ydata(), table["best_val_loss"])
    assert np.array_equal(line(ax, "median").get_ydata(), table["median_val_loss"])
    for name, loss in (("full [13, 27, 3]", 0.21), ("full [13, 5, 5, 5, 3]", 0.2)):
        reference = line(ax, name)
        assert reference.is_dashed()
        assert list(reference.get_ydata()) == [loss, loss]
    assert [c.get_label() for c in ax.collections] == ["best to worst"]
    assert ax.get_yscale() == "log"


def test_history_labels_each_line_without_overlap():
    references = {f"full [30, {n}, 2]": 0.2 + n / 1e4 for n in range(4)}
    ax = plot_fitness_history(history(), references)
    boxes = extents(ax, ax.texts)
    assert len(boxes) == 3 + len(references)
    assert_apart(boxes)
    assert_inside(ax, boxes)
    frame = ax.get_window_extent()
    assert all(box.x0 > frame.x1 for _, box in boxes)
    assert {"best  0.0183", "median  0.0366", "worst  0.0916"} <= set(texts(ax))


def test_history_scale_follows_the_losses():
    assert plot_fitness_history(history(3)).get_yscale() == "linear"
    with_zero = history()
    with_zero.loc[15:, "best_val_loss"] = 0.0
    ax = plot_fitness_history(with_zero)
    assert ax.get_yscale() == "symlog"
    style.finish_layout(ax)
    assert "0" in [tick.get_text() for tick in ax.get_yticklabels()]
    assert ax.get_ylim()[0] < 0


def test_history_with_infinite_losses(tmp_path):
    table = history(5)
    table["worst_val_loss"] = np.inf
    table.loc[:2, ["best_val_loss", "median_val_loss"]] = np.inf
    ax = plot_fitness_history(table, {"reference": 0.5, "failed reference": np.inf})
    assert np.isfinite(ax.get_ylim()).all()
    assert "worst  no loss" in texts(ax)
    assert not any(text.startswith("failed") for text in texts(ax))
    table.iloc[:, 1:] = np.inf
    ax = plot_fitness_history(table)
    assert "no individual has a loss yet" in texts(ax)
    save(ax, tmp_path / "none.png")


def test_one_generation_makes_a_picture():
    ax = plot_fitness_history(history(0), {"full": 0.5})
    assert line(ax, "best").get_marker() == "o"
    assert [c.get_label() for c in ax.collections] == ["best to worst"]


def test_one_terrible_individual_does_not_flatten_the_history():
    table = history()
    table.loc[0, "worst_val_loss"] = 1e12
    assert plot_fitness_history(table).get_ylim()[1] < 100


def test_history_needs_rows_and_columns():
    with pytest.raises(InputError, match="median_val_loss"):
        plot_fitness_history(history().drop(columns="median_val_loss"))
    with pytest.raises(InputError, match="no row"):
        plot_fitness_history(history().iloc[:0])


@given(st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=8))
def test_spread_keeps_order_gap_and_bounds(positions):
    placed = style.spread(positions, 0.1, 0.0, 1.0)
    order = np.argsort(positions, kind="stable")
    assert (np.diff(placed[order]) >= 0.1 - 1e-9).all()
    assert placed.min() >= -1e-9
    assert placed.max() <= 1 + 1e-9
    apart = np.clip(positions, 0, 1)
    if len(apart) == 1 or (np.diff(np.sort(apart)) >= 0.1).all():
        assert np.allclose(placed, apart)


# --- Pareto front


def test_pareto_marks_depths_front_and_the_chosen_one():
    ax = plot_pareto(front(), evaluations())
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()][:3] == ["depth 1", "depth 2", "depth 3"]
    colours = [to_hex(handle.get_color()) for handle in legend.legend_handles[:3]]
    assert len(set(colours)) == 3
    assert "chosen: 90 parameters, loss 0.09" in texts(ax)
    ring = next(c for c in ax.collections if c.get_label() == "chosen")
    assert ring.get_offsets().tolist() == [[90, 0.09]]
    assert len(ax.containers) == 3  # error bars, one group a depth
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_pareto_steps_are_the_best_loss_that_a_size_can_buy():
    table = front()
    # Another objective may keep a network on the front that this picture's two do not.
    table.loc[2, "val_loss"] = 0.5
    ax = plot_pareto(table.drop(columns=["val_loss_mean", "val_loss_sd"]))
    x, y = ax.lines[0].get_data()
    assert list(x[:-1]) == [12, 40, 40, 300, 300]
    assert list(y) == [0.9, 0.9, 0.2, 0.2, 0.02, 0.02]


def test_pareto_draws_every_different_network_that_has_a_loss():
    tried = pd.DataFrame(
        {
            "status": ["ok", "cached", "invalid", "failed", "ok"],
            "n_params": [20, 20, 0, 30, 60],
            "depth": [1, 1, 0, 2, 2],
            "val_loss": [1.0, 1.0, np.inf, np.inf, 2.0],
        }
    )
    ax = plot_pareto(front(), tried)
    dots = [c.get_offsets() for c in ax.collections if c.get_alpha() is not None and c.get_alpha() < 0.5]
    assert np.concatenate(dots).tolist() == [[20.0, 1.0], [60.0, 2.0]]


def test_pareto_counts_what_lies_above_the_picture():
    tried = evaluations()
    tried.loc[:1, "val_loss"] = 1e9
    ax = plot_pareto(front(), tried)
    assert ax.get_ylim()[1] < 1e4
    assert "evaluated (2 above)" in [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("chosen", range(4))
def test_pareto_label_stays_inside_and_off_the_markers(chosen):
    table = front()
    table["chosen"] = np.arange(4) == chosen
    ax = plot_pareto(table, evaluations())
    style.finish_layout(ax)
    (label,) = texts(ax).values()
    patch, frame = label.get_bbox_patch().get_window_extent(), ax.get_window_extent()
    assert frame.x0 <= patch.x0 <= patch.x1 <= frame.x1 + 10
    assert frame.y0 <= patch.y0 <= patch.y1 <= frame.y1 + 10
    for x, y in ax.transData.transform(table[["n_params", "val_loss_mean"]].to_numpy()):
        assert not (patch.x0 < x < patch.x1 and patch.y0 < y < patch.y1)


def test_pareto_without_retraining_one_point_zero_and_infinite_loss(tmp_path):
    bare = front()[["n_params", "val_loss", "depth"]]
    ax = plot_pareto(bare.iloc[:1])
    assert not ax.containers
    assert ax.get_xscale() == "linear"
    zero = front()
    zero.loc[3, ["val_loss", "val_loss_mean"]] = 0.0
    assert plot_pareto(zero).get_yscale() == "symlog"
    lost = front()
    lost.loc[2, ["val_loss_mean", "val_loss_sd"]] = np.inf
    ax = plot_pareto(lost, evaluations())
    assert np.isfinite(ax.get_ylim()).all()
    save(ax, tmp_path / "lost.png")


def test_pareto_needs_rows_and_columns():
    with pytest.raises(InputError, match="depth"):
        plot_pareto(front().drop(columns="depth"))
    with pytest.raises(InputError, match="no row"):
        plot_pareto(front().iloc[:0])


# --- network


def collection(ax, gid):
    return next(c for c in ax.collections if c.get_gid() == gid)


@pytest.mark.parametrize(
    ("dataset", "hidden", "keep"),
    [
        ("wine", (5, 5, 5), 1.0),
        ("wine", (), 1.0),
        ("iris", (5,), 0.6),
        ("wdbc", (5, 5, 5), 0.4),
        ("wdbc", (), 1.0),
    ],
)
def test_network_shows_every_curve_and_name_without_overlap(dataset, hidden, keep):
    inputs, outputs = names(dataset)
    explanation = network(inputs, hidden, outputs, keep)
    ax = plot_network(explanation)
    assert len(collection(ax, "curves").get_segments()) == len(explanation.edges)
    assert len(collection(ax, "edges").get_paths()) == len(explanation.edges)
    used = {e.source for e in explanation.edges if e.layer == 0}
    labels = [text for text in ax.texts if "\n" not in text.get_text() and not text.get_text().startswith("Darker")]
    assert {text.get_text() for text in labels} == {inputs[i] for i in used} | set(outputs)
    boxes = extents(ax, ax.texts)
    assert_apart(boxes)
    assert_inside(ax, boxes)
    layout = lay_out(explanation)
    rectangles = [
        (
            f"box {e.edge.source}-{e.edge.target}",
            matplotlib.transforms.Bbox.from_bounds(
                *ax.transData.transform((e.box.x, e.box.y)),
                *(ax.transData.transform((e.box.width, e.box.height)) - ax.transData.transform((0, 0))),
            ),
        )
        for e in layout.edges
    ]
    assert_apart(rectangles)
    for (text, a), (box, b) in itertools.product(boxes, rectangles):
        assert not a.overlaps(b), f"{text!r} and {box} overlap"
    assert min(rectangle.height for _, rectangle in rectangles) >= 35  # pixels: still a readable curve


def test_network_edge_ends_at_its_nodes_and_runs_through_its_box():
    explanation = network(names("wine")[0], (5,), names("wine")[1], 0.7)
    layout = lay_out(explanation)
    for placed in layout.edges:
        edge, box, vertices = placed.edge, placed.box, placed.path.vertices
        assert tuple(vertices[0]) == layout.nodes[(edge.layer, edge.source)]
        assert tuple(vertices[-1]) == layout.nodes[(edge.layer + 1, edge.target)]
        level, after = vertices[3], vertices[4]
        assert level[1] == after[1] == pytest.approx(box.y + box.height / 2)
        assert level[0] <= box.x < box.x + box.width <= after[0] + 1e-9


def test_network_line_passes_no_foreign_box():
    layout = lay_out(network(names("wine")[0], (5, 5, 5), names("wine")[1]))
    for a, b in itertools.permutations(layout.edges, 2):
        if a.edge.layer == b.edge.layer:
            y = a.path.vertices[3][1]
            assert not b.box.y < y < b.box.y + b.box.height


def test_network_curve_is_the_function_in_its_box():
    x = np.linspace(0, 1, 5)
    edges = (EdgeCurve(0, 0, 0, x, x**2, 1.0), EdgeCurve(0, 1, 0, x, np.full(5, 3.0), 0.0))
    explanation = Explanation((2, 1), ("a", "b"), ("f",), edges)
    ax = plot_network(explanation)
    flat, square = collection(ax, "curves").get_segments()
    box = lay_out(explanation).edges[1].box
    assert square[:, 1] == pytest.approx(box.y + box.height * (0.1 + 0.8 * x**2))
    assert square[:, 0] == pytest.approx(box.x + box.width * (0.1 + 0.8 * x))
    assert np.ptp(flat[:, 1]) == 0
    weak, strong = collection(ax, "edges").get_linewidths()
    assert weak < strong


def test_network_leaves_out_unused_inputs_and_dead_nodes():
    x = np.linspace(0, 1, 5)
    edges = (EdgeCurve(0, 2, 1, x, x, 1.0), EdgeCurve(1, 1, 0, x, x, 0.5))
    ax = plot_network(Explanation((4, 3, 2), ("a", "b $x$", "c", "d"), ("yes", "no"), edges))
    assert len(collection(ax, "nodes").get_offsets()) == 1 + 1 + 2
    shown = texts(ax)
    assert {"c", "yes", "no"} <= set(shown)
    (note,) = (text for text in shown if text.startswith("Darker"))
    assert "Inputs not used: a, b\xa0\\$x\\$, d." in " ".join(note.split("\n"))


def test_network_with_too_many_edges_draws_the_strongest_curves():
    explanation = network(tuple(f"x{i}" for i in range(30)), (6,), ("y",))
    ax = plot_network(explanation)
    assert len(collection(ax, "curves").get_segments()) == BOXES + 6
    assert len(collection(ax, "edges").get_paths()) == 186
    first = sorted((e.weight for e in explanation.edges if e.layer == 0), reverse=True)
    boxed = [p.edge.weight for p in lay_out(explanation).edges if p.box is not None and p.edge.layer == 0]
    assert sorted(boxed, reverse=True) == first[:BOXES]
    assert any(f"only the {BOXES} strongest" in text.replace("\n", " ") for text in texts(ax))


def test_network_with_very_many_inputs_keeps_their_names_apart():
    ax = plot_network(network(tuple(f"column {i}" for i in range(130)), (), ("y",)))
    assert_apart(extents(ax, ax.texts))


def test_network_fits_into_given_axes():
    figure = Figure((12, 4))
    left, right = figure.subplots(1, 2)
    assert plot_network(network(names("wine")[0], (5,), names("wine")[1]), left) is left
    plot_network(network(("x", "y"), (1,), ("f",)), right)
    for ax in (left, right):
        frame = ax.get_window_extent()
        for name, box in extents(ax, ax.texts):
            assert frame.x0 - 1 <= box.x0 <= box.x1 <= frame.x1 + 1, name


def test_network_without_edges_is_refused():
    with pytest.raises(InputError, match="no edge curves"):
        plot_network(Explanation((2, 1), ("a", "b"), ("f",)))


# --- feature importance


def test_importance_sorts_and_lists_what_reaches_no_output():
    ax = plot_attribution(["a", "b", "c", "d e"], [0.25, 0.75, 0.0, 0.0])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["b", "a"]
    assert [bar.get_width() for bar in ax.patches] == [0.75, 0.25]
    assert ax.yaxis_inverted()
    assert {"75.0 %", "25.0 %", "reach no output: c, d\xa0e"} <= set(texts(ax))


def test_importance_of_many_columns_shows_twenty_and_the_rest():
    values = np.arange(1.0, 31.0)
    ax = plot_attribution(names("wdbc")[0], values)
    ticks = [tick.get_text() for tick in ax.get_yticklabels()]
    assert len(ticks) == 21
    assert ticks[0] == "worst fractal dimension"
    assert ticks[-1] == "10 others together"
    widths = [bar.get_width() for bar in ax.patches]
    assert sum(widths) == pytest.approx(1)
    assert widths[-1] == pytest.approx(values[:10].sum() / values.sum())
    assert to_hex(ax.patches[-1].get_facecolor()) != to_hex(ax.patches[0].get_facecolor())


@pytest.mark.parametrize("dataset", NAMES)
def test_importance_labels_do_not_overlap(dataset):
    columns = names(dataset)[0]
    values = np.random.default_rng(1).random(len(columns))
    values[::3] = 0
    ax = plot_attribution(columns, values)
    # A tick beyond the limits has a label, but is not drawn.
    ticks = [tick for tick in ax.get_xticklabels() if tick.get_position()[0] <= ax.get_xlim()[1]]
    boxes = extents(ax, [*ax.texts, *ax.get_yticklabels(), *ticks, ax.xaxis.label])
    assert_apart(boxes)
    assert_inside(ax, boxes)


def test_importance_takes_odd_names_and_no_importance(tmp_path):
    ax = plot_attribution(["_hidden", "price ($) of $x_", "  two\n lines " + 60 * "w"], [3, 2, 1])
    ticks = [tick.get_text() for tick in ax.get_yticklabels()]
    assert ticks[:2] == ["_hidden", r"price (\$) of \$x_"]
    assert ticks[2].startswith("two lines")
    assert ticks[2].endswith("…")
    save(ax, tmp_path / "odd.png")
    ax = plot_attribution(["a", "b"], [0, 0])
    assert "reach no output: a, b" in texts(ax)
    assert not ax.patches


@pytest.mark.parametrize("values", [[1.0], [1.0, -1.0], [1.0, np.nan], [[1.0, 2.0]]])
def test_importance_refuses_values_that_do_not_fit(values):
    with pytest.raises(InputError):
        plot_attribution(["a", "b"], values)


# --- all


def every_picture():
    wine = network(names("wine")[0], (3,), names("wine")[1], 0.5)
    return {
        "history": lambda ax=None: plot_fitness_history(history(), {"full": 0.3}, ax),
        "pareto": lambda ax=None: plot_pareto(front(), evaluations(), ax),
        "network": lambda ax=None: plot_network(wine, ax),
        "importance": lambda ax=None: plot_attribution(["a", "b"], [0.4, 0.6], ax),
    }


@pytest.mark.parametrize("name", every_picture())
def test_saved_picture_is_sharp_white_around_and_the_same_each_time(name, tmp_path):
    draw = every_picture()[name]
    first, second = (save(draw(), tmp_path / f"{i}.png") for i in range(2))
    assert first.read_bytes() == second.read_bytes()
    assert b"Matplotlib" not in first.read_bytes()
    pixels = imread(first)
    assert pixels.shape[1] > 600
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])[:, :3]
    assert (border == 1).all()
    assert (pixels[..., :3].min(axis=2) < 0.5).mean() > 0.001


@pytest.mark.parametrize("name", every_picture())
def test_pictures_use_the_axes_they_are_given(name, tmp_path):
    figure = Figure()
    axes = figure.subplots(1, 2)
    assert every_picture()[name](axes[1]) is axes[1]
    assert not axes[0].has_data()
    save(figure, tmp_path / "both.png")


@pytest.mark.filterwarnings("error")
def test_characters_without_a_glyph_are_drawn_without_a_word(tmp_path):
    odd = ("湿度", "שלום", "😀\x1b", "ไทย")
    pictures = {
        "network": lambda: plot_network(network(odd, (2,), ("高い",))),
        "importance": lambda: plot_attribution(odd, [0.4, 0.3, 0.3, 0.0]),
        "history": lambda: plot_fitness_history(history(), references={"高い": 0.5}),
    }
    for name, draw in pictures.items():
        assert save(draw(), tmp_path / f"{name}.png").stat().st_size > 1000


def test_pictures_do_not_need_pyplot():
    code = "import sys, evokan.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
