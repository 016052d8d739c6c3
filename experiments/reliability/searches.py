"""Searches of a few seconds, of every family, that the campaign kills, damages, and asks for nonsense."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

TINY = {"population": 6, "generations": 2, "workers": 2, "formula_seconds": 0.3, "seed": 1}
SMALL_KAN = {"space": "gakan", "steps": 2, "space_options": {"max_depth": 2, "max_width": 3}}
SMALL_HKAN = {"space": "hkan", "space_options": {"max_nodes": 12, "max_nodes_deep": 8, "max_basis": 5}}
SMALL_FKAN = {"space": "fkan", "steps": 2, "space_options": {"max_width": 5, "max_depth": 2}}

SEARCHES: dict[str, dict[str, Any]] = {
    "gakan": {**TINY, **SMALL_KAN, "data": "shop.csv", "target": "kind", "impute": "median", "folds": 2},
    "gakan-nsga2": {**TINY, **SMALL_KAN, "dataset": "iris", "algorithm": "nsga2"},
    "gakan-race-inherit": {**TINY, **SMALL_KAN, "dataset": "iris", "folds": 4, "race": True, "inherit": True},
    "gakan-ray": {**TINY, **SMALL_KAN, "dataset": "iris", "folds": 2, "ray": True},
    "hkan": {**TINY, **SMALL_HKAN, "dataset": "iris", "folds": 2},
    "hkan-ray": {**TINY, **SMALL_HKAN, "dataset": "exp-sin", "folds": 1, "ray": True},
    "fkan": {**TINY, **SMALL_FKAN, "dataset": "iris", "folds": 2},
    "fkan-equation": {**TINY, **SMALL_FKAN, "dataset": "lane-emden-1"},
    "kafcm": {**TINY, "space": "kafcm", "dataset": "yerkes-dodson", "folds": 2, "steps": 4},
    "kafcm-series": {**TINY, "space": "kafcm", "data": "plant.csv", "time": "hour", "folds": 2, "steps": 4},
}
"""Settings of `evokan.search` by name; files named by ``data`` are those of `write_tables`."""


def write_tables(folder: Path) -> None:
    """Write the tables that searches name by file: one of classes, with text and a gap, and a series."""
    rng = np.random.default_rng(0)
    colours = rng.choice(["red", "green", "dark blue"], 60)
    size, weight = rng.normal(size=60), rng.normal(size=60)
    kinds = np.where(size + (colours == "red") > weight, "mid, or so", "low")
    rows = [f'{s:.4f},{c},{w:.4f},"{k}"' for s, c, w, k in zip(size, colours, weight, kinds, strict=True)]
    rows[7] = rows[7].replace(rows[7].split(",")[2], "", 1)
    (folder / "shop.csv").write_text("\n".join(["size,colour,weight,kind", *rows]) + "\n", encoding="utf-8")
    state, lines = rng.uniform(-1, 1, 3), ["hour,heat,flow,level"]
    for hour in range(60):
        lines.append(",".join([str(hour), *(f"{value:.5f}" for value in state)]))
        a, b, c = state
        state = np.tanh([1.4 * b, 0.9 - 1.7 * a * a, 0.5 * c + 0.4 * a]) + 0.05 * rng.normal(size=3)
    (folder / "plant.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def settings(name: str, folder: Path) -> dict[str, Any]:
    """Return the settings of a search, its table in `folder`."""
    found = dict(SEARCHES[name])
    if "data" in found:
        found["data"] = str(folder / found["data"])
    return found


def arguments(options: Mapping[str, Any]) -> list[str]:
    """Return settings as the words of a command line."""
    words: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if name == "space_options":
            for key, number in value.items():
                words += ["--space-option", f"{key}={number}"]
        elif value is True:
            words.append(flag)
        else:
            words += [flag, str(value)]
    return words
