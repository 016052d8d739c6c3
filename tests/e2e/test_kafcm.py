"""The causal maps from the command line: a user's time series, what-if simulation, the list of edges."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

TINY = ("--population", "8", "--generations", "1", "--folds", "1", "--workers", "1", "--formula-seconds", "0")


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """Two series of three concepts: heat drives load by a hill, load drives price."""
    rng = np.random.default_rng(0)
    rows = []
    for who in ("north", "south"):
        heat, load, price = rng.uniform(-1, 1, 3)
        for hour in range(60):
            rows.append({"hour": hour, "who": who, "heat": heat, "load": load, "price": price})
            heat, load, price = (
                np.clip(0.8 * heat + 0.4 * rng.normal(), -1, 1),
                np.exp(-4 * heat**2),
                20 + 5 * load + 0.1 * rng.normal(),
            )
    folder = tmp_path_factory.mktemp("plant")
    pd.DataFrame(rows).sample(frac=1, random_state=0).to_csv(folder / "plant.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def run(plant, evokan):
    result = evokan(
        "search",
        "--space",
        "kafcm",
        "--data",
        "plant.csv",
        "--time",
        "hour",
        "--series",
        "who",
        *TINY,
        "--space-option",
        "required=heat>load,load>price",
        "--space-option",
        "forbidden=price>load",
        "--out",
        "run",
        "--json",
        cwd=plant,
    )
    assert result.status == 0, result.err
    return plant / "run", json.loads(result.out)


def test_a_time_series_is_searched_to_the_end(run):
    path, summary = run
    assert summary["task"] == "trajectory"
    assert set(summary["baselines"]) >= {"persistence", "ridge", "fcm_scalar_weights", "mlp_two_layers"}
    assert summary["metrics"]["test"]["r2"] > summary["baselines"]["persistence"]["r2"]
    config = json.loads((path / "config.json").read_text())
    assert (config["settings"]["time"], config["settings"]["series"]) == ("hour", "who")
    assert config["data"]["rows"] == 118
    names = {file.name for file in (path / "plots").iterdir()}
    assert names >= {"functional_matrix.png", "causal_graph.png", "network.png", "feature_importance.png"}


def test_required_edges_are_there_and_forbidden_ones_are_not(run, evokan):
    path, _ = run
    result = evokan("kafcm", "edges", path, "--quiet", cwd=path)
    edges = set(result.out.split())
    assert edges >= {"heat>load", "load>price"}
    assert "price>load" not in edges
    listed = json.loads(evokan("kafcm", "edges", path, "--json", cwd=path).out)
    hill = next(edge for edge in listed if (edge["cause"], edge["effect"]) == ("heat", "load"))
    assert hill["course"] == "not monotonic"
    assert min(abs(x) for x, kind in hill["turns"] if kind == "maximum") < 0.3
    assert "heat" in evokan("kafcm", "edges", path, cwd=path).out


def test_predictions_are_the_next_state(run, evokan, tmp_path):
    path, _ = run
    rows = pd.DataFrame({"price": [20.0, 25], "heat": [0.0, 0.9], "load": [0.5, 1.0], "other": "x"})
    rows.to_csv(tmp_path / "now.csv", index=False)
    result = evokan("predict", path, "--data", "now.csv", "--out", "next.csv", cwd=tmp_path)
    assert result.status == 0, result.err
    found = pd.read_csv(tmp_path / "next.csv")
    assert list(found) == ["heat", "load", "price"]
    assert found["load"][0] > found["load"][1]


def test_simulation_holds_what_is_set_and_goes_on_from_what_is_started(run, evokan, tmp_path):
    path, _ = run
    result = evokan(
        "kafcm",
        "simulate",
        path,
        "--set",
        "heat=0.0",
        "--start",
        "price=30",
        "--steps",
        "5",
        "--out",
        "what.csv",
        "--json",
        cwd=tmp_path,
    )
    assert result.status == 0, result.err
    told = json.loads(result.out)
    found = pd.read_csv(tmp_path / "what.csv")
    kinds = ("", " (base)", " (low)", " (high)")
    assert list(found) == ["step", *(f"{name}{kind}" for kind in kinds for name in ("heat", "load", "price"))]
    for name in ("heat", "load", "price"):
        assert (found[f"{name} (low)"] <= found[name]).all()
        assert (found[name] <= found[f"{name} (high)"]).all()
    assert (found["heat (low)"] == found["heat (high)"]).all(), "what is held does not spread"
    assert found["price (high)"][3] > found["price (low)"][3]
    assert told["low"]["load"] == found["load (low)"][5]
    assert found["step"].tolist() == list(range(6))
    assert np.allclose(found["heat"], 0)
    assert found["price"][0] == 30
    assert found["load"][1:].min() > 0.7
    assert told["last"]["load"] == pytest.approx(found["load"][5])
    assert (tmp_path / "what.png").stat().st_size > 5000
    assert evokan("kafcm", "simulate", path, "--out", "what.csv", cwd=tmp_path).status == 2
    plain = evokan("kafcm", "simulate", path, "--no-spread", cwd=tmp_path)
    assert plain.status == 0
    assert list(pd.read_csv(path / "simulation.csv")) == ["step", "heat", "load", "price"]
    assert (path / "simulation.csv").is_file()
    assert (path / "simulation.png").is_file()


@pytest.mark.parametrize(("kind", "head"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_simulation_is_drawn_for_papers(run, evokan_here, tmp_path, kind, head):
    path, _ = run
    result = evokan_here("kafcm", "simulate", path, "--picture-format", kind, "--out", "p.csv", "--json")
    assert result.status == 0, result.err
    assert json.loads(result.out)["plot"] == f"p.{kind}"
    assert (tmp_path / f"p.{kind}").read_bytes().startswith(head)
    assert not (tmp_path / "p.png").exists()


def test_a_pulse_lasts_as_long_as_it_is_told_and_the_base_run_stands_beside_it(run, evokan, tmp_path):
    path, _ = run
    result = evokan(
        "kafcm", "simulate", path, "--set", "heat=0..0.8@2:4", "--steps", "6", "--out", "p.csv", "--json", cwd=tmp_path
    )
    assert result.status == 0, result.err
    found = pd.read_csv(tmp_path / "p.csv")
    assert found["heat"][2:5].tolist() == pytest.approx([0.0, 0.4, 0.8])
    assert found["heat"][:2].tolist() == pytest.approx(found["heat (base)"][:2].tolist())
    assert not np.allclose(found["load"][3:], found["load (base)"][3:])
    assert json.loads(result.out)["base"]["load"] == pytest.approx(found["load (base)"][6])


def test_without_its_data_a_run_is_simulated_without_a_spread(run, evokan, tmp_path):
    path, _ = run
    data = path.parent / "plant.csv"
    data.rename(tmp_path / "plant.csv")
    try:
        result = evokan("kafcm", "simulate", path, "--set", "heat=0.3", "--out", "x.csv", "--quiet", cwd=tmp_path)
    finally:
        (tmp_path / "plant.csv").rename(data)
    assert result.status == 0, result.err
    assert "no spread is told" in result.err
    assert not [name for name in pd.read_csv(tmp_path / "x.csv") if "(low)" in name]


def test_edges_come_with_how_sure_they_are(run):
    path, _ = run
    table = pd.read_csv(path / "best" / "edges.csv")
    assert list(table) == ["cause", "effect", "lag", "strength", "q_value", "stability"]
    assert (table.lag == 1).all()
    own = table.set_index(["cause", "effect"]).loc[("heat", "load")]
    assert own.q_value < 1e-6
    assert own.stability == 1.0
    assert "best/edges.csv" in json.loads((path / "manifest.json").read_text())["sha256"]


@pytest.mark.parametrize(
    ("arguments", "faults"),
    [
        (
            ("--set", "heet=1", "--start", "load"),
            ["--start load: write CONCEPT=VALUE with a finite number, such as stress=0.8"],
        ),
        (("--set", "heet=1"), ["unknown concept 'heet': did you mean 'heat'? Known: heat, load, price"]),
        (
            ("--set", "heat=nan"),
            [
                "--set heat=nan: write CONCEPT=VALUE, CONCEPT=VALUE@STEP or CONCEPT=FROM..TO@FIRST:LAST with finite "
                "numbers, such as heat=0.8@5:10"
            ],
        ),
        (("--set", "heat=1@9:5"), ["--set heat=1@9:5: step 5 lies before step 9"]),
        (("--set", "heat=1@50"), ["heat: step 50 lies beyond the 20 steps of --steps"]),
        (("--set", "heat=1", "--start", "heat=0"), ["'heat' has both --set and --start: give one of them"]),
        (("--out", "x.txt"), ["--out x.txt: its name must end in .csv"]),
        (
            ("--picture-format", "sgv"),
            ["unknown picture format 'sgv': did you mean 'svg'? Known: pdf, png, svg"],
        ),
    ],
)
def test_wrong_simulations_get_a_sentence(run, evokan_here, arguments, faults):
    result = evokan_here("kafcm", "simulate", run[0], *arguments)
    assert result.status == 2
    assert result.err.splitlines() == [f"evokan: {fault}" for fault in faults]


def test_a_run_of_another_family_is_refused(law_run, evokan_here):
    result = evokan_here("kafcm", "simulate", law_run.path)
    assert result.status == 2
    assert "is a run of the search space 'gakan', not of 'kafcm'" in result.err


def test_an_input_table_is_simulated_for_one_target(evokan_here, tmp_path):
    result = evokan_here(
        "search", "--space", "kafcm", "--dataset", "yerkes-dodson", *TINY, "--out", "stress", "--quiet"
    )
    assert result.status == 0, result.err
    result = evokan_here("kafcm", "simulate", "stress", "--set", "stress=0.0", "--steps", "1", "--quiet")
    assert (result.status, result.out) == (0, "")
    found = pd.read_csv(tmp_path / "stress" / "simulation.csv")
    assert found["performance"].isna().tolist() == [True, False]
    assert found["performance"][1] == pytest.approx(1.0, abs=0.1)


def test_families_are_in_the_help_without_being_imported(evokan_here, monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.startswith("search_spaces.kafcm")]:
        monkeypatch.delitem(sys.modules, name)
    result = evokan_here("--help")
    assert "evokan kafcm --help" in " ".join(result.out.replace("\u2502", " ").split())
    assert "search_spaces.kafcm.commands" not in sys.modules
    assert evokan_here("kafcm", "--help").status == 0
    assert "simulate" in evokan_here("kafcm", "-h").out
    assert evokan_here("kafcm", "simulat").err == "evokan: unknown command 'simulat': did you mean 'simulate'?\n"
    assert evokan_here("kafcm").status == 2


def test_a_simulation_writes_through_no_link_of_the_run(run, evokan, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run[0], copy)
    precious = tmp_path / "precious"
    precious.write_text("precious")
    for name in ("simulation.csv", "simulation.png"):
        (copy / name).unlink(missing_ok=True)
        (copy / name).symlink_to(precious)
    result = evokan("kafcm", "simulate", "run", "--quiet", cwd=tmp_path)
    assert result.status == 0, result.err
    assert precious.read_text() == "precious"
    (tmp_path / "own.png").write_text("mine")
    refused = evokan("kafcm", "simulate", "run", "--out", "own.csv", cwd=tmp_path)
    assert (refused.status, (tmp_path / "own.png").read_text()) == (2, "mine")
