"""``--config RUN/config.json``: the same search once more."""

from __future__ import annotations

import json

from evokan.cli.app import main
from evokan.runs.run import Run

SMALL = ["--population", "4", "--generations", "1", "--steps", "1", "--folds", "2", "--seed", "5", "--workers", "2"]
SMALL += ["--baselines", "none", "--no-report", "--formula-seconds", "0", "--space-option", "max_depth=2", "--quiet"]


def test_a_run_is_repeated_from_its_config(tmp_path, capsys):
    data = tmp_path / "t.csv"
    data.write_text("a,b,y\n" + "".join(f"{n % 7},{n % 5},{n % 7 + 0.5 * (n % 5)}\n" for n in range(60)))
    first, second = tmp_path / "one", tmp_path / "two"
    assert main(["search", "--space", "gakan", "--data", str(data), "--target", "y", *SMALL, "--out", str(first)]) == 0
    capsys.readouterr()
    config = json.loads((first / "config.json").read_text())
    config["settings"] |= {"ray_address": "auto", "ray": True}
    config["versions"]["numpy"] = "1.0"
    (tmp_path / "shared.json").write_text(json.dumps(config))
    again = ["search", "--config", str(tmp_path / "shared.json"), "--quiet", "--out"]
    assert main([*again, str(second)]) == 0
    said = capsys.readouterr().err
    assert "left out, since it is never taken from a run: ray, ray_address, workers" in said
    assert "made with other versions (now): numpy 1.0 (" in said
    assert "has changed" not in said
    one, two = Run(first), Run(second)
    assert one.evaluations.drop(columns="seconds").equals(two.evaluations.drop(columns="seconds"))
    assert two.config["options"]["max_depth"] == 2
    data.write_text(data.read_text() + "1,1,1.5\n")
    assert main([*again, str(tmp_path / "three"), "--seed", "6"]) == 0
    assert f"the data file {data} has changed since that run" in capsys.readouterr().err
    assert Run(tmp_path / "three").config["settings"]["seed"] == 6  # the command line wins
