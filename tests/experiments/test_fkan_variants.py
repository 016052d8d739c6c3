"""How the defaults of `fkan` were chosen: what the page says of them follows from its rows."""

from __future__ import annotations

from experiments.fkan import defaults
from search_spaces.fkan import FKAN, FKANOptions


def measured(tests, losses=None):
    """Return rows of two splits a table; tests by variant and choice, a figure for each table."""
    return [
        {
            "variant": variant,
            "choose": choose,
            "dataset": f"t{place}",
            "split": split,
            "population": 20,
            "generations": 5,
            "val_loss": (losses or tests)[variant, choose][place],
            "test": figure * (0.5 + split),
            "accuracy": "",
            "n_params": 9,
            "cpu_seconds": 1.0,
        }
        for (variant, choose), figures in tests.items()
        for place, figure in enumerate(figures)
        for split in (0, 1)
    ]


def test_the_defaults_are_judged_by_the_best_of_each_table():
    tests = {defaults.DEFAULT: (0.4, 0.1), ("5 folds, ridge 0.01", "one-se"): (0.1, 0.1), ("x", "one-se"): (0.1, 0.9)}
    text = "\n".join(defaults.report(measured(tests)))
    assert "| 5 folds, ridge 0.001 | one-se | 4 | 1 | 2 | 4 |" in text
    assert "The defaults have 2 times the lowest test figure in the mean, and 4 times on t0, where" in text
    assert "Lines with a lower mean: 1 of 2 others; with a lower largest ratio: 1." in text


def test_a_common_iteration_is_counted_beside_its_like():
    tests = {
        ("5 folds, ridge 0.01", "one-se"): (0.1, 0.1),
        ("common iteration, ridge 0.01", "one-se"): (0.2, 0.05),
        ("common iteration, ridge 0.01", "best-loss"): (0.2, 0.2),
    }
    losses = {way: (0.1 + way[0].startswith("common"),) * 2 for way in tests}
    text = "\n".join(defaults.report(measured(tests, losses)))
    assert "the validation loss is higher in 2 of 2 cases, the test figure in 1." in text
    assert "common iteration beside" not in "\n".join(defaults.report(measured({defaults.DEFAULT: (0.1,)})))


def test_the_defaults_are_those_of_the_family():
    given = defaults.VARIANTS[defaults.DEFAULT[0]]
    assert given["space_options"] == {"ridge": FKANOptions().ridge}
    settings = FKAN.presets["default"].settings
    assert settings["choose"] == defaults.DEFAULT[1]
    assert (settings["folds"], settings.get("fold_stop", "own")) == (given["folds"], given["fold_stop"])
