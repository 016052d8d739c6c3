"""Ways of searching beside each other: tests, effects, ranks and surfaces against references."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from html_reading import HOSTILE, harmless
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evokan.errors import InputError
from evokan.plots import plot_attainment, rendered
from evokan.reports import compare as module
from evokan.reports.compare import compare, rank_biserial, remark, signed_rank_p, surfaces
from evokan.reports.compare_page import compare_page
from evokan.reports.ways import OF_DATA, OF_DRAW, OF_WAY, Entry, _names, _ways
from evokan.settings.config import SearchConfig
from evokan.settings.setting import DATA, WHAT, setting_of

# Few: scipy tries all 2^n signs where there are ties.
values = st.lists(st.integers(-50, 50).map(lambda n: n / 8), min_size=2, max_size=7)


@given(values)
def test_effect_and_p_do_not_depend_on_the_order_of_ways(differences):
    turned = [-value for value in differences]
    assert rank_biserial(turned) == -rank_biserial(differences)
    assert signed_rank_p(turned) == pytest.approx(signed_rank_p(differences))
    assert -1 <= rank_biserial(differences) <= 1


def test_effect_of_known_differences():
    assert rank_biserial([1, 2, 3]) == 1
    assert rank_biserial([0, 0]) == 0
    assert rank_biserial([3, -1, 2]) == pytest.approx((3 - 1 + 2) / 6)
    assert signed_rank_p([0, 0, 0]) == 1
    assert signed_rank_p([1, 2, 3, 4, 5, 6]) == pytest.approx(2 / 2**6)  # one of all signs, at either end


def test_surfaces_of_two_fronts():
    fronts = [((1.0, 3.0), (2.0, 1.0)), ((1.0, 2.0), (3.0, 1.0))]
    found = surfaces(fronts)
    assert found["best"] == found["median"] == [[1, 2], [2, 1]]
    assert found["worst"] == [[1, 3], [2, 2], [3, 1]]
    assert surfaces(fronts[::-1]) == found
    assert surfaces(fronts[:1]) == {name: [[1, 3], [2, 1]] for name in ("best", "median", "worst")}
    assert surfaces([*fronts, ((1.0, np.inf),)]) == found
    with pytest.raises(InputError, match="finite"):
        surfaces([((1.0, np.inf),)])


@pytest.fixture
def found(monkeypatch):
    """Three ways on two tables, six draws each; the third way has one draw less."""
    rng = np.random.default_rng(0)
    made = []
    for data in ("wine", "iris"):
        for way, gain in (("a", 0.0), ("b", 0.1), ("c", -0.2)):
            for draw in range(6 - (way == "c")):
                accuracy = float(0.6 + gain + 0.02 * rng.normal())
                figures = {"accuracy": accuracy, "val_loss": 1 - accuracy, "n_params": 10.0 + draw}
                front = ((5.0, 1.0), (10.0 + draw, 1 - accuracy))
                made.append(Entry(f"{data}-{way}-{draw}", data, way, (draw, 0), figures, 10 + draw, 2.0, front))
    monkeypatch.setattr(module, "entries", lambda paths: (made, ("accuracy", "val_loss", "n_params")))
    return made


def test_pairs_are_those_of_scipy(found):
    told = compare([])
    assert (told["figure"], told["more_is_better"], told["ways"]) == ("accuracy", True, ["a", "b", "c"])
    assert [row["runs"] for row in told["rows"]] == [6, 6, 5, 6, 6, 5]
    pair = next(pair for pair in told["pairs"] if (pair["data"], pair["first"], pair["second"]) == ("wine", "a", "b"))
    a, b = (
        np.array([one.figures["accuracy"] for one in found if (one.data, one.way) == ("wine", way)]) for way in "ab"
    )
    assert pair["pairs"] == 6
    assert pair["difference"] == pytest.approx((b - a).mean())
    assert pair["effect"] == -1
    assert pair["p"] == pytest.approx(stats.wilcoxon(b - a).pvalue)
    ordered = sorted(told["pairs"], key=lambda one: one["p"])
    holm = np.maximum.accumulate([one["p"] * (len(ordered) - place) for place, one in enumerate(ordered)])
    np.testing.assert_allclose([one["p_holm"] for one in ordered], np.minimum(holm, 1))


def test_friedman_ranks_the_means(found):
    told = compare([])["friedman"]
    assert told["ranks"] == {"a": 2.0, "b": 1.0, "c": 3.0}
    assert told["p"] == pytest.approx(stats.friedmanchisquare([2, 2], [1, 1], [3, 3]).pvalue)


def test_less_is_better_of_losses(found):
    told = compare([], "val_loss")
    assert not told["more_is_better"]
    assert told["friedman"]["ranks"]["b"] == 1.0
    assert next(pair["effect"] for pair in told["pairs"] if pair["first"] == "a" and pair["second"] == "b") == -1
    with pytest.raises(InputError, match="did you mean 'accuracy'"):
        compare([], "acuracy")


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_picture_has_a_panel_for_each_table(found, suffix):
    figure = plot_attainment(compare([])["surfaces"])
    assert [ax.get_title() for ax in figure.axes] == ["wine", "iris"]
    assert [len(ax.lines) for ax in figure.axes] == [3, 3]
    (first,) = [line for line in figure.axes[0].lines if line.get_label() == "a"]
    assert (np.diff(first.get_xdata()) >= 0).all()
    assert (np.diff(first.get_ydata()) <= 0).all()
    assert rendered(figure, suffix) == rendered(figure, suffix)


def config(space="gakan", options=None, **settings):
    return {"settings": {"space": space, "generations": 2, "seed": 0, **settings}, "options": options or {}}


def test_a_way_is_named_by_what_differs():
    runs = [config(), config(seed=3), config(generations=9), config("hkan", folds=3)]
    assert _ways(runs) == ["gakan generations=2", "gakan generations=2", "gakan generations=9", "hkan"]
    assert _ways([config(workers=1), config(workers=2, out="x", split_seed=1)]) == ["gakan", "gakan"]
    deep, flat = (config(options={"max_depth": depth}) for depth in (4, 1))
    assert _ways([deep, flat]) == ["gakan max_depth=4", "gakan max_depth=1"]


def table(name="t", sums="aaaaaaaa", **settings):
    return config(**settings) | {"data": {"name": name, "file_sha256": sums}}


def test_tables_of_one_name_are_told_apart_by_their_files():
    runs = [table(), table(sums="bbbbbbbb"), table("u", None)]
    assert _names(runs) == ["t (aaaaaa)", "t (bbbbbb)", "u"]
    assert _names([table(), table()]) == ["t", "t"]


def test_other_rows_of_a_table_are_other_data_and_no_other_way():
    runs = [table(), table(drop=["a", "b"], group="g"), table(drop=["a", "b"], group="g", sep=";", data="x/t.csv")]
    assert _names(runs) == ["t (group=None, drop=)", "t (group=g, drop=a,b)", "t (group=g, drop=a,b)"]
    assert _ways(runs) == ["gakan"] * 3
    assert _names([table(split="time"), table(val_data="v.csv")]) == [
        "t (val_data=None, split=time)",
        "t (val_data=v.csv, split=random)",
    ]


def test_what_runs_of_earlier_versions_lack_is_what_they_did():
    assert _ways([config(), config(rungs="off", initial="random", picture_format="png")]) == ["gakan", "gakan"]
    assert _names([table(), table(split="random", drop=[])]) == ["t", "t"]


def test_every_setting_of_the_data_is_sorted():
    """A new one has to be named here, after it was thought about: does it choose rows, or a way to search them?"""
    known = {name for name, field in SearchConfig.model_fields.items() if setting_of(field).group in (WHAT, DATA)}
    assert known == {*OF_DATA} | OF_WAY | OF_DRAW
    source = {"dataset", "data", "equation", "target", "time", "series", "time_format"}
    reading = {"sep", "decimal", "encoding", "drop", "resample"}
    assert {*OF_DATA} == source | reading | {"test_data", "val_data", "group", "split"}


def test_the_page_says_it_all_and_holds_what_a_run_says(monkeypatch, found):
    told = compare([])
    text = compare_page(told)
    read = harmless(text, scripts=0)
    assert "3 ways of searching on 2 data sets, 34 runs, by accuracy: more is better." in read.text
    assert read.ids == ["result", "pairs", "ranks", "fronts", "runs"]
    assert len(read.all("tr")) == (1 + 6) + (1 + len(told["pairs"])) + (1 + 3) + (1 + 34)
    assert f"{told['pairs'][0]['p_holm']:.4g}" in read.text
    evil = [replace(one, path=HOSTILE, data=f"{HOSTILE}{one.data}", way=f"{HOSTILE}{one.way}") for one in found]
    monkeypatch.setattr(module, "entries", lambda paths: (evil, (HOSTILE,)))
    for one in evil:
        one.figures[HOSTILE] = 1.0
    assert "alert(1)" in harmless(compare_page(compare([])), scripts=0).text


def test_the_page_says_where_there_is_nothing_to_test(monkeypatch, found):
    monkeypatch.setattr(module, "entries", lambda paths: (found[:1], ("accuracy",)))
    told = compare([])
    assert remark(told) == "all runs were searched in one way: there is nothing to test"
    read = harmless(compare_page(told), scripts=0)
    assert "1 way of searching on wine, 1 run, by accuracy" in read.text
    assert "All runs were searched in one way: there is nothing to test." in read.text
    assert read.ids == ["result", "fronts", "runs"]
