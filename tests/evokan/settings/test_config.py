"""Settings: layers, limits, and sentences about what is wrong."""

from __future__ import annotations

import pytest

from evokan.errors import InputError
from evokan.settings.choices import parse_choice
from evokan.settings.job import default_paths, prepare, resolve
from evokan.settings.layers import build_config, read_config_file

BASE = {"space": "gakan", "dataset": "iris"}


def faults(*layers, call=build_config) -> list[str]:
    with pytest.raises(InputError) as caught:
        call(*layers)
    return list(caught.value.faults)


# ---------------------------------------------------------------- layers


def test_later_layers_win_and_none_counts_as_not_given():
    config = build_config(BASE, {"population": 8, "seed": 3}, {"population": None, "seed": 4})
    assert (config.population, config.seed, config.generations) == (8, 4, 20)


def test_options_of_the_space_are_merged_one_by_one():
    config = build_config({**BASE, "space_options": {"a": 1, "b": 1}}, {"space_options": {"b": 2}})
    assert config.space_options == {"a": 1, "b": 2}


def test_text_as_the_command_line_gives_it_means_the_same():
    typed = build_config(
        BASE,
        {"population": "8", "val_size": "0.25", "distinct": "false", "out": "here", "objectives": "val_loss, n_edges"},
    )
    plain = build_config(
        BASE,
        {"population": 8, "val_size": 0.25, "distinct": False, "out": "here", "objectives": ["val_loss", "n_edges"]},
    )
    assert typed == plain


def test_presets_lie_between_the_defaults_and_what_the_user_says():
    assert resolve(BASE).scaler == "standard"
    paper = resolve({**BASE, "preset": "paper"})
    assert (paper.scaler, paper.parsimony, paper.refit, paper.folds) == ("none", "none", "none", 1)
    assert paper.space_options["patience"] == 0
    mixed = resolve({**BASE, "preset": "paper", "scaler": "minmax", "space_options": {"patience": 7}})
    assert (mixed.scaler, mixed.space_options["patience"], mixed.parsimony) == ("minmax", 7, "none")


def test_a_file_lies_below_the_arguments(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("space: gakan\ndataset: wine\npopulation: 12\nval-size: 0.3\npreset: paper\n")
    config = resolve({"population": 14}, path)
    assert (config.dataset, config.population, config.val_size, config.scaler) == ("wine", 14, 0.3, "none")


def test_a_config_survives_json():
    config = build_config(BASE, {"objectives": "val_loss,depth", "test_size": 1 / 3, "out": "x"})
    assert build_config(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("objectives", "front"),
    [
        ("val_loss", ("val_loss", "n_params")),
        ("n_params", ("val_loss", "n_params")),
        ("depth", ("depth", "n_params")),
        ("n_edges,val_loss", ("n_edges", "val_loss")),
    ],
)
def test_the_front_has_at_least_two_objectives(objectives, front):
    assert build_config(BASE, {"objectives": objectives}).front_objectives == front


# ---------------------------------------------------------------- faults


def test_every_fault_gets_a_sentence():
    found = faults(
        BASE,
        {
            "population": 3,
            "steps": "many",
            "task": "regresion",
            "crossover_rate": float("nan"),
            "folds": 2.5,
            "choose": "smallest",
            "objectives": "loss,val_los",
            "workers": 0,
        },
    )
    assert [sentence.partition(":")[0] for sentence in found] == [
        "unknown value for --task 'regresion'",
        "--population",
        "--crossover-rate",
        "unknown objective 'loss'",
        "unknown objective 'val_los'",
        "--choose smallest",
        "--steps",
        "--folds",
        "--workers",
    ]
    assert found[1] == "--population: must be at least 4 (got 3)"
    assert "did you mean 'regression'?" in found[0]
    assert found[6] == "--steps: expected a whole number (got many)"


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"dataset": None, "data": None}, "give either"),
        ({"data": "a.csv", "target": "y"}, "exclude each other"),
        ({"dataset": None, "data": "a.csv"}, "--data needs --target"),
        ({"target": "y"}, "--target goes with --data"),
    ],
)
def test_where_the_rows_come_from_is_said_once(settings, part):
    layer = {name: value for name, value in {**BASE, **settings}.items() if value is not None}
    (only,) = faults(layer)
    assert part in only
    assert len(faults({**layer, "population": 0})) == 2  # together with other faults


def test_a_misspelt_name_is_one_fault():
    assert faults({"space": "gakan", "datset": "iris"}) == ["unknown option '--datset': did you mean '--dataset'?"]


@pytest.mark.parametrize("options", [5, "max_depth=3", ["max_depth"]])
def test_space_options_must_be_a_mapping(options):
    (only,) = faults(BASE, {"space_options": options})
    assert "space_options" in only


@pytest.mark.parametrize("objectives", [5, [], "", "val_loss,val_loss"])
def test_objectives_must_be_names_each_once(objectives):
    (only,) = faults(BASE, {"objectives": objectives})
    assert "objective" in only


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (None, "cannot be read"),
        ("- a\n- b\n", "'name: value'"),
        ("a: [1\n", "is not a YAML file"),
        ("just text", "'name: value'"),
        ("race: &a [*a]\n", "found unconstructable recursive node"),
        (b"\xff\xfe\x00", "is not a YAML file"),
    ],
)
def test_settings_files_that_are_none(tmp_path, text, content):
    path = tmp_path / "settings.yaml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (only,) = faults(path, call=read_config_file)
    assert content in only
    assert str(path) in only
    assert "\n" not in only


@pytest.mark.parametrize("value", [range(3), 3, b"x"])
def test_a_settings_file_is_named_by_a_path(value):
    (only,) = faults(BASE, value, call=resolve)
    assert only.startswith("config: expected a path (got ")


@pytest.mark.parametrize("name", ["data", "out"])
def test_a_path_that_cannot_be_is_refused(name):
    (only,) = faults({"space": "hkan", "data": "x.csv", "target": "y", name: "a\0b"})
    assert only.startswith(f"--{name}: no path holds a zero character")


def test_an_empty_settings_file_says_nothing(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("# nothing yet\n")
    assert read_config_file(path) == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("best-loss", ("best-loss", 0.0)),
        ("knee", ("knee", 0.0)),
        ("one-se", ("one-se", 0.0)),
        ("se:0.25", ("se", 0.25)),
        ("smallest:0", ("smallest", 0.0)),
        ("smallest:0.05", ("smallest", 0.05)),
    ],
)
def test_rules_of_choice(text, value):
    assert parse_choice(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "best",
        "se",
        "se:-1",
        "smallest",
        "smallest:",
        "smallest:-1",
        "smallest:nan",
        "smallest:inf",
        "knee:1",
        "",
        "smallest:x",
    ],
)
def test_what_is_no_rule_of_choice(text):
    assert len(faults(BASE, {"choose": text})) == 1


# ---------------------------------------------------------------- from settings to a job


def test_unknown_names_are_reported_together():
    found = faults({"space": "gakn", "dataset": "irsi"}, call=resolve)
    assert ["gakan" in found[0], "iris" in found[1], len(found)] == [True, True, 2]


def test_options_of_the_space_and_the_data_are_reported_together(tmp_path):
    settings = {"space": "gakan", "data": tmp_path / "none.csv", "target": "y", "space_options": {"max_depth": 0}}
    found = faults(resolve(settings), call=prepare)
    assert len(found) == 2
    assert "max_depth" in found[0]
    assert "none.csv" in found[1]


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"dataset": "iris", "task": "regression"}, "is for classification"),
        ({"dataset": "product", "test_size": 0.3}, "its own test rows"),
    ],
)
def test_a_setting_that_a_named_data_set_contradicts(settings, part):
    (only,) = faults(resolve({"space": "gakan", **settings}), call=prepare)
    assert part in only


def test_the_default_folder_is_a_new_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.strftime", lambda form: "T")
    config = build_config(BASE)
    paths = [path.name for path, _ in zip(default_paths(config), range(3), strict=False)]
    assert paths == ["T-gakan-iris", "T-gakan-iris-2", "T-gakan-iris-3"]
    named = next(default_paths(build_config({"space": "gakan", "data": "some/where/my table.csv", "target": "y"})))
    assert named.name == "T-gakan-my table"
