"""Bits to networks: the paper's table of hyperparameters as value segments.

Dudek and Rodak, arXiv 2501.18199, Table III. Every range there is covered from end to end; the steps are ours: nodes
and sharpness in steps of equal ratio (64 of them, about 10 % and 6 %), the number of basis functions in steps of 1,
the rest by name. All numbers are written in Gray's code, so that neighbours differ in one bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, TypeVar

from evokan.problem.problem import Problem
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import ChromosomeLayout, Segment, Value, ValueSegment
from search_spaces.hkan.layers import BASES, PLACEMENTS, Basis, HKANLayer, Placement
from search_spaces.hkan.options import HKANOptions

RIDGES = (0.0, 0.001, 0.01, 0.1, 1.0, 10.0)
HIDDEN_BASES: tuple[Basis, ...] = BASES[:-1]
HIDDEN_PLACEMENTS: tuple[Placement, ...] = PLACEMENTS[:-1]
_STEPS = 6
"""Bits of a number in steps of equal ratio."""

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class HKANArchitecture(Architecture):
    """A network without its trained values.

    Attributes
    ----------
    n_inputs
        Input columns; every node of the first layer has a block on each.
    layers
        From the input on; the last has one node for each output.
    """

    n_inputs: int
    layers: tuple[HKANLayer, ...]

    @cached_property
    def key(self) -> str:
        """Inputs and the layers' own canonical texts."""
        return f"{self.n_inputs} | " + " | ".join(layer.key for layer in self.layers)

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of nodes of each level, input first."""
        return (self.n_inputs, *(layer.nodes for layer in self.layers))

    @property
    def n_params(self) -> int:
        """Fitted values: coefficients of the blocks, weights and intercepts of the nodes; centres are not fitted."""
        return sum(layer.n_params(columns) for layer, columns in zip(self.layers, self.widths, strict=False))

    @property
    def n_edges(self) -> int:
        """Number of blocks."""
        return sum(layer.nodes * columns for layer, columns in zip(self.layers, self.widths, strict=False))

    @property
    def n_features(self) -> int:
        """Input columns, all of them."""
        return self.n_inputs

    @property
    def depth(self) -> int:
        """Number of layers L."""
        return len(self.layers)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"n_inputs": self.n_inputs, "layers": [layer.to_json() for layer in self.layers]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HKANArchitecture:
        """Return the architecture whose `to_json` gave `data`."""
        return cls(int(data["n_inputs"]), tuple(HKANLayer.from_json(layer) for layer in data["layers"]))


def layout(problem: Problem, options: HKANOptions) -> ChromosomeLayout:
    """Return the segments: number of layers, every hidden layer from the input on, the output layer.

    A network of L layers uses the first L - 1 hidden layers and the output layer; the bits of the others change
    nothing. It is the same for every problem.
    """
    segments: list[Segment] = []
    if options.max_layers > 1:
        segments.append(ValueSegment("layers", _index_bits(options.max_layers), offset=0))
    for name in [f"hidden{i}" for i in range(1, options.max_layers)] + ["output"]:
        hidden = name != "output"
        sizes = {
            "nodes": _STEPS if hidden else 0,
            "basis": _index_bits(len(_bases(options, hidden))),
            **dict.fromkeys(_sigmas(HIDDEN_BASES, options), _STEPS),
            "m": _index_bits(options.max_basis),
            "placement": _index_bits(len(HIDDEN_PLACEMENTS if hidden else PLACEMENTS)),
            "ridge": _index_bits(len(RIDGES)),
        }
        segments += [ValueSegment(f"{name}.{what}", bits, offset=0) for what, bits in sizes.items() if bits]
    return ChromosomeLayout(tuple(segments))


def decode(values: Mapping[str, Value], problem: Problem, options: HKANOptions) -> HKANArchitecture:
    """Return the network that the unpacked segments describe: always one."""
    plan = {segment.name: segment.size for segment in layout(problem, options).segments}

    def pick(name: str, choices: Sequence[Choice]) -> Choice:
        # Where a segment has more numbers than there are choices, each gets about as many as the others.
        return choices[_from_gray(int(values[name])) * len(choices) >> plan[name]] if name in plan else choices[0]

    depth = pick("layers", range(1, options.max_layers + 1))
    layers = []
    for name in _names(depth):
        choices = _choices(problem, options, depth, hidden=name != "output")
        found = {
            attribute: pick(f"{name}.{_SHORT.get(attribute, attribute)}", choices[attribute])
            for attribute in choices
            if attribute != "sigma"
        }
        segments = _sigmas(found["basis"], options)
        found["sigma"] = tuple(pick(f"{name}.{segment}", choices["sigma"]) for segment in segments)
        layers.append(HKANLayer(**found))
    return HKANArchitecture(problem.n_features, tuple(layers))


def encode(architecture: HKANArchitecture, problem: Problem, options: HKANOptions) -> dict[str, Value]:
    """Return segments that `decode` to `architecture`; those of layers it does not have are 0.

    Raises
    ------
    ValueError
        It has more layers than the chromosome can say, or a layer with a value between its steps (`nearest`).
    """
    plan = {segment.name: segment.size for segment in layout(problem, options).segments}
    found: dict[str, Value] = dict.fromkeys(plan, 0)

    def put(name: str, choices: Sequence[Any], value: Any) -> None:
        if value not in choices:
            raise ValueError(f"no chromosome says {name} {value} ({architecture.key})")
        if name in plan:
            place = -(-(choices.index(value) << plan[name]) // len(choices))
            found[name] = place ^ place >> 1

    put("layers", range(1, options.max_layers + 1), architecture.depth)
    for name, layer in zip(_names(architecture.depth), architecture.layers, strict=True):
        if layer.inside or layer.node_ridge:
            raise ValueError(f"no chromosome says inside or node_ridge ({architecture.key})")
        for attribute, choices in _choices(problem, options, architecture.depth, hidden=name != "output").items():
            # What has no influence on an identity layer stays at 0.
            if attribute == "sigma" and options.mixed_sigma:
                if not layer.is_identity:
                    for segment, sigma in zip(_sigmas(layer.bases, options), layer.sigmas, strict=True):
                        put(f"{name}.{segment}", choices, sigma)
            elif attribute in ("nodes", "basis") or not layer.is_identity:
                value = layer.bases if attribute == "basis" else getattr(layer, attribute)
                put(f"{name}.{_SHORT.get(attribute, attribute)}", choices, value)
    return found


def nearest(architecture: HKANArchitecture, problem: Problem, options: HKANOptions) -> HKANArchitecture:
    """Return the network whose numbers are the nearest that a chromosome can say, by their ratio."""
    layers = []
    for number, layer in enumerate(architecture.layers):
        choices = _choices(problem, options, architecture.depth, hidden=number < architecture.depth - 1)
        changed = {name: _nearest(choices[name], getattr(layer, name)) for name in ("nodes", "n_basis")}
        sigmas = tuple(_nearest(choices["sigma"], sigma) for sigma in layer.sigmas)
        layers.append(replace(layer, **changed, sigma=sigmas))
    return HKANArchitecture(architecture.n_inputs, tuple(layers))


def _nearest(choices: Sequence[Any], value: float) -> Any:
    return min(choices, key=lambda step: abs(math.log(step / value)))


_SHORT = {"n_basis": "m"}
"""Attributes of a layer whose segments are called otherwise."""


def _sigmas(bases: Sequence[Basis], options: HKANOptions) -> list[str]:
    """Return the segments that the sharpness of a layer's functions is in: one for all of them, or each by its name."""
    return [f"sigma.{basis}" for basis in bases] if options.mixed_sigma else ["sigma"]


def _names(depth: int) -> list[str]:
    return [*(f"hidden{level}" for level in range(1, depth)), "output"]


def _choices(problem: Problem, options: HKANOptions, depth: int, *, hidden: bool) -> dict[str, Sequence[Any]]:
    """Return what every attribute of a layer may be, in the order of its segment's numbers."""
    widest = options.max_nodes if depth <= 2 else options.max_nodes_deep
    return {
        "nodes": _ratios(2, widest, whole=True) if hidden else [problem.n_outputs],
        "basis": _bases(options, hidden),
        "sigma": _ratios(1, options.max_sigma),
        "n_basis": range(1, options.max_basis + 1),
        "placement": HIDDEN_PLACEMENTS if hidden else PLACEMENTS,
        "ridge": RIDGES,
    }


def _bases(options: HKANOptions, hidden: bool) -> list[tuple[Basis, ...]]:
    """Return what a layer may be made of: one function, or with `mixed` any set of them; identity comes last."""
    sizes = range(1, len(HIDDEN_BASES) + 1) if options.mixed else (1,)
    sets: list[tuple[Basis, ...]] = [chosen for size in sizes for chosen in combinations(HIDDEN_BASES, size)]
    return sets if hidden else [*sets, ("identity",)]


def _ratios(low: float, high: float, *, whole: bool = False) -> list[Any]:
    """Return 64 numbers from `low` to `high` in steps of equal ratio: whole, or of four significant digits."""
    last = 2**_STEPS - 1
    values = [low * (high / low) ** (step / last) for step in range(last + 1)]
    return [round(value) if whole else float(f"{value:.4g}") for value in values]


def _index_bits(choices: int) -> int:
    """Return bits enough for every choice, and one more where the shares would else be very unequal."""
    bits = (choices - 1).bit_length()
    return bits if choices == 2**bits else bits + 1


def _from_gray(code: int) -> int:
    """Return the number whose reflected binary (Gray) code is `code`."""
    number = code
    while code := code >> 1:
        number ^= code
    return number
