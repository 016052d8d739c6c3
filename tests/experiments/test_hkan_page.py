"""The page of Table V from made-up rows, whole and with pieces missing."""

from __future__ import annotations

import pytest

from experiments.hkan.published import PUBLISHED
from experiments.hkan.repeats import Repeat
from experiments.hkan.searches import Piece
from experiments.hkan.table_v import outstanding
from experiments.hkan.table_v_boxes import draw_boxes, groups
from experiments.hkan.table_v_page import page
from experiments.pages import Measurements

CONDITIONS = "2026-01-01; a machine"


def repeats(dataset, errors):
    return [
        {"dataset": dataset, "seed": seed, "rmse": error, "fit_cpu_seconds": 0.1 * (seed + 1), "conditions": CONDITIONS}
        for seed, error in enumerate(errors)
    ]


def baselines(dataset, **errors):
    return [
        {"dataset": dataset, "model": model, "rmse": error, "conditions": CONDITIONS} for model, error in errors.items()
    ]


def search(dataset, seed, median, method="evolution", **changes):
    row = {
        "dataset": dataset,
        "method": method,
        "seed": seed,
        "evaluations": 300,
        "val_loss": 0.3 + seed / 10,
        "product_rmse": median + 0.01 if method == "evolution" else "",
        "rmse_median": median,
        "rmse_q1": 0.9 * median,
        "rmse_q3": 1.1 * median,
        "train_rmse": 0.5 * median,
        "n_params": 100,
        "network": "",
        "cpu_seconds": 10.0,
        "population": 20,
        "generations": 14,
        "conditions": CONDITIONS,
    }
    return {**row, **changes}


def cells(text, first, heading):
    """Return the cells of the row that begins with `first` in the part below `heading`."""
    part = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith(f"| {first} |")
    ]
    assert len(rows) <= 1
    return rows[0] if rows else None


SIDE, GIVEN, MODELS = "Table V side by side", "The published hyperparameters", "Baselines"
SEARCHES = "Searches"


def singles(dataset, method, errors, seed=0):
    return [
        {"dataset": dataset, "method": method, "seed": seed, "fit": number, "rmse": error, "train_rmse": error / 2}
        for number, error in enumerate(errors)
    ]


def test_a_page_of_nothing_has_every_data_set_and_empty_cells():
    text = page([], [], [])
    for name, entry in PUBLISHED.items():
        row = cells(text, name, SIDE)
        assert [float(cell) for cell in row[1:3]] == [entry.kan, entry.hkan]
        assert row[3:] == [""] * 7
    for words in ("No search has finished yet.", "None has been fitted yet."):
        assert words in text
    assert "nan" not in text


def test_figures_of_all_kinds_stand_side_by_side():
    text = page(
        repeats("dee", [0.1, 0.104, 0.108]),
        baselines("dee", ridge=0.105, svr=0.102, mlp=0.2),
        [
            *(search("dee", seed, error) for seed, error in enumerate([0.101, 0.099, 0.13])),
            search("dee", 0, 0.15, "gakan"),
        ],
    )
    assert cells(text, "dee", SIDE) == [
        "dee",
        "0.105",
        "0.103",
        "0.104",
        "0.102 to 0.106",
        "0.101",
        "0.0891 to 0.143",
        "300",
        "0.15",
        "0.102 (svr)",
    ]
    assert cells(text, "dee", GIVEN)[3:] == ["3", "**0.104**", "0.102 to 0.106", "1.01", "0.2"]
    assert text.index(SIDE) < text.index(GIVEN) < text.index(f"## {SEARCHES}")


def test_searches_are_judged_by_the_median_over_the_seeds():
    searches = [search("dee", seed, error) for seed, error in enumerate([0.101, 0.102, 0.13])]
    searches += [search("laser", 0, 0.0250), search("laser", 0, 0.02, "tpe", val_loss=0.25)]
    searches += [search("stock", 0, 0.03), search("concrete", 0, 0.02, "tpe"), search("tf3", 0, 4e-6)]
    searches += [search("stock", 0, 0.04, "gakan", n_params=44, evaluations=200), search("tf3", 0, 1e-6, "gakan")]
    text = page([], baselines("dee", knn=0.1) + baselines("laser", knn=0.03) + baselines("tf3", knn=1e-9), searches)
    dee, laser, stock, tf3 = (cells(text, name, SEARCHES) for name in ("dee", "laser", "stock", "tf3"))
    assert dee[3:9] == ["3; 300", "0.051", "**0.102**", "0.0909 to 0.143", "0.112", "yes"]
    assert dee[9:] == ["", "", "0.4", "", "0.1 (knn)", "100", "10"]
    assert laser[8:14] == ["yes", "0.01", "0.02 (300)", "0.3 / 0.25", "", "0.03 (knn)"]
    assert stock[8:14] == ["no", "", "", "0.3", "0.04 (44; 200)", ""]
    assert tf3[13] == "1e-09 (knn)"
    assert cells(text, "concrete", SEARCHES) is None  # TPE alone is no row
    assert "| at or below published HKAN | at least 20 of 24 | 3 of 4 so far | open |" in text
    assert "| at or below TPE | at least 18 of 24 | 0 of 1 so far | open |" in text
    assert "At most the better of both published figures: 2 of 4" in text  # KAN's 0.0235 on laser is lower
    assert "known only afterwards: 1 of 3; at most the KAN of ours, of one fit and at most 60 s: 1 of 2." in text
    assert "TPE was not run" not in text
    assert "TPE was not run" in page([], [], searches[:3])


def test_wilcoxons_tests_see_what_is_lower():
    names = list(PUBLISHED)[6:18]
    searches = [search(name, 0, 0.8 * PUBLISHED[name].hkan) for name in names]
    searches += [search(name, 0, (0.85 + 0.01 * i) * PUBLISHED[name].hkan, "tpe") for i, name in enumerate(names)]
    searches += [search(name, 0, 1.1 * PUBLISHED[name].hkan, "gakan") for name in names[:6]]
    single = singles("dee", "evolution", [0.09 + 0.0001 * i for i in range(20)])
    single += singles("dee", "tpe", [0.097 + 0.0001 * i for i in range(20)])
    single += singles("laser", "evolution", [0.0256 + 0.0001 * (-1) ** i * (i + 1) for i in range(20)])
    text = page([], [], searches, (), single)
    over = cells(text, "TPE", SEARCHES)
    assert over[1] == "12 of 12"
    assert float(over[2]) == pytest.approx(0.8 / 0.905, abs=2e-3)
    assert float(over[3]) == pytest.approx(2 * 0.5**12, rel=0.1)
    kan = cells(text, "KAN of ours", SEARCHES)
    assert kan[1] == "6 of 6"
    assert float(kan[3]) == pytest.approx(2 * 0.5**6, rel=0.1)
    each = [line.split(" | ") for line in text.splitlines() if line.startswith(("| dee | 20", "| laser | 20"))]
    dee, laser = sorted(each)
    assert float(dee[2]) == pytest.approx(0.091 / 0.103, rel=0.01)
    assert dee[3].startswith("**")
    assert dee[5].startswith("**")
    assert float(laser[3]) > 0.05
    assert "dee_levels.png" not in text


def test_exact_laws_and_fits_without_chance_are_tested_as_they_are():
    """Errors of 1e-13 count, and twenty fits that are all alike are no twenty observations."""
    searches = [search(name, 0, PUBLISHED[name].hkan) for name in ("tf1", "wizmir")]
    single = singles("tf1", "evolution", [5e-13 + 1e-15 * i for i in range(20)])
    single += [
        *singles("wizmir", "evolution", [0.001] * 20),
        *singles("wizmir", "tpe", [0.001 + 0.0001 * i for i in range(20)]),
    ]
    text = page([], [], searches, (), single)
    each = [line.split(" | ") for line in text.splitlines() if line.startswith(("| tf1 | 20", "| wizmir | 20"))]
    tf1, wizmir = sorted(each)
    assert float(tf1[3].strip("*")) == pytest.approx(2 * 0.5**20, rel=0.1)
    assert wizmir[3] == ""
    assert float(wizmir[4]) < 1
    assert wizmir[5].strip(" |") == ""


def test_boxes_are_drawn_of_what_there_is(tmp_path):
    single = [*singles("dee", "evolution", [0.1, 0.11, 0.12]), *singles("dee", "tpe", [0.11, 0.12])]
    again = singles("dee", "evolution", [0.1])  # of a piece that was killed
    kan = singles("dee", "gakan", [0.2])
    found = groups(repeats("dee", [0.1, 0.104]), [*single, *again, *kan], "dee")
    assert {label: len(values) for label, values in found.items()} == {"IV": 2, "evolution": 3, "TPE": 2, "KAN": 1}
    assert groups([], single, "stock") == {}
    draw_boxes(repeats("dee", [0.1, 0.104]), [*single, *kan], tmp_path / "boxes.png")
    assert (tmp_path / "boxes.png").stat().st_size > 10_000


def test_pictures_are_shown_where_they_were_drawn():
    text = page([], [], [search("concrete", 0, 0.06), search("stock", 1, 0.03), search("dee", 0, 0.1)])
    assert "![concrete: levels](concrete_levels.png) ![concrete: inputs](concrete_input_fit.png)" in text
    assert "stock_levels" not in text  # another seed


@pytest.mark.parametrize(
    ("errors", "best"),
    [
        ({"ridge": None, "svr": 0.102}, "0.102 (svr)"),
        ({"ridge": 0.3, "svr": None}, "0.3 (ridge)"),
        ({"ridge": None, "svr": None}, ""),
    ],
)
def test_a_failed_baseline_is_an_empty_cell(errors, best, tmp_path):
    rows = Measurements(tmp_path / "baselines.csv", ("dataset", "model"))
    rows.add(*({"dataset": "dee", "model": model, "rmse": error} for model, error in errors.items()))
    assert "dee,svr," in rows.path.read_text()
    text = page([], rows.values(), [search("dee", 0, 0.101)])
    assert cells(text, "dee", SIDE)[-1] == best
    assert cells(text, "dee", SEARCHES)[13] == best
    assert cells(text, "dee", MODELS)[1:] == [str(error or "") for error in errors.values()]
    assert f"known only afterwards: {int(bool(best))} of {int(bool(best))}; at most" in text


def test_misses_are_named_with_what_is_known_of_them():
    fitted = [
        *repeats("tf1", [1e-9]),
        *repeats("tf3", [5.2e-6]),
        *repeats("kinematics8nm", [0.127]),
        *repeats("triazines", [0.25]),
        *repeats("tf1 (text)", [1.0]),
    ]
    public = [
        {"dataset": "kinematics8nm", "code": code, "seed": seed, "rmse": error}
        for code, seed, error in (("public", 0, 0.12), ("public", 1, 0.13), ("public", 2, ""), ("evokan", 0, 0.5))
    ]
    text = page(fitted, [], [], public)
    misses = {line[2:].partition(":")[0]: line for line in text.splitlines() if line.startswith("- ")}
    assert set(misses) == {"tf1", "kinematics8nm", "triazines", CONDITIONS.partition(":")[0] + "; one thread"}
    assert "public code gets 0.125 on the same rows" in misses["kinematics8nm"]
    assert "public code" not in misses["tf1"]
    assert "written out with scikit-learn, does not reach" in misses["tf1"]
    assert "1.26 times. The same network" in misses["triazines"]
    assert "quartiles" not in misses["triazines"]  # one fit
    assert "| at most 5 % above the published median | at least 20 of 24 | 1 of 4 so far | open |" in text
    assert "(below 10 times): 1 of 2; not on tf1." in text
    assert "At most a figure of our own: tf1 1e-09 (aim 1e-12, **not met**), tf3 5.2e-06 (aim 5.1e-06, **n" in text
    assert "tf3 5e-06 (aim 5.1e-06, met)." in page(repeats("tf3", [5e-6]), [], [])
    assert "More than 5 %" not in page(repeats("dee", [0.1]), [], [])


def test_what_is_said_of_a_miss_follows_from_its_figures():
    def miss(name, *errors):
        text = page(repeats(name, [error * PUBLISHED[name].hkan for error in errors]), [], [])
        return next(line for line in text.splitlines() if line.startswith(f"- {name}:"))

    near, far = "missed by less than 1 %", "in the order of magnitude aimed at"
    assert near in miss("pumadyn32nh", 1.055)
    assert near not in miss("pumadyn32nh", 1.065)
    assert far in miss("tf5-5", 9.9)
    assert far not in miss("tf5-5", 10.1)
    assert far not in miss("laser", 9.9)
    assert "apart, and the published median lies below the lower one." in miss("kinematics8nm", 1.2, 1.25, 1.3)
    assert "The quartiles are 20 % of the median apart, and" in miss("kinematics8nm", 1.0, 1.25, 1.5)
    assert "the published median lies between them" in miss("pyramidines", 0.5, 1.25, 2.0)
    assert "22 to test on" in miss("pyramidines", 1.25)
    assert "scikit-learn" not in miss("pyramidines", 1.25)


@pytest.mark.parametrize(("reached", "verdict"), [(20, "met"), (19, "**not met**")])
def test_an_aim_is_judged_once_every_data_set_has_been_compared(reached, verdict):
    rows = [
        search(name, 0, (0.9 if number < reached else 1.1) * entry.hkan)
        for number, (name, entry) in enumerate(PUBLISHED.items())
    ]
    tpe = [row | {"method": "tpe"} for row in rows]
    text = page([fit for row in rows for fit in repeats(row["dataset"], [row["rmse_median"]])], [], rows + tpe[1:])
    assert f"| at or below published HKAN | at least 20 of 24 | {reached} of 24 | {verdict} |" in text
    assert "| at or below TPE | at least 18 of 24 | 23 of 23 so far | open |" in text
    assert f"| at most 5 % above the published median | at least 20 of 24 | {reached} of 24 | {verdict} |" in text
    assert "so far | open" not in page([], [], rows + tpe)
    # Whoever came to an end earlier is no fair rival.
    tpe[:2] = [row | {"evaluations": 200, "rmse_median": 2 * row["rmse_median"]} for row in tpe[:2]]
    text = page([], [], rows + tpe)
    assert "| at or below TPE | at least 18 of 24 | 24 of 24 |" in text
    assert "Evolution and TPE had as many evaluations on 22 data sets; at or below TPE there: 22." in text


def test_the_text_has_sizes_and_seeds_of_the_rows():
    quick = {"population": 10, "generations": 3, "evaluations": 40}
    text = page([], [], [search("dee", 0, 0.1, **quick), search("dee", 0, 0.1, "gakan", **quick)])
    assert "One search has 40 evaluations (10 individuals, 3 generations after the first); evolution begins" in text
    assert "of a larger one: evolution 1 and none; TPE none and none; the KAN of ours 1 and none." in text
    rows = [search(name, seed, 0.1) for name, seed in (("dee", 0), ("dee", 1), ("laser", 0), ("tf1", 0))]
    text = page([], [], [*rows, search("dee", 0, 0.1, "tpe")])
    assert "One search has 300 evaluations (20 individuals, 14 generations after the first); evolution" in text
    assert "of a larger one: evolution 1 to 2 and 1; TPE 1 and none; the KAN of ours none and none." in text
    assert "40 evaluations (10 individuals, 3 generations after the first), or 300 evaluations (20 individuals" in page(
        [], [], [search("dee", 0, 0.1, **quick), search("dee", 0, 0.1)]
    )


def test_steady_least_squares_stand_beside_plain_ones():
    plain = [*repeats("tf3", [4e-6]), *repeats("dee", [0.1]), *repeats("laser", [0.03])]
    text = page([*plain, *repeats("tf3 (steady)", [6e-6, 8e-6]), *repeats("dee (steady)", [0.098])], [], [])
    row = next(line for line in text.splitlines() if line.startswith("| tf3 | 5.08e-06 |"))
    assert row == "| tf3 | 5.08e-06 | 4e-06 | 2 | **7e-06** | 6.5e-06 to 7.5e-06 | 1.38 | 0.15 |"
    assert "published median: 1 of 2. Steady over plain: from 0.98 to 1.75 times the error." in text
    assert "tf3 4e-06 (aim 5.1e-06, met)" in text  # by plain ones, as the paper's
    assert "steady" not in page(plain, [], [])


def test_what_is_missing_is_said_by_method_and_seed():
    waiting = outstanding(
        [Repeat("dee (steady)", 0), Repeat("dee (steady)", 1)],
        ["tf4"],
        [Piece("tf1", "tpe", 0, 20, 14), Piece("dee", "evolution", 1, 20, 14), Piece("tf3", "tpe", 0, 20, 14)],
    )
    assert waiting == [
        "- fits of Table IV's networks: dee (steady)",
        "- baselines: tf4",
        "- tpe, seed 0: tf1, tf3",
        "- evolution, seed 1: dee",
    ]
    assert "**Not measured yet**; the same command goes on with it:\n\n- fits" in page([], [], [], waiting=waiting)
    assert "Not measured yet" not in page([], [], [])


def test_searches_of_several_sizes_are_told_apart():
    text = page([], [], [search("dee", 0, 0.1), search("dee", 0, 0.1, evaluations=40, population=10, generations=3)])
    assert cells(text, "dee", SIDE)[7] == "300, 40"
