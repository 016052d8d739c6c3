"""An equation evaluated on a network: losses, gradients and Jacobians in the network's parameters.

The kernel gives the network's jets; torch differentiates the equation in them (`evokan.problem.equations.jets`); the
kernel carries that on to the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from evokan.arrays import FloatArray
from evokan.problem.equations import Equation, misfits
from evokan.problem.equations.jets import local_polynomial
from evokan.problem.scaling import Scaler
from search_spaces.fkan import jets
from search_spaces.fkan.encoding import FKANArchitecture
from search_spaces.fkan.flat import compile_network


@dataclass(eq=False)
class _Call:
    """One call of the unknown: scaled points, and the jets there as a leaf of torch's graph."""

    points: FloatArray
    jets: Tensor


class System:
    """The misfits of an equation at some points, as a function of a network's parameters.

    Parameters
    ----------
    points
        Raw coordinates, shape (N, coordinates).
    """

    def __init__(self, equation: Equation, architecture: FKANArchitecture, scaler: Scaler, points: FloatArray) -> None:
        self.equation, self.points = equation, points
        self.net = compile_network(architecture)
        self.columns = np.array(architecture.inputs, np.int64)
        self.scaler = scaler
        self.slope = 1.0 / scaler.scale

    def at(self, theta: FloatArray) -> Misfits:
        """Return the misfits for the parameter vector `theta`."""
        calls: list[_Call] = []

        def unknown(x: Tensor) -> Tensor:
            points = np.ascontiguousarray(self.scaler.transform(x.detach().numpy()))
            found = np.empty((len(points), jets.components(points.shape[1])))
            jets.network_jets(theta, self.net, self.columns, points, self.slope, found)
            calls.append(_Call(points, torch.from_numpy(found).requires_grad_()))
            return local_polynomial(x, calls[-1].jets)

        with torch.enable_grad():
            parts = misfits(self.equation, unknown, self.points)
        return Misfits(self, theta, parts, calls)

    def pull(self, theta: FloatArray, call: _Call, seeds: Any) -> FloatArray:
        """Return the gradients in the parameters of `seeds` times the jets, shape (points, parameters)."""
        out = np.empty((len(call.points), len(theta)))
        jets.jet_gradients(theta, self.net, self.columns, call.points, self.slope, np.ascontiguousarray(seeds), out)
        return out


class Misfits:
    """What an equation misses by: residual and conditions, each weighted so that their squares sum to the loss."""

    def __init__(self, system: System, theta: FloatArray, parts: list[Tensor], calls: list[_Call]) -> None:
        self._system, self._theta, self._calls = system, theta, calls
        self._parts = [part / max(len(part), 1) ** 0.5 for part in parts]

    @cached_property
    def values(self) -> FloatArray:
        """All misfits, shape (n,)."""
        found: FloatArray = torch.cat([part.detach() for part in self._parts]).numpy()
        return found

    @property
    def loss(self) -> float:
        """The loss of `evokan.problem.equations.residual_loss`."""
        return float(self.values @ self.values)

    def gradient(self) -> FloatArray:
        """Return the gradient of the loss, shape (parameters,)."""
        total = np.zeros_like(self._theta)
        loss = torch.stack([part.square().sum() for part in self._parts]).sum()
        for call, seeds in zip(self._calls, self._in_jets(loss, keep=False), strict=True):
            if seeds is not None:
                total += self._system.pull(self._theta, call, seeds.numpy()).sum(axis=0)
        return total

    def jacobian(self) -> FloatArray:
        """Return the derivatives of `values` in the parameters, shape (n, parameters)."""
        return np.concatenate([self._rows(part) for part in self._parts])

    def _rows(self, part: Tensor) -> FloatArray:
        rows = np.zeros((len(part), len(self._theta)))
        if not part.requires_grad:
            return rows
        signs = torch.from_numpy(np.random.default_rng(0).choice([-1.0, 1.0], len(part)))
        summed, probe = self._in_jets(part.sum()), self._in_jets((signs * part).sum())
        for call, seeds, mixed in zip(self._calls, summed, probe, strict=True):
            if seeds is None or mixed is None:
                continue
            # Where misfit i depends on point i alone, one sum has all derivatives in it; random signs tell.
            local = len(seeds) == len(part) and torch.allclose(mixed, signs[:, None] * seeds, rtol=1e-9, atol=0.0)
            if local:
                rows += self._system.pull(self._theta, call, seeds.numpy())
            else:
                rows += self._entangled(part, call)
        return rows

    def _entangled(self, part: Tensor, call: _Call) -> FloatArray:
        """Return the rows of misfits that depend on all points of a call."""
        (found,) = torch.autograd.grad(
            part, call.jets, torch.eye(len(part), dtype=part.dtype), retain_graph=True, is_grads_batched=True
        )
        rows = np.zeros((len(part), len(self._theta)))
        for component in range(found.shape[2]):
            weights = found[:, :, component].numpy()
            if weights.any():
                seeds = np.zeros(tuple(call.jets.shape))
                seeds[:, component] = 1.0
                rows += weights @ self._system.pull(self._theta, call, seeds)
        return rows

    def _in_jets(self, scalar: Tensor, keep: bool = True) -> tuple[Tensor | None, ...]:
        if not scalar.requires_grad:
            return (None,) * len(self._calls)
        return torch.autograd.grad(scalar, [call.jets for call in self._calls], retain_graph=keep, allow_unused=True)
