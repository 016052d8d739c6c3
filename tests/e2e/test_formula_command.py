"""``evokan formula`` on real runs, what a search leaves of formulas, and the same from Python."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture(scope="session")
def law_json(law_run, evokan, home):
    return evokan("formula", law_run.path, "--json", cwd=home)


def test_json_holds_the_front(law_json, as_json):
    assert (law_json.status, law_json.err) == (0, "")
    found = as_json(law_json.out)
    assert found["answer"] in found["chosen"].values()
    for kind, place in found["chosen"].items():
        complexities = [formula["complexity"] for formula in found["front"] if formula["kind"] == kind]
        assert complexities == sorted(set(complexities))
        assert found["front"][place]["kind"] == kind
    for formula in found["front"]:
        assert set(formula["outputs"]) == {"f"}
        assert formula["val_loss"] >= 0
        assert all(f"spline{i + 1}" in formula["splines"] for i in range(len(formula["splines"])))


def test_a_known_law_is_recovered(law_json, as_json):
    found = as_json(law_json.out)
    assert found["front"][found["answer"]]["outputs"]["f"] in ("x*y", "y*x")


@pytest.mark.parametrize(
    ("option", "part"),
    [
        (["--latex"], "f = "),
        (["--python"], "def formula("),
        (["--c"], "double formula("),
        (["--format", "sympy"], "outputs['f'] = "),
        (["--format", "text"], "f = x*y"),
        (["--quiet", "--kind", "network"], "f = "),
        (["--quiet", "--member", "1"], "f = "),
    ],
)
def test_every_form_is_printed_alone(option, part, law_run, evokan_here, monkeypatch):
    monkeypatch.setattr("evokan.explain.find.find_formulas", None)  # what is stored is enough
    result = evokan_here("formula", law_run.path, *option)
    assert (result.status, result.err) == (0, "")
    assert part in result.out
    assert ("front of formulas" in result.out) == (option == ["--format", "text"])


def test_what_is_stored_is_printed_without_the_heavy_libraries(law_run):
    """They take a second to load; SymPy is needed."""
    script = (
        "import json, sys\nfrom evokan.cli.app import main\n"
        f"status = main(['formula', {str(law_run.path)!r}])\n"
        "print(json.dumps([status, sorted({name.partition('.')[0] for name in sys.modules})]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    status, loaded = json.loads(done.stderr.splitlines()[-1])
    assert status == 0
    assert "f = x*y" in done.stdout
    assert not {"pandas", "scipy", "sklearn", "torch", "numba", "matplotlib", "pyarrow", "deap"} & set(loaded)


def test_the_normalised_form(law_run, evokan_here):
    result = evokan_here("formula", law_run.path, "--normalised", "--format", "text", "--quiet")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("f_scaled = ")
    assert "x_scaled = (x - " in result.out
    assert "x_scaled" in evokan_here("formula", law_run.path, "--normalised", "--c").out


def test_plain_output_tells_whose_it_is_and_the_losses(iris_run, evokan_here):
    result = evokan_here("formula", iris_run.path)
    assert (result.status, result.err) == (0, "")
    assert "score(setosa) = " in result.out
    assert result.out.startswith(("law formula (", "network formula ("))
    assert "the network's" in result.out.splitlines()[0]
    assert "test loss" in result.out


def test_more_time_is_kept_for_the_next_one(law_run, evokan_here, tmp_path, as_json):
    import shutil

    shutil.copytree(law_run.path, tmp_path / "run")
    first = as_json(evokan_here("formula", "run", "--json").out)
    more = evokan_here("formula", "run", "--json", "--time-limit", 0.5)
    assert (more.status, more.err) == (0, "")
    assert as_json(more.out)["work"] >= first["work"]
    assert evokan_here("formula", "run", "--json").out == more.out
    other = evokan_here("formula", "run", "--quiet", "--time-limit", 0.5, "--functions", "x,x^2")
    assert (other.status, other.err) == (0, "")
    assert evokan_here("formula", "run", "--json").out == more.out
    (tmp_path / "units.txt").write_text("x: m\ny: s\nf: m*s\n")
    assert evokan_here("formula", "run", "--quiet", "--time-limit", 0.5, "--units", "units.txt").status == 0


def test_a_member_of_the_front_and_a_file(iris_run, evokan_here, tmp_path):
    with (iris_run.path / "pareto.csv").open(newline="") as file:
        smallest = min(csv.DictReader(file), key=lambda row: int(row["n_params"]))["id"]
    result = evokan_here(
        "formula", iris_run.path, "--network", smallest, "--python", "--out", "made.py", "--time-limit", 3
    )
    assert (result.status, result.err, result.out) == (0, "", "written to made.py\n")
    made: dict[str, object] = {}
    exec((tmp_path / "made.py").read_text(), made)
    assert sum(made["probabilities"](*[1.0] * made["formula"].__code__.co_argcount)) == pytest.approx(1)
    assert evokan_here("formula", iris_run.path, "--c", "--out", "made.py", "--time-limit", 1).status == 2


def test_what_cannot_be_is_told_in_a_line(iris_run, evokan_here, tmp_path):
    def fault(*arguments):
        result = evokan_here("formula", *arguments)
        assert (result.status, result.out) == (2, "")
        return result.err

    assert "is not the folder of a run" in fault("nowhere")
    assert "the front has no member 999" in fault(iris_run.path, "--network", 999)
    assert "there is no formula 999" in fault(iris_run.path, "--member", 999)
    assert "did you mean 'law'" in fault(iris_run.path, "--kind", "laws")
    assert "did you mean 'latex'" in fault(iris_run.path, "--format", "latx")
    assert "cannot be read" in fault(iris_run.path, "--units", "none.txt")
    assert fault(iris_run.path, "--latex", "--c", "--time-limit", 0).count("evokan:") == 2
    assert "did you mean 'exp(x)'" in fault(iris_run.path, "--functions", "x,exp(y)")
    assert "--tolerance" in fault(iris_run.path, "--tolerance", -1)
    assert not list(tmp_path.iterdir())


def test_a_search_leaves_its_formula_and_pictures(law_run, iris_run):
    text = (law_run.path / "best" / "formula.txt").read_text()
    assert text.startswith(("law formula (", "network formula ("))
    assert "f = x*y" in text
    assert "validation loss" in text
    assert (iris_run.path / "best" / "formula.txt").read_text().count("score(") >= 3
    for name in ("edges.png", "importances.png"):
        assert (iris_run.path / "plots" / name).stat().st_size > 10_000


def test_the_same_from_python(law_run, law_json, as_json):
    from evokan import load_run

    run = load_run(law_run.path)
    found = as_json(law_json.out)
    assert run.best.formula().text == f"f = {found['front'][found['answer']]['outputs']['f']}"
    X = run.problem.table.X
    assert run.best.graph.predict(X) == pytest.approx(run.best.outputs(X), abs=1e-9)


def test_importances_agree_with_what_matters(own_run, iris_run):
    from evokan import load_run
    from evokan.errors import InputError

    run = load_run(iris_run.path)
    found = run.importances()
    assert found.attribution == pytest.approx(run.best.explanation.importances)
    assert ((found.kept >= 0) & (found.kept <= 1)).all()
    unused = found.attribution == 0
    assert found.permutation[unused] == pytest.approx(0)
    assert found.permutation[np.argmax(found.attribution)] > 0
    again = run.importances([run])
    assert again.networks == 2 * found.networks
    assert again.kept == pytest.approx(found.kept)
    with pytest.raises(InputError, match="other columns"):
        run.importances([load_run(own_run.path)])


def test_a_run_whose_data_has_gone_says_so(iris_run, evokan_here, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(iris_run.path, copy)
    config = json.loads((copy / "config.json").read_text())
    config["data"]["sha256"] = "0" * 64
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "manifest.json").unlink()
    assert evokan_here("formula", copy).status == 0  # what is stored needs no data
    result = evokan_here("formula", copy, "--time-limit", 1)
    assert result.status == 2
    assert "the data has changed since the run began" in result.err


def test_another_engine_is_asked_missed_and_misspelt(law_run, evokan_here, monkeypatch):
    from evokan.explain.relations import operon

    monkeypatch.setattr(operon, "find_spec", lambda name: "there")
    result = evokan_here("formula", law_run.path, "--formula-engine", "both", "--tolerance", "0.06", "--quiet")
    assert (result.status, result.out.strip()) == (0, "f = x*y")  # exact before any other engine is asked
    monkeypatch.setattr(operon, "find_spec", lambda name: None)
    result = evokan_here("formula", law_run.path, "--formula-engine", "operon")
    assert result.status == 2
    assert "pip install 'evokan[formula]'" in result.err
    result = evokan_here("formula", law_run.path, "--formula-engine", "opron")
    assert result.status == 2
    assert "did you mean 'operon'?" in result.err


def test_another_engine_is_not_asked_for_classes(iris_run, evokan_here):
    result = evokan_here("formula", iris_run.path, "--formula-engine", "both")
    assert result.status == 2
    assert "formula engine both: laws are looked for of one number" in result.err
