"""One JSON object: the numbers, and in words how a value is computed from them."""

from __future__ import annotations

import inspect
import json

import numpy as np

from evokan._version import __version__
from evokan.export.content import Content
from evokan.spaces import steps

EXTENSION = ".json"
SUMMARY = "one JSON object, with how it is computed in words"
FORMAT = "evokan network 1"


def write(content: Content) -> bytes:
    """Return the text of the object."""
    plain = content.plain
    helpers = ("sigmoid", "function") if any(step.kind in ("blocks", "bound") for step in plain.steps) else ("sigmoid",)
    kinds = dict.fromkeys([*(step.kind for step in plain.steps), *helpers])
    made = {
        "format": FORMAT,
        "made_by": f"evokan {__version__}",
        "family": plain.family,
        "task": plain.task.value,
        "inputs": [
            {"name": name, "meaning": text} for name, text in zip(plain.input_names, content.inputs, strict=True)
        ],
        "outputs": list(plain.output_names),
        "computed_by": {
            "whole": "x = (raw - input_shift) / input_scale; then the steps one after the other, each of the x before; "
            "then x * output_scale + output_shift" + (": logits" if plain.task.has_classes else ""),
            **{kind: inspect.getdoc(getattr(steps, kind)) for kind in kinds},
        },
        "input_shift": plain.input_shift.tolist(),
        "input_scale": plain.input_scale.tolist(),
        "steps": [
            {"step": step.kind, **{name: np.asarray(array).tolist() for name, array in step.arrays.items()}}
            for step in plain.steps
        ],
        "output_shift": plain.output_shift.tolist(),
        "output_scale": plain.output_scale.tolist(),
    }
    return (json.dumps(made, indent=1, allow_nan=False) + "\n").encode("utf-8")
