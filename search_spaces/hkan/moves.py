"""Changes of a network that flips of single bits hardly make: twice and half of a number, a layer more or less.

They are ours; the paper searches with Optuna's TPE.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evokan.problem.problem import Problem
from search_spaces.hkan.encoding import HIDDEN_BASES, HKANArchitecture, nearest
from search_spaces.hkan.layers import BASES, Basis, HKANLayer
from search_spaces.hkan.options import HKANOptions

MOVES: Mapping[str, float] = {"double": 0.3, "halve": 0.25, "append": 0.15, "split": 0.1, "drop": 0.1, "other": 0.1}
"""How often each is wanted beside the others."""
_NUMBERS = ("nodes", "nodes", "n_basis", "sigma")
"""What is doubled and halved; nodes twice as often as the others."""
_NARROWER = 4
"""An appended layer has so many times fewer nodes than the one below."""


def neighbour(
    network: HKANArchitecture, move: str, problem: Problem, options: HKANOptions, rng: np.random.Generator
) -> HKANArchitecture | None:
    """Return a network one move away that a chromosome can say, or None where the move is not possible.

    ``double`` and ``halve`` change the nodes of a hidden layer, or the sharpness (with `mixed_sigma` that of one
    function) or the number of basis functions of any; ``split`` makes two layers of half the nodes out of a hidden one;
    ``append`` puts a narrow layer below the output, ``drop`` takes a hidden layer away; ``other`` gives a layer another
    basis function.
    """
    layers = list(network.layers)
    place = int(rng.integers(max(len(layers) - 1, 1)))
    if move in ("double", "halve"):
        found = _scaled(layers, 2.0 if move == "double" else 0.5, options.mixed_sigma, rng)
    elif move == "other":
        found = _other(layers, rng)
    elif move == "drop":
        found = [*layers[:place], *layers[place + 1 :]] if len(layers) > 1 else None
    elif len(layers) >= options.max_layers:
        found = None
    elif move == "split":
        found = _split(layers, place)
    else:
        found = [*layers[:-1], _appended(layers), layers[-1]]
    if found is None:
        return None
    moved = nearest(HKANArchitecture(network.n_inputs, tuple(found)), problem, options)
    return None if moved == network else moved


def _scaled(layers: Sequence[HKANLayer], factor: float, each: bool, rng: np.random.Generator) -> list[HKANLayer] | None:
    last = len(layers) - 1
    places = [
        (number, name)
        for number, layer in enumerate(layers)
        for name in _NUMBERS
        if (number < last if name == "nodes" else not layer.is_identity)
    ]
    if not places:
        return None
    number, name = places[rng.integers(len(places))]
    layer = layers[number]
    changed: dict[str, Any] = {}
    if name == "sigma":
        sigmas = [*layer.sigmas] if each else [layer.sigmas[0]]
        place = int(rng.integers(len(sigmas))) if len(sigmas) > 1 else 0
        sigmas[place] = max(sigmas[place] * factor, 1.0)
        changed[name] = tuple(sigmas)
    else:
        changed[name] = max(round(getattr(layer, name) * factor), 1)
    return _with(layers, number, replace(layer, **changed))


def _other(layers: Sequence[HKANLayer], rng: np.random.Generator) -> list[HKANLayer]:
    number = int(rng.integers(len(layers)))
    layer = layers[number]
    choices: Sequence[Basis] = BASES if number == len(layers) - 1 else HIDDEN_BASES
    others = [basis for basis in choices if (basis,) != layer.bases]
    basis = others[rng.integers(len(others))]
    if layer.is_identity:
        return _with(layers, number, HKANLayer(layer.nodes, basis, 3.0, 8, "data", 0.1))
    sigmas = dict(zip(layer.bases, layer.sigmas, strict=True))
    return _with(layers, number, replace(layer, basis=basis, sigma=sigmas.get(basis, layer.sigmas[0])))


def _split(layers: Sequence[HKANLayer], place: int) -> list[HKANLayer] | None:
    if len(layers) == 1 or layers[place].nodes < 4:
        return None
    half = replace(layers[place], nodes=layers[place].nodes // 2)
    return [*layers[:place], half, half, *layers[place + 1 :]]


def _appended(layers: Sequence[HKANLayer]) -> HKANLayer:
    if len(layers) > 1:
        return replace(layers[-2], nodes=max(layers[-2].nodes // _NARROWER, 2))
    return HKANLayer(30, "sigmoid", 3, 3, "data", 0.01)


def _with(layers: Sequence[HKANLayer], number: int, layer: HKANLayer) -> list[HKANLayer]:
    return [*layers[:number], layer, *layers[number + 1 :]]
