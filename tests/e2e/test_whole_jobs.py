"""Searches from the command line, and every command on what they leave behind."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest

RUN_FILES = {
    "config.json",
    "evaluations.csv",
    "history.csv",
    "pareto.csv",
    "checkpoint.json",
    "run.log",
    "report.html",
    "best/model.safetensors",
    "best/architecture.json",
    "best/metrics.json",
    "best/formula.txt",
    "plots/fitness_history.png",
    "plots/pareto.png",
    "plots/network.png",
    "plots/feature_importance.png",
    "plots/edges.png",
    "plots/network_laws.png",
    "plots/importances.png",
}


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["iris_run", "wine_run", "law_run", "own_run"])
def test_a_search_leaves_a_whole_run(name, request, files_below):
    run = request.getfixturevalue(name)
    assert (run.result.status, run.result.err) == (0, "")
    found = files_below(run.path)
    assert found >= RUN_FILES
    assert not [file for file in found if file.endswith(".part")]
    assert len({(run.path / file).stat().st_mode for file in found if (run.path / file).is_file()}) == 1
    evaluations = rows_of(run.path / "evaluations.csv")
    assert [int(row["id"]) for row in evaluations] == list(range(len(evaluations)))
    # The first generation holds what lies on the way down from the seeds, beyond its eight.
    first = len(evaluations) - 16
    assert first > 8
    assert [int(row["generation"]) for row in evaluations] == [0] * first + [1] * 8 + [2] * 8
    assert {row["origin"] for row in evaluations[8:first]} == {"prune"}
    assert [int(row["generation"]) for row in rows_of(run.path / "history.csv")] == [0, 1, 2]
    front = rows_of(run.path / "pareto.csv")
    assert sum(int(row["chosen"]) for row in front) == 1
    for row in front:
        assert found >= {f"front/{row['id']}.safetensors", f"front/{row['id']}.json"}
        assert {name: row[name] for name in evaluations[0]} == evaluations[int(row["id"])]


def test_json_output_is_the_summary(iris_run, as_json, evokan_here):
    summary = as_json(iris_run.result.out)
    metrics = json.loads((iris_run.path / "best" / "metrics.json").read_text())
    (chosen,) = (row for row in rows_of(iris_run.path / "pareto.csv") if row["chosen"] == "1")
    assert summary["metrics"]["test"] == metrics["test"]
    assert summary["baselines"] == metrics["baselines"]
    assert summary["best"]["id"] == int(chosen["id"])
    assert summary["best"]["val_loss_mean"] == float(chosen["val_loss_mean"])
    assert (summary["state"], summary["generation"], summary["counts"]["failed"]) == ("finished", 2, 0)
    shown = as_json(evokan_here("show", iris_run.path, "--json").out)
    assert shown | {"path": "iris"} == summary


def test_plain_output_has_a_line_for_each_generation_and_the_tables(wine_run):
    lines = wine_run.result.out.splitlines()
    assert lines[0].startswith("gakan on wine: 3-class classification, 13 features; ")
    assert "in 3 folds" in lines[0]
    assert [line.partition(":")[0] for line in lines if line.startswith("generation")] == [
        f"generation {k} of 2" for k in range(3)
    ]
    positions = [
        next(i for i, line in enumerate(lines) if line.startswith(title))
        for title in ("Chosen network", "Test figures", "Front", "run: ")
    ]
    assert positions == sorted(positions)
    assert sum("gakan, chosen network" in line for line in lines) == 1
    assert any(line.strip().startswith("logistic_regression") for line in lines)
    assert lines[-1] == f"run: {wine_run.path.relative_to(wine_run.path.parents[1])}"


def test_settings_come_from_the_file_and_the_command_line_wins(wine_run):
    stored = json.loads((wine_run.path / "config.json").read_text())
    assert stored["settings"]["generations"] == 2
    assert (stored["settings"]["population"], stored["settings"]["folds"]) == (8, 3)
    assert stored["settings"]["objectives"] == ["val_loss", "n_edges"]
    assert (stored["options"]["max_depth"], stored["options"]["max_width"]) == (2, 3)
    assert list(stored["reference_point"]) == ["val_loss", "n_edges"]


def test_a_terminal_gets_a_living_block_and_the_tables(law_run):
    shown = law_run.result.out
    assert "product: regression, 2 features" in shown
    assert "networks/s" in shown
    assert "\x1b[1A" in shown or "\x1b[2K" in shown  # it is drawn over
    assert "generation 1 of 2: best" not in shown
    assert shown.index("Test figures") < shown.index("Front")


def test_quiet_prints_the_path_alone(own_run):
    assert own_run.result.out == "shops/first\n"


def test_the_log_tells_the_story(iris_run):
    lines = (iris_run.path / "run.log").read_text().splitlines()
    assert all(line[:4].isdigit() and line[10] == "T" for line in lines)
    story = [line.partition(" ")[2] for line in lines]
    assert "search space gakan on iris" in story[0]
    assert [text.partition(":")[0] for text in story if text.startswith("generation")] == [
        f"generation {k}" for k in range(3)
    ]
    assert story[-1] == "finished"


def test_show_speaks_of_the_same_network_in_every_way(own_run, evokan_here, as_json):
    summary = as_json(evokan_here("show", own_run.path, "--json").out)
    text = evokan_here("show", own_run.path).out
    assert f"{summary['best']['n_params']}" in text
    assert {name for name in summary["best"]["features"] if "=" in name} <= {
        f"colour={colour}" for colour in ("dark blue", "green", "red")
    }
    assert all(name in text for name in summary["best"]["features"])
    quiet = evokan_here("show", own_run.path, "--quiet").out
    assert quiet.count("\n") == 1
    assert f"finished, {summary['best']['n_params']} parameters" in quiet


def test_plot_draws_again(iris_run, evokan_here, as_json, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(iris_run.path, copy)
    before = {path.name: path.read_bytes() for path in (copy / "plots").iterdir()}
    shutil.rmtree(copy / "plots")
    result = evokan_here("plot", copy, "--json")
    assert (result.status, result.err) == (0, "")
    assert sorted(as_json(result.out)) == sorted(str(copy / "plots" / name) for name in before)
    assert {path.name: path.read_bytes() for path in (copy / "plots").iterdir()} == before


def test_predictions_have_the_accuracy_that_was_reported(iris_run, evokan_here, tmp_path):
    from evokan.datasets import load_dataset
    from evokan.problem.problem import Problem

    problem = Problem.from_table(load_dataset("iris"))
    table = problem.table
    frame = pd.DataFrame(table.X[problem.test], columns=table.feature_names)
    frame["note"] = "ignored"
    frame[frame.columns[::-1]].to_csv(tmp_path / "new.csv", index=False)
    result = evokan_here("predict", iris_run.path, "--data", "new.csv", "--out", "made/pred.csv")
    assert (result.status, result.out) == (0, "15 predictions written to made/pred.csv\n")
    predicted = pd.read_csv(tmp_path / "made" / "pred.csv")
    assert list(predicted) == ["prediction", *(f"p({name})" for name in table.class_names), "outside"]
    assert predicted["outside"].isna().all()
    true = np.array(table.class_names)[table.y[problem.test]]
    metrics = json.loads((iris_run.path / "best" / "metrics.json").read_text())
    assert (predicted["prediction"] == true).mean() == pytest.approx(metrics["test"]["accuracy"], abs=1e-12)
    shares = predicted.drop(columns=["prediction", "outside"])
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-9)
    assert list(shares.idxmax(axis=1)) == [f"p({name})" for name in predicted["prediction"]]


def test_predictions_of_a_law_are_in_its_own_units(law_run, evokan_here, tmp_path):
    from evokan.datasets import load_dataset

    table = load_dataset("product")
    frame = pd.DataFrame(table.X[table.test_rows], columns=table.feature_names)
    frame.to_csv(tmp_path / "new.csv", index=False)
    assert evokan_here("predict", law_run.path, "--data", "new.csv", "--out", "pred.csv", "--quiet") == (0, "", "")
    predicted = pd.read_csv(tmp_path / "pred.csv")
    assert list(predicted) == ["prediction", "outside"]
    metrics = json.loads((law_run.path / "best" / "metrics.json").read_text())
    error = np.sqrt(((predicted["prediction"] - table.y[table.test_rows]) ** 2).mean())
    assert error == pytest.approx(metrics["test"]["rmse"], rel=1e-9)


def test_new_rows_of_the_users_table_go_through_its_schema(own_run, own_table, evokan_here, tmp_path, as_json):
    from evokan import load_run

    rows = pd.read_csv(own_table).drop(columns="kind")  # the gap is filled in as in training
    rows.to_csv(tmp_path / "new.csv", index=False)
    result = evokan_here("predict", own_run.path, "--data", "new.csv", "--out", "pred.csv", "--json")
    assert (result.status, as_json(result.out)) == (0, {"out": "pred.csv", "rows": 90})
    predicted = pd.read_csv(tmp_path / "pred.csv")
    assert list(predicted) == ["prediction", "p(high)", "p(low)", "p(mid, or so)", "outside"]
    assert set(predicted["prediction"]) <= {"high", "low", "mid, or so"}
    X = np.column_stack(
        [
            rows["size"],
            *(rows["colour"] == level for level in ("dark blue", "green", "red")),
            rows["weight"].fillna(rows["weight"].median()),
        ]
    ).astype(float)
    logits = load_run(own_run.path).best.outputs(X)
    classes = np.array(["high", "low", "mid, or so"])
    assert (predicted["prediction"] == classes[logits.argmax(axis=1)]).all()


@pytest.mark.parametrize("name", ["iris_run", "law_run"])
def test_rows_without_an_answer_are_named(name, request, evokan_here, tmp_path, monkeypatch):
    from evokan.runs.member import Member
    from evokan.runs.run import load_run

    run = request.getfixturevalue(name)
    columns = load_run(run.path).schema.feature_names
    pd.DataFrame([[1e308 if row in (1, 3) else 1.0] * len(columns) for row in range(5)], columns=columns).to_csv(
        tmp_path / "new.csv", index=False
    )
    outputs = Member.outputs
    # What a network makes of such values depends on its sizes: here too much.
    monkeypatch.setattr(Member, "outputs", lambda self, X: np.where(X[:, :1] > 1e300, np.nan, outputs(self, X)))
    result = evokan_here("predict", run.path, "--data", "new.csv", "--out", "pred.csv")
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        "evokan: --data new.csv: the network gives no number for rows 2, 4: a value there is too "
        "large to be computed with, correct it or leave the row out\n"
    )
    assert {path.name for path in tmp_path.iterdir()} == {"new.csv"}


def test_an_existing_file_is_replaced_only_by_force(iris_run, evokan_here, tmp_path):
    header = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)"
    (tmp_path / "new.csv").write_text(f"{header}\n5,3,1,1\n")
    (tmp_path / "pred.csv").write_text("mine\n")
    arguments = ("predict", iris_run.path, "--data", "new.csv", "--out", "pred.csv")
    refused = evokan_here(*arguments)
    assert refused.status == 2
    assert "--force" in refused.err
    assert (tmp_path / "pred.csv").read_text() == "mine\n"
    assert evokan_here(*arguments, "--force").status == 0
    assert (tmp_path / "pred.csv").read_text().startswith("prediction,")


def test_evaluate_repeats_the_figures_of_the_search(iris_run, evokan, home):
    searched = rows_of(iris_run.path / "evaluations.csv")
    text = "# all networks of a search\n\n" + "\n".join(row["chromosome"] for row in searched) + "\n"
    (home / "all.txt").write_text(text)
    result = evokan(
        "evaluate",
        "--space",
        "gakan",
        "--dataset",
        "iris",
        "--folds",
        1,
        "--chromosomes",
        "all.txt",
        "--out",
        "all.csv",
        "--workers",
        1,
        cwd=home,
    )
    assert (result.status, result.err) == (0, "")
    assert f"{len(searched)} chromosomes" in result.out
    again = rows_of(home / "all.csv")
    assert list(again[0]) == list(searched[0])
    assert {(row["generation"], row["parents"], row["origin"]) for row in again} == {("0", "", "initial")}
    besides = {"seconds", "generation", "parents", "origin"}
    assert [{k: v for k, v in row.items() if k not in besides} for row in again] == [
        {k: v for k, v in row.items() if k not in besides} for row in searched
    ]


def test_resuming_a_finished_run_changes_nothing(iris_run, evokan_here, as_json, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(iris_run.path, copy)
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    result = evokan_here("resume", copy, "--json")
    assert result.status == 0
    assert as_json(result.out)["metrics"] == as_json(iris_run.result.out)["metrics"]
    after = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert {k: v for k, v in after.items() if k.name != ".lock"} == {
        k: v for k, v in before.items() if k.name != ".lock"
    }


def test_a_finished_run_goes_on_beyond_its_end(iris_run, evokan_here, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(iris_run.path, copy)
    result = evokan_here("resume", copy, "--generations", 3)
    assert (result.status, result.err) == (0, "")
    assert "finished, generation 3 of 3" in result.out
    longer, shorter = rows_of(copy / "evaluations.csv"), rows_of(iris_run.path / "evaluations.csv")
    assert longer[: len(shorter)] == shorter
    assert len(longer) == len(shorter) + 8
    assert json.loads((copy / "config.json").read_text())["settings"]["generations"] == 3
