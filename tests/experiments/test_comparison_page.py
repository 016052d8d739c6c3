"""The page of the comparison, from rows whose outcome is known."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evokan.plots.style import save
from experiments.comparison.advice import advice, section
from experiments.comparison.page import Progress, page
from experiments.comparison.pictures import critical_differences, front
from experiments.comparison.standings import Standings, against_all, fewest, numbers, whole_splits

FACTORS = {"gakan": 1.0, "hkan": 1.3, "boosting": 1.02, "ebm": 1.2, "tree": 2.0, "lasso": 3.0}
SIZES = {"gakan": 150, "hkan": 4000, "boosting": 9000, "ebm": 5000, "tree": 40, "lasso": 6}
CLASSES, NUMBERS = ("iris", "wine", "wdbc", "xor"), ("dee", "stock", "laser", "concrete", "friedman-1", "abalone")


def rows(factors: dict[str, float], failed: tuple[tuple[str, str], ...] = ()) -> list[dict[str, Any]]:
    """Return ten splits of every table, three of the largest; `failed` are tables and methods without figures."""
    found = []
    for (place, table), method in itertools.product(enumerate((*CLASSES, *NUMBERS)), factors):
        for split in range(300, 303 if table == "abalone" else 310):
            error = 0.02 * factors[method] * (1 + 0.01 * (split - 300)) * (1 + 0.1 * place)
            classes, fails = table in CLASSES, (table, method) in failed
            row = {
                "table": table,
                "split": split,
                "method": method,
                "accuracy": 1 - error if classes else "",
                "rmse": "" if classes else error,
                "log_loss": 3 * error if classes else "",
                "calibration_error": error if classes else "",
                "calibration_bins": f"{60 * error} {-40 * error}" if classes else "",
                "task": "classification" if classes else "regression",
                "fitted_rows": 3133 if table == "abalone" else 300,
                "test_rows": 1044 if table == "abalone" else 100,
                "parameters": SIZES[method],
                "terms": "" if method == "boosting" else 10,
                "columns": 5,
                "steps": 3,
                "cpu_seconds": 20.0 if method != "lasso" else 1.0,
                "reason": "",
            }
            if fails:
                row |= {name: "" for name in row if name not in ("table", "split", "method", "steps", "cpu_seconds")}
                row["reason"] = "ValueError: a | b"
            found.append({name: str(value) for name, value in row.items()})
    return found


def standings(factors: dict[str, float] = FACTORS, failed: tuple[tuple[str, str], ...] = ()) -> Standings:
    return Standings(numbers(rows(factors, failed)))


def test_errors_are_relative_to_the_best_of_each_table():
    found = standings()
    assert found.relative.loc["dee"].to_dict() == pytest.approx(FACTORS)
    assert found.ranks.mean().to_dict() == pytest.approx(
        {"gakan": 1, "boosting": 2, "ebm": 3, "hkan": 4, "tree": 5, "lasso": 6}
    )
    assert found.group("many") == ["abalone"]
    assert set(found.group("classes")) == set(CLASSES)


def test_a_table_without_a_wrong_row_divides_by_no_zero():
    made = rows(FACTORS)
    for row in made:
        if row["table"] == "iris" and row["method"] == "gakan":
            row["accuracy"] = "1.0"
    relative = Standings(numbers(made)).relative.loc["iris"]
    assert relative["gakan"] == 1.0
    assert np.isfinite(relative).all()


def test_wilcoxon_over_the_tables():
    p = against_all(standings().relative, "gakan")
    assert set(p) == set(FACTORS) - {"gakan"}
    # Ten tables, all on one side: 2 / 2^10, five methods.
    assert p["lasso"] == pytest.approx(5 * 2 / 2**10)


def test_the_advice_is_that_of_the_rows():
    lines = {line.wanted: line for line in advice(standings())}
    first = lines["the lowest error, on any table"]
    assert (first.take, first.figure, first.others, first.tables) == ("gakan", "relative error 1.00", [], 10)
    few = lines["the lowest error of classes"]  # four tables: no test can tell boosting from it
    assert (few.take, [other.split(" (")[0] for other in few.others]) == ("gakan", ["boosting"])
    assert lines["the lowest error of at most 50 parameters (median)"].take == "tree"
    assert lines["the lowest error of at most 200 parameters (median)"].take == "gakan"
    assert next(line for wanted, line in lines.items() if wanted.startswith("fewest parameters")).take == "gakan"


def test_a_better_rival_takes_the_place():
    found = standings(FACTORS | {"boosting": 0.5})
    assert advice(found)[0].take == "boosting"
    text = section(found)
    assert (
        "- `gakan`: to take for the lowest error of at most 200 parameters (median) -- "
        "as good for the best place by error, on any table (mean rank; beside it: at most 1 behind); "
        "the lowest log-loss (mean rank; beside it: at most 1 behind)." in text
    )
    failing = found.frame.copy()
    failing.loc[(failing["table"] == failing["table"].iloc[0]) & (failing["method"] == "boosting"), "error"] = np.nan
    (place,) = [line for line in advice(Standings(failing)) if line.wanted.startswith("the best place")]
    assert (place.take, place.tables) == ("boosting", len(found.tables))  # last on one table, first on all others
    assert "- `hkan`: no line above names it." in text
    assert "`fkan`" not in text


def test_a_method_that_failed_on_a_table_is_in_no_line_with_it():
    found = standings(failed=(("stock", "gakan"),))
    lines = {line.wanted: line for line in advice(found)}
    assert lines["the lowest error, on any table"].take == "boosting"
    assert lines["the lowest error of classes"].take == "gakan"
    assert found.ranks.loc["stock", "gakan"] == 6
    text = page(found, 20.0, ["here"], Progress(540, 540), done=540)
    assert "10: ValueError: a / b" in text


def test_a_split_that_a_method_failed_on_counts_as_its_worst():
    made = rows(FACTORS)
    for row in made:
        if (row["table"], row["method"]) == ("wine", "gakan") and int(row["split"]) > 301:
            row |= {"accuracy": "", "calibration_bins": "", "log_loss": "", "reason": "ValueError: no"}
    found = Standings(numbers(made))
    wine = [row for row in made if row["table"] == "wine" and row["accuracy"]]
    lasso, own = ([1 - float(row["accuracy"]) for row in wine if row["method"] == name] for name in ("lasso", "gakan"))
    assert found.errors.loc["wine", "gakan"] == pytest.approx(np.mean([*own, *lasso[2:]]))
    assert found.ranks.loc["wine", "gakan"] == 5
    assert found.errors.loc["iris"].to_dict() == pytest.approx(standings().errors.loc["iris"].to_dict())


def test_calibration_takes_all_splits_as_one_sample():
    made = rows(FACTORS)
    for row in made:  # one split is as much too sure as the other is too modest
        if row["table"] == "iris":
            row["calibration_bins"] = "4 0" if int(row["split"]) % 2 else "-4 1"
    found = Standings(numbers(made)).calibration
    assert found.loc["iris", "gakan"] == pytest.approx(5 / 1000)
    assert list(found.index) == list(CLASSES)


def test_tables_with_test_rows_of_their_own_have_no_interval():
    text = page(standings(), 20.0, ["here"], Progress(540, 540), done=540)
    stock = text.partition("### stock")[2].partition("###")[0]
    errors = [0.02 * (1 + 0.01 * number) * 1.5 for number in range(10)]  # the sixth table
    assert f"({min(errors):.5f} to {max(errors):.5f})" in stock.partition("| **gakan** |")[2].splitlines()[0]
    assert standings().group("drawn") == ["iris", "wine", "wdbc", "xor", "friedman-1"]


def test_what_is_not_at_hand_and_what_is_too_much_is_said():
    far = Progress(540, 560, ("ebm", "rice"))
    text = page(standings(), 20.0, ["here"], far, done=540)
    assert "**Not measured**, since packages or data were not at hand: ebm, rice." in text
    assert "20 pieces of later splits are beyond the core hours" in text
    assert "Not measured" not in page(standings(), 20.0, ["here"], Progress(540, 540), done=540)


@pytest.mark.parametrize(("methods", "tables"), [(2, 6), (6, 8), (15, 10)])
def test_fewer_tables_than_that_can_tell_no_methods_apart(methods, tables):
    def lowest(count):
        errors = pd.DataFrame({f"m{i}": np.arange(1.0, count + 1) * 1.1**i for i in range(methods)})
        return min(against_all(errors, "m0").values())

    assert fewest(methods) == tables
    assert lowest(tables) < 0.05 <= lowest(tables - 1)


def test_the_page_says_wins_and_losses():
    text = page(standings(FACTORS | {"boosting": 0.5}), 20.0, ["here"], Progress(540, 540), done=540)
    part = text.partition("against each of the others")[2].partition("## Each table")[0]
    cells = {line.split(" | ")[0]: line.split(" | ")[1:] for line in part.splitlines()}
    # On five tables the splits draw no test rows, and there is no test.
    assert cells["| boosting"][:3] == ["0 (0)", "0", "10 (5)"]
    assert float(cells["| boosting"][3]) == pytest.approx(2.0, abs=0.05)
    assert cells["| tree"][:3] == ["10 (5)", "0", "0 (0)"]
    assert float(cells["| tree"][3]) == pytest.approx(0.5, abs=0.02)
    assert "| **gakan** | 10 | 0.979 (" in text
    assert text.count("### ") == 10
    assert "nan" not in text


def test_a_study_that_has_just_begun_has_a_page(tmp_path):
    few = [row for row in rows(FACTORS) if (row["table"], row["split"]) == ("iris", "300")]
    found = Standings(numbers(few))
    assert "# Which model to take for a table" in page(found, 20.0, [], Progress(540, 540), done=6)
    for draw in (critical_differences, front):
        assert save(draw(found), tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_the_pictures_name_every_method():
    found = standings()
    assert {text.get_text() for text in front(found).texts} == set(FACTORS)
    said = {text.get_text() for text in critical_differences(found).texts}
    assert {"gakan  1.00", "6.00  lasso"} <= said


def test_the_front_joins_what_nothing_beats():
    line = front(standings()).lines[0]
    assert line.get_xdata()[:3] == pytest.approx([6, 40, 150])
    assert line.get_ydata()[2] == pytest.approx(1.0)


def test_a_split_without_all_methods_does_not_count_yet():
    made = [row for row in rows(FACTORS) if (row["table"], row["split"], row["method"]) != ("dee", "305", "lasso")]
    kept = whole_splits(numbers(made))
    assert len(made) - len(kept) == len(FACTORS) - 1
    assert set(kept["split"][kept["table"] == "dee"]) == {300, 301, 302, 303, 304, 306, 307, 308, 309}
    text = page(Standings(kept), 20.0, [], Progress(558, 558), done=len(made))
    assert "557 of 558 pieces are done. This page has 10 tables with 3 to 10 splits each" in text
    text = page(Standings(kept[kept["split"] < 303]), 20.0, [], Progress(558, 558), done=100)
    assert "This page has 10 tables with 3 splits each" in text
    assert "goes on" not in page(standings(), 20.0, [], Progress(558, 558), done=558)
