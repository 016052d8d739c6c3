"""Every mistake gets one line for each fault, exit status 2, and leaves nothing behind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

ON_IRIS = ("search", "--space", "gakan", "--dataset", "iris")
BITS = 93  # of a chromosome for iris


def own(file: str, target: str = "y", *more: str) -> tuple[str, ...]:
    return ("search", "--space", "gakan", "--data", file, "--target", target, *more)


def evaluated(file: str, *more: str) -> tuple[str, ...]:
    return ("evaluate", "--space", "gakan", "--dataset", "iris", "--chromosomes", file, "--out", "out/ev.csv", *more)


def csv_text(rows: list[str], header: str = "a,b,y") -> str:
    return "\n".join([header, *rows]) + "\n"


NUMBERS = [f"{i},{i * 7 % 11},{i / 3:.3f}" for i in range(30)]
CLASSES = [f"{i},{i * 7 % 11},{'xyz'[i % 3]}" for i in range(30)]

FILES: dict[str, str | bytes] = {
    "numbers.csv": csv_text(NUMBERS),
    "classes.csv": csv_text(CLASSES),
    "constant.csv": csv_text([f"{i},{i * 7 % 11},4.5" for i in range(30)]),
    "one class.csv": csv_text([f"{i},{i * 7 % 11},x" for i in range(30)]),
    "identifiers.csv": csv_text([f"{i},{i * 7 % 11},name{i}" for i in range(30)]),
    "rare.csv": csv_text([*CLASSES, "1,2,w"]),
    "gaps.csv": csv_text(["1,,x", *CLASSES, "nan,3,y"]),
    "infinite.csv": csv_text([*CLASSES, "inf,3,y"]),
    "header only.csv": csv_text([]),
    "empty.csv": "",
    "ragged.csv": csv_text([*CLASSES, "1,2"]),
    "workbook.csv": b"PK\x03\x04" + bytes(100),
    "either.csv": "\n".join(f"{row}\t{row}" for row in csv_text(CLASSES).splitlines()),
    "text.parquet": csv_text(CLASSES),
    "table.doc": csv_text(CLASSES),
    "few.csv": csv_text(CLASSES[:12]),
    "truncated.txt": "0" * BITS + "\n# fine so far\n" + "01" * 20,
    "letters.txt": "0" * BITS + "\n\n" + "x" * BITS + "\n" + "2" * BITS + "\n",
    "binary.txt": bytes(range(128, 256)),
    "nothing.txt": "# no chromosome\n\n",
    "good.txt": "1" * BITS + "\n",
    "list.yaml": "- space\n- gakan\n",
    "broken.yaml": "space: [gakan\n",
    "typo.yaml": "space: gakan\ndataset: iris\npopulatoin: 8\nseed: x\n",
    "file": "not a folder",
    "taken/notes.txt": "something else",
    "new.csv": "sepal length (cm),petal length (cm),petal width (cm)\n5,1,1\n",
    "two.csv": csv_text([*(f"{i},{i * 7 % 11},{'xyz'[i % 3]}" for i in range(30)), "1,2,w", "2,2,w"]),
    "one text.csv": csv_text([*NUMBERS, "1,2,n.a."]),
}

# Arguments, and for each line that is expected a piece of it.
MISTAKES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unknown space": (("search", "--space", "gakn", "--dataset", "iris"), ("did you mean 'gakan'?",)),
    "unknown data set": (("search", "--space", "gakan", "--dataset", "irsi"), ("did you mean 'iris'?",)),
    "both unknown": (("search", "--space", "gakn", "--dataset", "irsi"), ("'gakan'?", "'iris'?")),
    "unknown option": ((*ON_IRIS, "--populaton", "8"), ("'--populaton': did you mean '--population'?",)),
    "unknown command": (("serach", "--space", "gakan"), ("did you mean 'search'?",)),
    "unknown objective": ((*ON_IRIS, "--objectives", "val_los,n_params,nedges"), ("'val_loss'?", "'n_edges'?")),
    "unknown choices": (
        (
            *ON_IRIS,
            "--scaler",
            "standart",
            "--preset",
            "papre",
            "--choose",
            "kne",
            "--algorithm",
            "gaa",
            "--impute",
            "meen",
            "--task",
            "clasification",
            "--parsimony",
            "tie",
            "--refit",
            "dev",
            "--device",
            "gpu",
        ),
        (
            "'classification'?",
            "'standard'?",
            "'median'?",
            "'ga'?",
            "'ties'?",
            "'knee'?",
            "holdout",
            "'paper'?",
            "'gpu'",
        ),
    ),
    **({} if torch.cuda.is_available() else {"no GPU": ((*ON_IRIS, "--device", "cuda"), ("PyTorch sees no GPU",))}),
    "unknown space option": (
        (*ON_IRIS, "--space-option", "max_dept=3", "--space-option", "noise=-1"),
        ("noise: must be at least 0 (got -1)", "'max_depth'?"),
    ),
    "no pair": ((*ON_IRIS, "--space-option", "max_depth"), ("write KEY=VALUE",)),
    "no value": ((*ON_IRIS, "--seed"), ("'--seed' requires an argument",)),
    "no space": (("search", "--dataset", "iris"), ("--space is needed",)),
    "no data": (("search", "--space", "gakan"), ("give either --dataset NAME",)),
    "two sources": ((*ON_IRIS, "--data", "classes.csv", "--target", "y"), ("exclude each other",)),
    "no target": (("search", "--space", "gakan", "--data", "classes.csv"), ("--data needs --target",)),
    "target of a named set": ((*ON_IRIS, "--target", "class"), ("--target goes with --data",)),
    "task of a named set": ((*ON_IRIS, "--task", "regression"), ("is for classification",)),
    "test size of a law": (
        ("search", "--space", "gakan", "--dataset", "product", "--test-size", "0.5"),
        ("its own test rows",),
    ),
    "target missing": (own("classes.csv", "why"), ("'why'",)),
    "target constant": (own("constant.csv"), ("'y'",)),
    "one class": (own("one class.csv"), ("'y'",)),
    "target all distinct": (own("identifiers.csv"), ("'y'",)),
    "rare class": (own("rare.csv"), ("class 'w' has a single row",)),
    "text target for regression": (own("classes.csv", "y", "--task", "regression"), ("'y'",)),
    "gaps": (own("gaps.csv"), ("'a' (row 32)",)),
    "a class of two": (own("two.csv"), ("data set 'two': class 'w' (2) has fewer than 3 rows",)),
    "one text in a numeric target": (own("one text.csv"), ("correct these cells, or leave their rows out",)),
    "a folder for a file": (own("taken"), ("file taken: is a folder; name a file",)),
    "infinite value": (own("infinite.csv"), ("infinite value in row 31",)),
    "no rows": (own("header only.csv"), ("holds no rows",)),
    "empty file": (own("empty.csv"), ("is empty",)),
    "ragged rows": (own("ragged.csv"), ("row 31 has 2 values",)),
    "no such file": (own("nowhere.csv"), ("there is no such file",)),
    "a workbook as CSV": (own("workbook.csv"), ("zip archive or an Excel workbook",)),
    "two separators": (own("either.csv"), ("could be separated by commas or by tabs: say by which with --sep",)),
    "an encoding that is none": (own("classes.csv", "y", "--encoding", "klingon"), ("--encoding 'klingon'",)),
    "text as Parquet": (own("text.parquet"), ("is not a Parquet file",)),
    "unknown suffix": (own("table.doc"), ("must end in .csv, .tsv, .txt, .parquet",)),
    "file and setting": (own("classes.csv", "why", "--space-option", "max_depth=0"), ("max_depth", "'why'")),
    "population below 4": ((*ON_IRIS, "--population", "3"), ("--population: must be at least 4 (got 3)",)),
    "absurd sizes": (
        (*ON_IRIS, "--population", "9" * 23, "--workers", "99999999"),
        ("--population: must be at most 1000000", "--workers: must be at most"),
    ),
    "infinite settings": (
        (*ON_IRIS, "--cohort-timeout", "inf", "--gpus-per-task", "inf", "--formula-seconds", "inf"),
        ("--formula-seconds: must be finite", "--gpus-per-task: must be finite", "--cohort-timeout: must be finite"),
    ),
    "output of a name too long": ((*ON_IRIS, "--out", "x" * 300), ("cannot be read (File name too long)",)),
    "output below a name too long": ((*ON_IRIS, "--out", "x" * 300 + "/run"), ("cannot be read (File name too long)",)),
    "data of a name too long": (own("x" * 300 + ".csv"), (".csv cannot be read: File name too long",)),
    "run of a name too long": (("show", "x" * 300), ("cannot be read (File name too long)",)),
    "negative sizes": (
        (
            *ON_IRIS,
            "--population",
            "-8",
            "--generations",
            "-1",
            "--steps",
            "-1",
            "--folds",
            "0",
            "--workers",
            "0",
            "--seed",
            "-1",
            "--split-seed",
            "-1",
            "--test-size",
            "-0.1",
            "--val-size",
            "1",
            "--crossover-rate",
            "-0.1",
            "--mutation-rate",
            "1.1",
        ),
        (
            "--test-size: must be at least 0 (got -0.1)",
            "--val-size: must be less than 1 (got 1)",
            "--split-seed",
            "--population: must be at least 4 (got -8)",
            "--generations",
            "--crossover-rate",
            "--mutation-rate: must be at most 1 (got 1.1)",
            "--seed",
            "--steps",
            "--folds: must be at least 1 (got 0)",
            "--workers",
        ),
    ),
    "no numbers": (
        (*ON_IRIS, "--population", "many", "--test-size", "nan", "--seed", "1.5"),
        ("--test-size", "--population: expected a whole number (got many)", "--seed"),
    ),
    "empty test part": (own("few.csv", "y", "--test-size", "0.01"), ("--test-size",)),
    "empty train part": (own("few.csv", "y", "--val-size", "0.99"), ("--val-size",)),
    "too many folds": ((*ON_IRIS, "--folds", "60"), ("use at most --folds",)),
    "folder in use": ((*ON_IRIS, "--out", "taken"), ("holds other files already",)),
    "a file for a folder": ((*ON_IRIS, "--out", "file"), ("is a file",)),
    "a file above the folder": ((*ON_IRIS, "--out", "file/run"), ("cannot be written",)),
    "another run": ((*ON_IRIS, "--out", "run"), ("evokan resume run",)),
    "no settings file": (("search", "--config", "nowhere.yaml"), ("--config nowhere.yaml",)),
    "settings as a list": (("search", "--config", "list.yaml"), ("'name: value' lines",)),
    "broken settings": (("search", "--config", "broken.yaml"), ("is not a YAML file (line 2: ",)),
    "typo in settings": (
        ("search", "--config", "typo.yaml"),
        ("--seed: expected a whole number", "did you mean '--population'?"),
    ),
    "truncated chromosome": (evaluated("truncated.txt"), ("truncated.txt, line 3: chromosome text has 40 bits",)),
    "strange chromosomes": (evaluated("letters.txt"), ("line 3: ", "line 4: ")),
    "binary chromosomes": (evaluated("binary.txt"), ("binary.txt, line 1: is not text",)),
    "no chromosome": (evaluated("nothing.txt"), ("holds no chromosome",)),
    "no chromosome file": (evaluated("nowhere.txt"), ("nowhere.txt: cannot be read",)),
    "evolution of fixed networks": (
        evaluated("good.txt", "--population", "8"),
        ("unknown option '--population'",),
    ),
    "evaluations into a folder": ((*evaluated("good.txt")[:-1], "taken.csv"), ("is a folder",)),
    "evaluations over a file": ((*evaluated("good.txt")[:-1], "classes.csv"), ("--force",)),
    "evaluations below a file": ((*evaluated("good.txt")[:-1], "file/ev.csv"), ("cannot be written",)),
    "predictions as text": (
        ("predict", "run", "--data", "new.csv", "--out", "p.txt"),
        ("end in .csv or .parquet",),
    ),
    "new rows without a column": (
        ("predict", "run", "--data", "new.csv", "--out", "made/pred.csv"),
        ("--data new.csv: column 'sepal width (cm)' is missing",),
    ),
    "new rows from nowhere": (
        ("predict", "run", "--data", "nowhere.csv", "--out", "made/pred.csv"),
        ("file nowhere.csv: there is no such file",),
    ),
    "no run to predict with": (("predict", "taken", "--data", "new.csv", "--out", "pred.csv"), ("config.json",)),
    "no run to show": (("show", "nowhere"), ("nowhere: is not the folder of a run",)),
    "no run to plot": (("plot", "taken"), ("taken: is not the folder of a run",)),
    "no run to resume": (("resume", "file"), ("file: is not the folder of a run",)),
    "damaged run": (("show", "damaged"), ("is damaged",)),
    "no run at all": (("show", "strange"), ("it lacks 'settings.space'",)),
    "no argument": (("show",), ("missing argument 'RUN'",)),
    "unknown experiment": (("experiment", "nonesuch"), ("unknown experiment 'nonesuch'",)),
    "no seeds": (("experiment", "nonesuch", "--seeds", "0"), ("--seeds",)),
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, iris_run) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    shutil.copytree(iris_run.path, folder / "run")
    for name, text in (("damaged", '{"settings": '), ("strange", json.dumps({"settings": {}}))):
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(text)
    (folder / "taken.csv").mkdir()
    return folder


@pytest.fixture
def tree(inputs):
    return lambda: {path: path.stat().st_mtime_ns for path in inputs.rglob("*")}


@pytest.mark.parametrize("name", MISTAKES)
def test_one_line_for_each_fault(name, inputs, tree, evokan_here, monkeypatch):
    arguments, expected = MISTAKES[name]
    monkeypatch.chdir(inputs)
    before = tree()
    result = evokan_here(*arguments)
    lines = result.err.splitlines()
    assert (result.status, result.out, len(lines)) == (2, "", len(expected)), result.err
    for line, piece in zip(lines, expected, strict=True):
        assert line.startswith("evokan: ")
        assert piece in line
    assert tree() == before


@pytest.mark.parametrize("name", ["both unknown", "unknown option", "gaps"])
def test_the_process_ends_with_status_2(name, inputs, tree, evokan):
    arguments, expected = MISTAKES[name]
    before = tree()
    result = evokan(*arguments, cwd=inputs)
    assert (result.status, result.out) == (2, "")
    assert len(result.err.splitlines()) == len(expected)
    assert tree() == before
