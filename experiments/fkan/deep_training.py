"""How a network of Tables 2 to 4 is trained: activations, initial values, and what every epoch ends with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from evokan.seeding import generator
from search_spaces.fkan import FractionalJacobi

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    **{f"fJNB({degree})": partial(FractionalJacobi, degree) for degree in range(1, 7)},
}
AT_ONCE = 500

Part = tuple[Tensor, Tensor]
"""Inputs and targets; their first dimension is the rows."""
Data = tuple[Part, Part, Part]
"""What is trained on, what is held back to look at after every epoch, and the test."""
Judge = Callable[[Tensor, Tensor], Tensor | float]
"""From outputs and targets to a mean over the rows."""


@dataclass(frozen=True)
class Schedule:
    """How long is trained, in batches of how many rows, and with how many seeds."""

    epochs: int
    batch: int
    seeds: int


@dataclass(frozen=True)
class Epoch:
    """What one epoch ends with.

    Attributes
    ----------
    stage
        Name of the training that it belongs to.
    epoch
        Its number, from 1 on.
    train_loss, train_metric
        Means over the batches, each as it was when the network learned from it, dropout and all: as Keras gives them.
    val_loss, val_metric
        Of the rows held back, at the end of the epoch.
    """

    stage: str
    epoch: int
    train_loss: float
    val_loss: float
    train_metric: float
    val_metric: float


def initialise(net: nn.Module) -> None:
    """Draw initial values as Keras does: Glorot's uniform ones, biases of 0, embeddings within 0.05."""
    for module in net.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.uniform_(module.weight, -0.05, 0.05)


def fit(
    net: nn.Module,
    train: Part,
    held_out: Part,
    loss: Judge,
    metric: Judge,
    *,
    schedule: Schedule,
    stage: str,
    seed: int,
) -> list[Epoch]:
    """Train `net` by Adam with rate 0.001, rows in an order of the seed's own.

    Parameters
    ----------
    train, held_out
        On the device of `net`.
    loss
        What is minimised, a tensor.
    metric
        What is looked at beside it.
    stage
        Tells the orders of two calls with one seed apart.

    Returns
    -------
    list of Epoch
        One for each epoch.
    """
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    rng = generator("fkan batches", stage, seed)
    inputs, targets = train
    found = []
    for number in range(1, schedule.epochs + 1):
        net.train()
        losses, metrics = 0.0, 0.0
        for rows in torch.split(torch.from_numpy(rng.permutation(len(inputs))), schedule.batch):
            optimizer.zero_grad()
            given, wanted = net(inputs[rows]), targets[rows]
            missed = torch.as_tensor(loss(given, wanted))
            torch.autograd.backward(missed)
            optimizer.step()
            share = len(rows) / len(inputs)
            losses += share * float(missed.detach())
            metrics += share * float(metric(given.detach(), wanted))
        seen, wanted = outputs(net, held_out[0]), held_out[1].cpu()
        found.append(Epoch(stage, number, losses, float(loss(seen, wanted)), metrics, float(metric(seen, wanted))))
    return found


@torch.no_grad()
def outputs(net: nn.Module, inputs: Tensor) -> Tensor:
    """Return the outputs of `net` for all rows, on the processor."""
    net.eval()
    return torch.cat([net(part).cpu() for part in torch.split(inputs, AT_ONCE)])


def moved(data: Data, device: str) -> Data:
    """Return the data on a device."""
    (x, y), (x_held_out, y_held_out), (x_test, y_test) = data
    return (
        (x.to(device), y.to(device)),
        (x_held_out.to(device), y_held_out.to(device)),
        (x_test.to(device), y_test),
    )
