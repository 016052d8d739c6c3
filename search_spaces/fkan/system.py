"""An equation evaluated on a network: losses, gradients and Jacobians in the network's parameters.

The kernel gives the network's jets; torch differentiates the equation in them (`evokan.problem.equations.jets`); the
kernel carries that on to the parameters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from evokan.arrays import FloatArray
from evokan.problem.equations import Candidate, Equation, misfits
from evokan.problem.equations.base import residuals
from evokan.problem.equations.jets import local_polynomial, order_of
from evokan.problem.scaling import Scaler
from search_spaces.fkan import jets
from search_spaces.fkan.encoding import FKANArchitecture
from search_spaces.fkan.flat import compile_network
from search_spaces.fkan.taylor import chain_rule


@dataclass(eq=False)
class _Call:
    """One call of the unknown: scaled points, and the jets there as a leaf of torch's graph."""

    points: FloatArray
    jets: Tensor


class JetSystem(ABC):
    """The misfits of an equation at some points, as a function of a network's parameters and the coefficients.

    Subclasses know a kind of network: its jets, and their gradients in its parameters.

    Parameters
    ----------
    scaler
        What the network sees of the coordinates.
    points
        Raw coordinates, shape (N, coordinates); may be changed between two evaluations.
    outputs
        Of the network.

    Attributes
    ----------
    slope
        Derivative of every scaled coordinate in the raw one.
    order
        That of the highest derivative that the equation takes.
    """

    def __init__(self, equation: Equation, scaler: Scaler, points: FloatArray, outputs: int) -> None:
        self.equation, self.points = equation, points
        self.scaler, self.outputs = scaler, outputs
        self.slope = 1.0 / scaler.scale
        self.order = order_of(equation, points)

    @abstractmethod
    def jets(self, network: FloatArray, points: FloatArray) -> FloatArray:
        """Return the jets in raw coordinates, shape (points, outputs, components).

        Parameters
        ----------
        network
            Its parameters.
        points
            Scaled coordinates.
        """

    @abstractmethod
    def pull(self, network: FloatArray, points: FloatArray, seeds: FloatArray) -> FloatArray:
        """Return the gradients in the network's parameters of `seeds` times the jets, shape (parameters, points)."""

    def at(self, theta: FloatArray) -> Misfits:
        """Return the misfits for the parameter vector `theta`: those of the network, then the coefficients."""
        network, candidate, calls = self._candidate(theta)
        with torch.enable_grad():
            parts = misfits(self.equation, candidate, self.points)
        return Misfits(self, network, parts, calls, [*candidate.coefficients.values()])

    def unknown(self, theta: FloatArray) -> Candidate:
        """Return the unknown that the parameter vector `theta` makes."""
        return self._candidate(theta)[1]

    def missed(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return by how much the network misses at `points`, shape (N,): the root of the summed squared residuals."""
        with torch.enable_grad():
            found = [part.detach().numpy() for part in residuals(self.equation, self.unknown(theta), points)]
        missed: FloatArray = np.sqrt(np.sum(np.square(found), axis=0))
        return missed

    def _candidate(self, theta: FloatArray) -> tuple[FloatArray, Candidate, list[_Call]]:
        """Return the network's parameters, the unknown that they make, and a list that its calls are written into."""
        calls: list[_Call] = []
        names = tuple(self.equation.coefficients)
        network, values = np.split(theta, [len(theta) - len(names)])

        def unknown(x: Tensor) -> Tensor:
            points = np.ascontiguousarray(self.scaler.transform(x.detach().numpy()))
            calls.append(_Call(points, torch.from_numpy(self.jets(network, points)).requires_grad_()))
            own = calls[-1].jets
            return local_polynomial(x, own[:, 0] if self.outputs == 1 else own, self.order)

        coefficients = [torch.tensor(value, requires_grad=True) for value in values]
        return network, Candidate(unknown, dict(zip(names, coefficients, strict=True))), calls


class System(JetSystem):
    """The misfits of an equation as a function of a fractional network's parameters, by compiled kernels."""

    def __init__(self, equation: Equation, architecture: FKANArchitecture, scaler: Scaler, points: FloatArray) -> None:
        super().__init__(equation, scaler, points, architecture.n_outputs)
        self.net = compile_network(architecture)
        self.columns = np.array(architecture.inputs, np.int64)
        self.table = chain_rule(points.shape[1], self.order)

    def jets(self, network: FloatArray, points: FloatArray) -> FloatArray:
        """Return the jets in raw coordinates, shape (points, outputs, components)."""
        found = np.empty((len(points), self.outputs, self.table[2][1]))
        jets.network_jets(network, self.net, self.columns, points, self.slope, self.table, found)
        return found

    def pull(self, network: FloatArray, points: FloatArray, seeds: FloatArray) -> FloatArray:
        """Return the gradients in the network's parameters of `seeds` times the jets, shape (parameters, points)."""
        out = np.empty((len(network), len(points)))
        seeds = np.ascontiguousarray(seeds)
        jets.jet_gradients(network, self.net, self.columns, points, self.slope, self.table, seeds, out)
        return out


class Misfits:
    """What an equation misses by: residuals and conditions, each weighted so that their squares sum to the loss."""

    def __init__(
        self,
        system: JetSystem,
        network: FloatArray,
        parts: list[Tensor],
        calls: list[_Call],
        coefficients: list[Tensor],
    ) -> None:
        self._system, self._network, self._calls, self._coefficients = system, network, calls, coefficients
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
        total = np.zeros_like(self._network)
        loss = torch.stack([part.square().sum() for part in self._parts]).sum()
        in_jets, in_coefficients = self._differentiated(loss)
        for call, seeds in zip(self._calls, in_jets, strict=True):
            if seeds is not None:
                total += self._system.pull(self._network, call.points, seeds.numpy()).sum(axis=1)
        return np.concatenate([total, [0.0 if slope is None else float(slope) for slope in in_coefficients]])

    def jacobian(self) -> FloatArray:
        """Return the derivatives of `values` in the parameters, shape (n, parameters)."""
        rows = np.concatenate([self._transposed_rows(part) for part in self._parts], axis=1)
        slopes = np.zeros((len(self._coefficients), rows.shape[1]))
        if self._coefficients:
            slopes[:] = self._slopes()
        return np.concatenate([rows, slopes]).T

    def _transposed_rows(self, part: Tensor) -> FloatArray:
        rows = np.zeros((len(self._network), len(part)))
        if not part.requires_grad:
            return rows
        summed = self._differentiated(part.sum())[0]
        signs, probe = torch.ones(1, dtype=part.dtype), summed
        if len(part) > 1:
            signs = torch.from_numpy(np.random.default_rng(0).choice([-1.0, 1.0], len(part)))
            probe = self._differentiated((signs * part).sum())[0]
        for call, seeds, mixed in zip(self._calls, summed, probe, strict=True):
            if seeds is None or mixed is None:
                continue
            # Where misfit i depends on point i alone, one sum has all derivatives in it; random signs tell.
            local = len(seeds) == len(part) and torch.allclose(mixed, signs[:, None, None] * seeds, rtol=1e-9, atol=0.0)
            if local:
                rows += self._system.pull(self._network, call.points, seeds.numpy())
            else:
                rows += self._entangled(part, call)
        return rows

    def _entangled(self, part: Tensor, call: _Call) -> FloatArray:
        """Return the derivatives of misfits that depend on all points of a call, shape (parameters, n)."""
        (found,) = torch.autograd.grad(
            part, call.jets, torch.eye(len(part), dtype=part.dtype), retain_graph=True, is_grads_batched=True
        )
        rows = np.zeros((len(self._network), len(part)))
        for output, component in np.ndindex(*found.shape[2:]):
            weights = found[:, :, output, component].numpy()
            if weights.any():
                seeds = np.zeros(tuple(call.jets.shape))
                seeds[:, output, component] = 1.0
                rows += self._system.pull(self._network, call.points, seeds) @ weights.T
        return rows

    def _slopes(self) -> FloatArray:
        """Return the derivatives of all misfits in the coefficients, shape (coefficients, n)."""
        values = torch.cat(self._parts)
        # A gradient is linear in its weights: what it is differentiated to is a row of the Jacobian.
        weights = torch.zeros_like(values, requires_grad=True)
        found = torch.autograd.grad(values, self._coefficients, weights, create_graph=True, allow_unused=True)
        rows = [
            torch.zeros_like(values)
            if one is None
            else torch.autograd.grad(one, weights, retain_graph=True, materialize_grads=True)[0]
            for one in found
        ]
        slopes: FloatArray = torch.stack(rows).detach().numpy()
        return slopes

    def _differentiated(self, scalar: Tensor) -> tuple[tuple[Tensor | None, ...], tuple[Tensor | None, ...]]:
        """Return the gradients in the jets of all calls, and in the coefficients."""
        leaves = [*(call.jets for call in self._calls), *self._coefficients]
        if not scalar.requires_grad:
            return (None,) * len(self._calls), (None,) * len(self._coefficients)
        found = torch.autograd.grad(scalar, leaves, retain_graph=True, allow_unused=True)
        return found[: len(self._calls)], found[len(self._calls) :]
