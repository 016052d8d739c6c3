"""Experiments by name: which module has which."""

from __future__ import annotations

from importlib import import_module

from evokan.errors import InputError, unknown_name
from experiments.harness import Experiment

MODULES = {
    "batched-trainer": "experiments.benchmarks.batched_trainer",
    "comparison": "experiments.comparison.study",
    "comparison-calibration": "experiments.comparison.calibration",
    "evolution-hypervolume": "experiments.evolution.hypervolume",
    "evolution-shortcuts": "experiments.evolution.shortcuts",
    "fkan-block": "experiments.benchmarks.fkan_block",
    "fkan-calibration": "experiments.fkan.calibration",
    "fkan-defaults": "experiments.fkan.defaults",
    "fkan-denoising": "experiments.fkan.denoising",
    "fkan-equations": "experiments.fkan.equations",
    "fkan-evolved": "experiments.fkan.evolved",
    "fkan-figure-4c": "experiments.fkan.figure_4c",
    "fkan-imdb": "experiments.fkan.imdb",
    "fkan-mnist": "experiments.fkan.mnist",
    "fkan-neurons": "experiments.fkan.neurons",
    "fkan-parameters": "experiments.fkan.parameters",
    "fkan-pays": "experiments.fkan.pays",
    "fkan-regression": "experiments.fkan.regression",
    "fkan-rivals": "experiments.fkan.rivals",
    "fkan-stopping": "experiments.fkan.stopping",
    "formula-feynman": "experiments.formula.feynman",
    "formula-laws": "experiments.formula.laws",
    "formula-speed": "experiments.formula.speed",
    "formula-tables": "experiments.formula.tables",
    "gakan-ablation": "experiments.gakan.ablation",
    "gakan-convergence": "experiments.gakan.convergence",
    "gakan-defaults": "experiments.gakan.defaults",
    "gakan-interpretation": "experiments.gakan.interpretation",
    "gakan-laws": "experiments.gakan.laws",
    "gakan-rivalry": "experiments.gakan.rivalry",
    "gakan-tables": "experiments.gakan.tables",
    "gakan-training": "experiments.benchmarks.gakan_training",
    "hkan-classes": "experiments.hkan.classes",
    "hkan-complexity": "experiments.hkan.complexity",
    "hkan-explosions": "experiments.hkan.explosions",
    "hkan-fit": "experiments.benchmarks.hkan_fit",
    "hkan-forecasting": "experiments.hkan.forecasting",
    "hkan-rows": "experiments.hkan.rows",
    "hkan-table-v": "experiments.hkan.table_v",
    "kafcm-cost": "experiments.kafcm.cost",
    "kafcm-delays": "experiments.kafcm.delays",
    "kafcm-discovery": "experiments.kafcm.discovery",
    "kafcm-laws": "experiments.kafcm.laws",
    "kafcm-mackey-glass": "experiments.kafcm.mackey",
    "kafcm-rivalry": "experiments.kafcm.rivalry",
    "kafcm-sensitivity": "experiments.kafcm.sensitivity",
    "large-searches": "experiments.benchmarks.large_searches",
    "pykan-chromosomes": "experiments.benchmarks.pykan_chromosomes",
    "pykan-evaluation": "experiments.benchmarks.pykan_evaluation",
    "pykan-quality": "experiments.benchmarks.pykan_quality",
    "ray-overhead": "experiments.benchmarks.ray_overhead",
    "ray-search": "experiments.benchmarks.ray_search",
    "reliability-campaign": "experiments.reliability.campaign",
    "whole-search": "experiments.benchmarks.whole_search",
}
"""The module of every experiment, which is its constant ``EXPERIMENT``."""


def experiment_names() -> list[str]:
    """Return the names of all experiments, sorted; nothing is loaded."""
    return sorted(MODULES)


def load_experiment(name: str) -> Experiment:
    """Return the experiment called `name`.

    Raises
    ------
    InputError
        There is none, or it needs a package that is not installed.
    """
    if name not in MODULES:
        raise unknown_name("experiment", name, MODULES)
    try:
        experiment: Experiment = import_module(MODULES[name]).EXPERIMENT
    except ModuleNotFoundError as error:
        raise InputError(
            f"experiment {name!r} needs the package {error.name!r}, which is not installed: pip install "
            "'evokan[bench]' has what benchmarks need"
        ) from error
    return experiment
