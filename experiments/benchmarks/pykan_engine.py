"""Training by pykan 0.2.1, as its users run it, in a form that can be counted and timed."""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from kan import KAN
from torch import Tensor

from evokan.arrays import IntArray
from evokan.problem.problem import Problem
from search_spaces.gakan.encoding import SPLINE_ORDER, Mask


@dataclass
class PykanRun:
    """What one training came to.

    Attributes
    ----------
    val_losses, test_accuracies
        After every step; accuracies only where they were asked for.
    evaluations
        Loss-and-gradient evaluations.
    cpu_seconds
        Of construction and `fit`, all threads together.
    error
        Empty, or the first line of what `fit` raised.
    """

    val_losses: list[float] = field(default_factory=list)
    test_accuracies: list[float] = field(default_factory=list)
    evaluations: int = 0
    cpu_seconds: float = 0.0
    error: str = ""

    @property
    def best_step(self) -> int:
        """Step of the lowest validation loss, -1 for a failed training.

        A training whose `fit` raised has failed, whatever it had reached: `fit` returns nothing then.
        """
        finite = np.isfinite(self.val_losses)
        if self.error or not finite.any():
            return -1
        return int(np.argmin(np.where(finite, self.val_losses, np.inf)))

    @property
    def val_loss(self) -> float:
        """The lowest validation loss, infinity for a failed training."""
        return self.val_losses[self.best_step] if self.best_step >= 0 else float("inf")


def build(masks: Sequence[Mask], intervals: int, *, speed: bool, seed: int = 0) -> KAN:
    """Return the network of the kept layers, the absent connections masked out, with pykan's own defaults."""
    widths = [masks[0].shape[1], *(mask.shape[0] for mask in masks)]
    model = KAN(width=widths, grid=intervals, k=SPLINE_ORDER, seed=seed, auto_save=False)
    for layer, mask in zip(model.act_fun, masks, strict=True):
        layer.mask.data = torch.from_numpy(mask.T.astype(np.float32))
    return model.speed() if speed else model


def train_pykan(
    masks: Sequence[Mask],
    intervals: int,
    wine: Problem,
    *,
    speed: bool,
    seed: int = 0,
    steps: int = 20,
    accuracies: bool = False,
) -> PykanRun:
    """Train one network by pykan's `fit`: L-BFGS, grid updates as by default, validation looked at after each step.

    Parameters
    ----------
    speed
        Whether to switch to speed mode first; `fit` runs in it, with grid updates.
    accuracies
        Whether to note the accuracy on the test part after every step, by `fit`'s own hook ``metrics``.
    """
    train, validation, test = (
        (_inputs(wine, rows), torch.from_numpy(wine.table.y[rows])) for rows in (wine.train, wine.validation, wine.test)
    )
    run = PykanRun()
    cross_entropy = torch.nn.CrossEntropyLoss()

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        value: Tensor = cross_entropy(logits, labels)
        if len(labels) == len(train[1]):
            run.evaluations += 1
        else:
            run.val_losses.append(float(value.detach()))
        return value

    def accuracy() -> Tensor:
        with torch.no_grad():
            share: Tensor = (model(test[0]).argmax(dim=1) == test[1]).float().mean()
        run.test_accuracies.append(float(share))
        return share

    data = {"train_input": train[0], "train_label": train[1], "test_input": validation[0], "test_label": validation[1]}
    began = time.process_time()
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():  # its progress bar
        warnings.simplefilter("ignore")
        model = build(masks, intervals, speed=speed, seed=seed)
        try:
            model.fit(data, opt="LBFGS", steps=steps, loss_fn=loss, metrics=[accuracy] if accuracies else None)
        except (RuntimeError, ValueError, IndexError) as error:
            run.error = f"{type(error).__name__}: {_reason(error)}"
    run.cpu_seconds = time.process_time() - began
    return run


def _reason(error: Exception) -> str:
    """Return the first line of the message, without the plea that PyTorch puts in front of its own faults."""
    line = next(iter(str(error).splitlines()), "")
    return line.rpartition("report a bug to PyTorch. ")[2]


def _inputs(wine: Problem, rows: IntArray) -> Tensor:
    return torch.tensor(wine.scaled_inputs[rows], dtype=torch.float32)
