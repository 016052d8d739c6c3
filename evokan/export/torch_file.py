"""A torch module in one file of safetensors, which evokan makes whole again: to be trained on, or built into others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from evokan.errors import InputError
from evokan.export.content import Content
from evokan.spaces.registry import make_space

if TYPE_CHECKING:
    import torch

EXTENSION = ".safetensors"
SUMMARY = "a torch module, read by evokan.load_network"


def write(content: Content) -> bytes:
    """Return the weights, with the JSON values that the module is built from."""
    from safetensors.torch import save

    weights = {name: value.contiguous() for name, value in content.model.state_dict().items()}
    spec = json.dumps(getattr(content.model, "spec"), allow_nan=False)  # noqa: B009 - not of nn.Module
    written: bytes = save(weights, {"evokan": spec, "inputs": json.dumps(list(content.inputs))})
    return written


def load_network(path: str | Path) -> torch.nn.Module:
    """Return the network in a file of ``evokan export --format torch``.

    Returns
    -------
    torch.nn.Module
        Raw inputs (N, inputs) to logits (N, classes) or values (N, outputs); ready to predict, and to be trained on.

    Raises
    ------
    InputError
        The file is missing, or no such file; or its family is not registered here.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            spec = (file.metadata() or {}).get("evokan")
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read as an exported network ({error})") from error
    if spec is None:
        raise InputError(f"{path}: holds weights and not how they belong together; write it by evokan export")
    try:
        values = json.loads(spec)
        space = make_space(values["space"], {})
        model: torch.nn.Module = space.load_model(values, weights)
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, RuntimeError, AttributeError) as error:
        raise InputError(f"{path}: is damaged ({error}); export it again") from error
    return model
