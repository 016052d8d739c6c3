"""What the torch modules of all families have in common: spec, scalers, and how they are built again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from evokan.problem.prediction import check_columns
from evokan.problem.problem import Problem
from evokan.problem.scaling import Scaler
from evokan.problem.task import Task
from evokan.spaces.architecture import Architecture, Weights
from evokan.spaces.plain import PlainNetwork, Step

Model = TypeVar("Model", bound=nn.Module)


class ScaledModule(nn.Module):
    """A network on raw inputs, which has its scalers as buffers ``NAME_shift`` and ``NAME_scale``.

    Parameters
    ----------
    spec
        JSON values from which the same module is built again.
    **scalers
        Number of columns of each scaler, by name; that of the inputs first.

    Raises
    ------
    InputError
        It is called with another number of columns than it was made for.
    """

    spec: dict[str, Any]

    def __init__(self, spec: Mapping[str, Any], **scalers: int) -> None:
        super().__init__()
        self.spec = dict(spec)
        self.n_inputs = next(iter(scalers.values()))
        self.register_forward_pre_hook(_check_columns)
        for part, value in (("shift", 0.0), ("scale", 1.0)):
            for name, size in scalers.items():
                self.register_buffer(f"{name}_{part}", torch.full((size,), value, dtype=torch.float64))

    def check_columns(self, x: Tensor) -> None:
        """Raise `InputError` unless `x` has the shape (N, inputs): broadcasting would let one column pass for all."""
        check_columns(tuple(x.shape), self.n_inputs, self.spec.get("feature_names", ()))

    def scale_by(self, name: str, x: Tensor) -> Tensor:
        """Return raw inputs `x`, shape (N, inputs), by a scaler: subtracted in float64, in the scaler's own dtype."""
        self.check_columns(x)
        shift, scale = (self.get_buffer(f"{name}_{part}") for part in ("shift", "scale"))
        return ((x.to(torch.float64) - shift) / scale).to(shift.dtype)

    def scaler(self, name: str) -> Scaler:
        """Return one of the scalers as arrays."""
        shift, scale = (self.get_buffer(f"{name}_{part}").numpy().copy() for part in ("shift", "scale"))
        return Scaler(shift, scale)

    def as_plain(self, steps: Sequence[Step], *, inner: str = "input", outer: str = "target") -> PlainNetwork:
        """Return the network as its steps between two of its scalers, with the names out of the spec."""
        task = Task(self.spec["task"])
        names = self.spec["feature_names"]
        outputs = self.spec.get("output_names") or self.spec.get("class_names") or [self.spec["target_name"]]
        below, above = self.scaler(inner), self.scaler(outer)
        width = len(outputs)
        return PlainNetwork(
            self.spec["space"],
            task,
            tuple(names),
            tuple(outputs),
            below.shift,
            below.scale,
            tuple(steps),
            np.broadcast_to(above.shift, width).copy(),
            np.broadcast_to(above.scale, width).copy(),
        )


def as_array(tensor: Tensor) -> Any:
    """Return the values of a tensor, wherever it is: whole numbers as int64, others as float64."""
    return tensor.detach().cpu().to(torch.float64 if tensor.is_floating_point() else torch.int64).numpy().copy()


def _check_columns(module: nn.Module, inputs: tuple[Any, ...]) -> None:
    if isinstance(module, ScaledModule) and inputs:
        module.check_columns(inputs[0])


def module_spec(
    space: str,
    architecture: Architecture,
    problem: Problem,
    own: Mapping[str, Any],
    names: Sequence[str] = ("feature_names", "target_name", "class_names"),
) -> dict[str, Any]:
    """Return the spec of a network: family, architecture, task, what the family adds, and names out of the table.

    Outputs are named where neither the target nor the classes say what they are called.
    """
    table = problem.table
    values = {name: getattr(table, name) for name in names}
    if table.output_names not in ((table.target_name,), table.class_names):
        values["output_names"] = table.output_names
    return {
        "space": space,
        "architecture": architecture.to_json(),
        "task": problem.task.value,
        **own,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in values.items()},
    }


def scaling(**scalers: Scaler) -> Weights:
    """Return scalers as values of a state dict."""
    found: Weights = {}
    for name, scaler in scalers.items():
        found |= {f"{name}_shift": scaler.shift, f"{name}_scale": scaler.scale}
    return found


def check_sizes(make: Callable[[], nn.Module], values: Mapping[str, Tensor]) -> None:
    """Compare what a module holds with `values` before anything is allocated for it.

    Parameters
    ----------
    make
        Builds the module; it is called where tensors have shapes but no content.

    Raises
    ------
    ValueError
        A value is missing, unknown or of another shape.
    """
    with torch.device("meta"):
        wanted = {name: tuple(tensor.shape) for name, tensor in make().state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in values.items()}
    for name in sorted(set(wanted) | set(given)):
        if wanted.get(name) != given.get(name):
            raise ValueError(
                f"{name} should have the shape {wanted.get(name, 'of nothing')}, and has {given.get(name, 'none')}"
            )


def with_values(model: Model, values: Mapping[str, NDArray[np.generic] | Tensor]) -> Model:
    """Return `model` with its whole state dict replaced by `values`, ready to predict."""
    state = {
        name: value if isinstance(value, Tensor) else torch.as_tensor(np.array(value, dtype=np.float64))
        for name, value in values.items()
    }
    model.load_state_dict(state)
    return model.eval()
