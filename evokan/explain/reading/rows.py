"""Scaled rows, and the loss of outputs on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray
from evokan.problem.task import Task


@dataclass(frozen=True, eq=False)
class Rows:
    """Scaled rows and what the outputs should be there.

    Attributes
    ----------
    x
        Shape (N, inputs).
    y
        Class numbers, shape (N,), for classification; otherwise targets, shape (N, outputs).
    task
        ``classification``, or anything else for squared errors.
    """

    x: FloatArray
    y: NDArray[np.float64] | NDArray[np.int64]
    task: Task

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", Task(self.task))

    def losses(self, outputs: FloatArray) -> FloatArray:
        """Return the cross-entropy or squared error of every row of `outputs`, shape (N, outputs); inf for NaN."""
        with np.errstate(all="ignore"):
            if self.task.has_classes:
                top = outputs.max(axis=1)
                log_sum = top + np.log(np.exp(outputs - top[:, None]).sum(axis=1))
                losses = log_sum - outputs[np.arange(len(outputs)), self.y.astype(np.int64)]
            else:
                losses = ((outputs - self.y) ** 2).mean(axis=1)
        return np.where(np.isfinite(losses), losses, np.inf)

    def loss(self, outputs: FloatArray) -> float:
        """Return the mean of `losses`."""
        with np.errstate(over="ignore"):
            return float(self.losses(outputs).mean())

    def normal_equations(self, outputs: FloatArray, jacobian: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the (generalised) Gauss-Newton Hessian and the gradient of the loss.

        Parameters
        ----------
        outputs, jacobian
            Shapes (N, outputs) and (outputs, N, P).
        """
        n = len(outputs)
        if self.task.has_classes:
            p = np.exp(outputs - outputs.max(axis=1, keepdims=True)).T
            p /= p.sum(axis=0)
            mean = np.einsum("kn,knp->np", p, jacobian)
            weighted = (np.sqrt(p / n)[:, :, None] * (jacobian - mean)).reshape(-1, jacobian.shape[2])
            p[self.y.astype(np.int64), np.arange(n)] -= 1.0
            return weighted.T @ weighted, np.einsum("kn,knp->p", p, jacobian) / n
        flat = jacobian.reshape(-1, jacobian.shape[2])
        scale = 2.0 / flat.shape[0]
        return scale * (flat.T @ flat), scale * (flat.T @ (outputs - self.y).T.reshape(-1))
