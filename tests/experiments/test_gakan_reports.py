"""Pages and pictures of made-up results, and one tiny real piece."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from evokan.datasets import load_dataset
from evokan.problem.problem import Problem
from experiments.gakan import ablation, convergence, interpretation, laws, tables
from experiments.gakan.features import feature_table, plot_features
from experiments.gakan.full_networks import ADDITIVE, DEEP, WIDE, fit_full
from experiments.gakan.grid_extension import fit_extended
from experiments.gakan.tables_models import DEEPS, EVOLVED, EVOLVED_PAPER, WIDES
from experiments.gakan.tables_report import report
from experiments.harness import Context
from experiments.study import PartSizes, at_hand
from search_spaces.gakan import GAKAN

CONDITIONS = "2026-01-01; a machine"
SIZES = {"iris": PartSizes(3000, 30)}


def table_rows(accuracies, dataset="iris", model=EVOLVED, n_params="100"):
    return [
        {
            "dataset": dataset,
            "split": str(100 + i),
            "part": model,
            "model": model,
            "accuracy": str(value),
            "auc": "0.99",
            "log_loss": str(0.1 + i / 100),
            "n_params": n_params,
            "n_params_paper": "",
            "n_edges": "",
            "n_features": "",
            "columns": "",
            "importances": "",
            "note": "",
        }
        for i, value in enumerate(accuracies)
    ]


def cells(page, first):
    """Return the cells of the rows that begin with `first`."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith(f"| {first} |")
    ]


def test_tables_page():
    ours = [0.96, 1.0, 0.94, 0.97, 0.95, 0.98]
    rows = [
        *table_rows(ours),
        *table_rows([value - 0.05 for value in ours], model="knn", n_params=""),
        *table_rows([value + 0.002 for value in ours[:-1]] + [""], model="svm", n_params=""),
        *table_rows([0.9] * 6, model=WIDE, n_params="1250"),
    ]
    rows[-7]["note"] = "ValueError: no"
    rows += [{**row, "split": "106"} for row in table_rows([0.0])]  # not all models are there yet
    seconds = pd.DataFrame(
        {"dataset": "iris", "split": [100, 101], "part": EVOLVED, "cpu_seconds": [30.0, 90.0], "conditions": CONDITIONS}
    )
    page = report(pd.DataFrame(rows), seconds, {"population": 4, "generations": 1}, SIZES)
    (summary,) = cells(page, "iris")[:1]
    assert summary[1] == "6"
    assert summary[2] == "**0.9667**"
    assert summary[4] == "0.9660 (svm)"
    assert summary[5] == "+0.1"
    assert summary[6:9] == ["1.0000", "no", "1 of 6"]
    assert summary[9:] == ["100", "0.080"]
    (knn,) = cells(page, "knn")
    assert knn[2] == "0.9167"
    assert float(knn[4]) == pytest.approx(3 * 2 / 2**6, abs=5e-3)  # the smallest p of 3, exact: all six worse
    (wide,) = cells(page, WIDE)
    assert wide[15:] == ["1.0000", "0 of 6", "", ""]
    (evolved,) = cells(page, f"**{EVOLVED}**")
    assert evolved[15:] == ["1.0000", "1 of 6", "", "156"]
    assert evolved[12] == ""  # one size on all splits: 100 to 100
    assert "No figure for svm on split 105: ValueError: no." in page
    assert cells(page, "iris")[-1][1:] == ["2", "60.0", "2.0", "10.0"]
    assert cells(page.split("## The published accuracies")[1], "iris")[0][1:] == [
        "30",
        "1.0000",
        "1.0000",
        "1 of 6",
        "0 of 6",
        "1 of 6",
        "1.0020",
        "36.2 %",
    ]
    assert page.count("not met") == 2  # one table of the three wanted; the published accuracy
    assert "nan" not in cells(page, f"**{EVOLVED}**")[0]


def test_all_tables_have_their_first_split_before_any_has_its_second(tmp_path, monkeypatch):
    asked = []

    def measured(task):
        asked.append((*task[:3], task.search["population"]))
        model = "knn" if task.part == "baselines" else task.part
        (row,) = table_rows([0.8 if task.part == "baselines" else 0.95], dataset=task.dataset, model=model)
        return [{**row, "split": task.split, "part": task.part}], 60.0

    monkeypatch.setattr(tables, "measure", measured)
    monkeypatch.setattr(tables, "in_order", lambda work, tasks, workers: map(work, tasks))
    *_, path = tables.run(Context(tmp_path, quick=True, silent=True))
    count = len(tables.PARTS)
    assert [name for name, *_ in asked[::count]] == ["iris", "wine", "iris", "wine"]
    assert [split for _, split, *_ in asked[::count]] == [300, 300, 301, 301]
    assert asked[:count] == [("iris", 300, part, 10) for part in tables.PARTS]
    page = path.read_text()
    of_iris = page.split("## iris")[1].split("## ")[0]
    means = {name: cells(of_iris, name)[0][1:3] for name in (f"**{EVOLVED}**", WIDES.extended, "knn")}
    assert list(means.values()) == [["2", "0.9500"], ["2", "0.9500"], ["2", "0.8000"]]
    assert cells(page, "iris")[0][4] == "0.8000 (knn)"
    before = [path.read_bytes() for path in sorted((tmp_path / "gakan-quick").rglob("*.csv"))]
    tables.run(Context(tmp_path, quick=True, silent=True))
    assert len(asked) == 4 * count
    assert [path.read_bytes() for path in sorted((tmp_path / "gakan-quick").rglob("*.csv"))] == before


def test_every_full_network_is_fitted_as_its_name_says(monkeypatch):
    asked = []
    network, _ = fit_full(ADDITIVE, "iris", 100, {"steps": 1})

    def noted(how):
        def fit(label, dataset, split, settings):
            asked.append((how, label, settings.get("preset")))
            return network, {"accuracy": 0.5}

        return fit

    for part, fit in tables.FULL.items():
        how = "extended" if fit.func is fit_extended else "plain"
        monkeypatch.setitem(tables.FULL, part, partial(noted(how), *fit.args))
        (row,), _ = tables.measure(tables.Part("iris", 100, part, {"population": 4}))
        assert (row["model"], row["accuracy"]) == (part, 0.5)
    assert asked == [
        ("plain", WIDE, None),
        ("plain", DEEP, None),
        ("plain", ADDITIVE, None),
        ("plain", WIDE, "paper"),
        ("plain", DEEP, "paper"),
        ("extended", WIDE, None),
        ("extended", DEEP, None),
    ]
    assert list(tables.FULL) == [WIDE, DEEP, ADDITIVE, WIDES.paper, DEEPS.paper, WIDES.extended, DEEPS.extended]


def test_pages_say_how_large_their_searches_are():
    frame = pd.DataFrame(table_rows([0.9, 1.0]))
    small, full = (
        report(frame, pd.DataFrame(), {"population": population, "generations": generations}, SIZES)
        for population, generations in ((40, 10), (100, 20))
    )
    assert "440 individuals, on one thread each; the defaults and the\npaper have 100 x 20, so 4.8 times" in small
    assert "2100 individuals, on one thread each; as many as with the defaults and in the paper." in full


def test_tables_page_of_a_part_alone():
    page = report(pd.DataFrame(table_rows([0.9, 1.0])), pd.DataFrame(), {"population": 4, "generations": 1}, SIZES)
    assert cells(page, f"**{EVOLVED}**")[0][1] == "2"


def test_full_networks_are_those_of_the_space():
    problem = Problem.from_table(load_dataset("iris"), split_seed=100)
    expected = GAKAN().reference_architectures(problem)
    for label, network in zip((WIDE, DEEP), expected.values(), strict=True):
        found, figures = fit_full(label, "iris", 100, {"steps": 1})
        assert (found.key, found.n_params_paper) == (network.key, network.n_params_paper)
        assert figures["accuracy"] > 0.5
    additive, _ = fit_full(ADDITIVE, "iris", 100, {"steps": 1})
    assert (additive.widths, additive.n_edges, additive.grid) == ((4, 3), 12, 5)


def test_a_part_gives_the_same_rows_again():
    task = tables.Part("iris", 101, EVOLVED_PAPER, {"population": 4, "generations": 1, "steps": 1})
    rows, seconds = tables.measure(task)
    assert rows == tables.measure(task)[0]
    assert seconds > 0
    (row,) = rows
    assert sum(map(float, row["importances"].split())) == pytest.approx(1.0, abs=1e-3)
    first, last = map(float, row[tables.LOSSES].split())
    assert 0.0 <= last <= first < math.inf
    kept = feature_table(pd.DataFrame(rows), load_dataset("iris").feature_names, (EVOLVED, EVOLVED_PAPER))
    assert kept.kept.sum() == row["n_features"]
    assert set(kept.model) == {EVOLVED_PAPER}


def test_a_table_that_was_cut_off_ends_as_the_same_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "PARTS", (EVOLVED, DEEP))
    monkeypatch.setattr(tables, "QUICK_SEARCH", {"population": 4, "generations": 0, "steps": 1})
    monkeypatch.setattr(tables, "in_order", lambda work, tasks, workers: map(work, tasks))
    context = Context(tmp_path, quick=True, silent=True)
    files = tables.run(context)
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        f"gakan-quick/{name}" for name in ("tables/iris.csv", "tables/wine.csv", "tables_seconds.csv", "tables.md")
    ]
    whole = files[0].read_bytes()
    assert [line.split(",")[:3] for line in whole.decode().splitlines()[1:3]] == [
        ["iris", "300", "evolved"],
        ["iris", "300", '"full [n'],
    ]
    files[0].write_bytes(whole[:-20])
    page = files[-1].read_text()
    tables.run(context)
    assert files[0].read_bytes() == whole
    assert files[-1].read_text().split("## Time")[0] == page.split("## Time")[0]


def test_ablation_page_and_curves():
    rng = np.random.default_rng(1)
    rows, curves = [], []
    for split in range(100, 108):
        base = rng.uniform(0.1, 0.2)
        for variant, more in (("default", 0.0), ("random search", 0.1), ("hold-out", -0.05)):
            key = {"variant": variant, "dataset": "wine", "split": split}
            rows.append(
                {
                    **key,
                    "best_val_loss": base + more,
                    "trained": 50,
                    "accuracy": 0.9,
                    "log_loss": base + more,
                    "loss_evaluations": 1000 if variant == "default" else 200,
                    "n_params": 100,
                    "cpu_seconds": 1.0,
                    "conditions": CONDITIONS,
                }
            )
            curves += [
                {**key, "individuals": 10 * (g + 1), "best_val_loss": base + more + 1 / (1 + g)} for g in range(3)
            ]
    rows[0]["best_val_loss"] = math.inf
    page = ablation.report(pd.DataFrame(rows), {"population": 10, "generations": 2}, {"wine": PartSizes(120, 58)})
    (random_search,) = cells(page, "random search")
    assert float(random_search[5]) == pytest.approx(2 * 2 / 2**8, abs=1e-3)
    assert random_search[7] == "1"
    assert random_search[-2] == "0.20"
    (hold_out,) = cells(page, "hold-out")
    assert hold_out[2:4] == ["", ""]
    assert "inf" not in page.split("## wine")[1]
    figure = ablation.plot(pd.DataFrame(curves))
    (ax,) = figure.axes
    assert [line.get_label() for line in ax.lines] == ["default", "random search"]
    means = pd.DataFrame(curves).query("variant == 'random search'").groupby("individuals").best_val_loss.mean()
    np.testing.assert_allclose(np.asarray(ax.lines[1].get_ydata(), dtype=float), means.to_numpy())


def test_convergence_page_and_figure():
    curves = pd.DataFrame(
        [
            {
                "variant": preset,
                "dataset": name,
                "seed": seed,
                "generation": g,
                "best_val_loss": 1.0 / (1 + g) + seed / 100,
                "conditions": CONDITIONS,
            }
            for preset in ("default", "paper")
            for name in ("iris", "wine")
            for seed in (0, 1)
            for g in range(4)
        ]
    )
    full = pd.DataFrame(
        [
            {
                "variant": preset,
                "dataset": name,
                "seed": seed,
                "network": label,
                "val_loss": math.inf if preset == "paper" and label == "[4,5,5,5,3]" else value,
            }
            for preset in ("default", "paper")
            for name in ("iris", "wine")
            for seed in (0, 1)
            for label, value in (("[4,9,3]", 0.4 + seed / 10), ("[4,5,5,5,3]", 0.01))
        ]
    )
    accuracies = {
        ("iris", EVOLVED): 0.95,
        ("iris", WIDE): 0.94,
        ("iris", WIDES.extended): 0.935,
        ("iris", DEEP): 0.9,
        ("iris", EVOLVED_PAPER): 1.0,
        ("iris", WIDES.paper): 0.85,
    }
    page = convergence.report(curves, full, accuracies, {"population": 4, "generations": 3}, [CONDITIONS])
    lines = cells(page, "iris")
    assert lines[0][2:] == [
        "1.0050",
        "**0.2550**",
        "0.2500 to 0.2600",
        "95.0 %",
        "[4,9,3] 0.4500, test 94.0 % (by grid extension, test 93.5 %); [4,5,5,5,3] 0.0100, test 90.0 %",
        "never",
    ]
    assert lines[1][5:] == ["100.0 %", "[4,9,3] 0.4500, test 85.0 %", "generation 2"]
    assert cells(page, "wine")[0][5:7] == ["", "[4,9,3] 0.4500; [4,5,5,5,3] 0.0100"]
    figure = convergence.plot(curves, full, accuracies, "default")
    assert [len(ax.lines) for ax in figure.axes] == [3, 3]
    assert [line.get_label() for line in figure.axes[0].lines] == [
        "evolution, test 95.0 %",
        "[4,9,3], test 94.0 %",
        "[4,5,5,5,3], test 90.0 %",
    ]
    assert figure.axes[1].lines[0].get_label() == "evolution"


def test_convergence_has_the_searches_of_the_tables_and_full_networks_on_their_folds(tmp_path, monkeypatch):
    folder = tmp_path / "gakan-quick"
    parts = ((EVOLVED, "0.5 0.25 0.25"), (EVOLVED_PAPER, "0.125 0 0"), (WIDES.extended, ""))
    rows = [
        {**row, "part": model, tables.LOSSES: losses}
        for model, losses in parts
        for row in table_rows([0.9, 1.0, 0.5] if model == EVOLVED else [0.9, 1.0], model=model)
    ]
    tables.rows_of(folder, "iris").add(*rows)  # of the last split only one network is there
    tables.times(folder).add({"dataset": "iris", "split": 100, "part": EVOLVED, "cpu_seconds": 1.0})
    monkeypatch.setattr(tables, "run", lambda context: [folder / "tables.md"])
    context = Context(tmp_path, quick=True, silent=True, workers=1)
    *_, default, paper = convergence.run(context)
    assert (default.name, paper.name) == ("convergence_default.png", "convergence_paper.png")
    assert default.read_bytes() != paper.read_bytes()
    page = (folder / "convergence.md").read_text()
    evolved, published = cells(page, "iris")
    assert evolved[1:6] == ["2", "0.5000", "**0.2500**", "0.2500 to 0.2500", "95.0 %"]
    assert published[2:4] == ["0.1250", "**0.0000**"]
    full = pd.read_csv(folder / "convergence_full.csv")
    assert list(full[full.seed == 100].network) == ["full [4,9,3]", "full [4,5,5,5,3]"] * 2
    assert 102 not in set(full.seed)
    expected = [row["val_loss"] for row in convergence.reference_losses(("default", "iris", 101))]
    assert list(full[(full.seed == 101) & (full.variant == "default")].val_loss) == expected
    before = (folder / "convergence_full.csv").read_bytes()
    convergence.run(context)
    assert (folder / "convergence_full.csv").read_bytes() == before


def test_laws_page():
    rows = [
        {
            "law": "product",
            "seed": seed,
            "shape": shape,
            "edges": 6,
            "n_params": 60,
            "network_rmse": 1e-3,
            "formula_rmse": 1e-9,
            "exact": int(seed > 0),
            "formula": "target = x*y",
            "cpu_seconds": 5.0,
            "conditions": CONDITIONS,
        }
        for seed, shape in enumerate(("[2, 2, 1]", "[2, 4, 1]", "[2, 2, 1]"))
    ]
    page = laws.report(pd.DataFrame(rows), {"population": 4, "generations": 1})
    assert "**2 of 3** searches" in page
    assert "[2, 2, 1] in 2." in page
    assert cells(page, "0")[0][6] == "no"


def test_features_and_interpretation_page():
    rows = pd.DataFrame(
        [
            {"split": "100", "model": EVOLVED, "columns": "0 2", "importances": "0.75 0.0 0.25"},
            {"split": "101", "model": EVOLVED, "columns": "2", "importances": "0.0 0.0 1.0"},
            {"split": "100", "model": EVOLVED_PAPER, "columns": "1", "importances": "0.0 1.0 0.0"},
        ]
    )
    kept = feature_table(rows, ("a", "b", "c"), (EVOLVED, EVOLVED_PAPER))
    ours = kept[kept.model == EVOLVED].set_index("feature")
    assert ours.kept.to_dict() == {"a": 1, "b": 0, "c": 2}
    assert ours.importance.to_dict() == {"a": 0.375, "b": 0.0, "c": 0.625}
    assert ours.importance_sd["c"] == pytest.approx(np.std([0.25, 1.0], ddof=1))
    assert kept[kept.model == EVOLVED_PAPER].importance_sd.isna().all()
    assert isinstance(plot_features(kept), Figure)
    row = {
        "dataset": "iris",
        "split": 100,
        "widths": "[3, 2]",
        "edges": 2,
        "network_accuracy": 0.9,
        "formula_accuracy": 0.8,
        "dropped": "b",
        "complexity": 9,
        "complete": 0,
        "cpu_seconds": 1.0,
        "formula": "score(x) = a; score(y) = 1",
        "conditions": CONDITIONS,
    }
    page = interpretation.report([row], {"iris": kept}, {"population": 4, "generations": 1})
    assert [line[0] for line in (cells(page, name)[0] for name in "cab")] == ["c", "a", "b"]
    assert cells(page, "c")[0][1:3] == ["2 of 2", "62.5 % (sd 53.0)"]
    assert "score(x) = a\nscore(y) = 1" in page
    assert "cut off" in page
    assert "has not been run" in interpretation.report([row], {}, {"population": 4, "generations": 1})


def test_a_data_set_that_is_not_here_is_left_out_with_a_line(monkeypatch, capsys):
    monkeypatch.delenv("EVOKAN_DATA", raising=False)
    assert at_hand(["iris", "rice", "wine"]) == ["iris", "wine"]
    assert capsys.readouterr().out.startswith("left out: data set 'rice': put uci/")
    assert at_hand(["rice"], silent=True) == []
    assert capsys.readouterr().out == ""
