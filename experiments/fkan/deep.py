"""What Tables 2 to 4 share: the activations, how a network is trained, and the page.

Each table compares networks that differ in one activation alone. Architectures, batches and Adam are those of the
notebooks in the paper's public repository (github.com/alirezaafzalaghaei/fKAN), initial values those of Keras, in which
they are written. On a GPU the networks are trained for as many epochs as there, on a processor for a few.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from evokan.seeding import derive_seed, generator
from experiments.harness import Context
from experiments.pages import Measurements, Row, table, write_page
from search_spaces.fkan import FractionalJacobi

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    **{f"fJNB({degree})": partial(FractionalJacobi, degree) for degree in range(1, 7)},
}
SEEDS = 3
AT_ONCE = 500

Data = TypeVar("Data")
Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Column:
    """One figure of a table: its heading, how many decimals are shown, and what was published.

    Attributes
    ----------
    published
        Mean and standard deviation over five trials by activation.
    """

    heading: str
    decimals: int
    published: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Study(Generic[Data]):
    """One of the paper's tables.

    Attributes
    ----------
    name
        Of the files.
    title
        Of the page.
    columns
        The figures, by the key under which `measure` returns them; the first one orders the activations.
    epochs
        On a processor, and on a GPU.
    activations
        The rows.
    load
        From whether a small version will do to what `measure` works on.
    measure
        From activation, seed, data, epochs and device to the figures on the test part; called with torch's generator
        seeded.
    text
        What the page says of networks and data.
    """

    name: str
    title: str
    columns: Mapping[str, Column]
    epochs: tuple[int, int]
    activations: Sequence[str]
    load: Callable[[bool], Data]
    measure: Callable[[str, int, Data, int, str], dict[str, float]]
    text: str

    def run(self, context: Context) -> Sequence[Path]:
        """Train what is missing, and write the page."""
        folder = context.results / ("fkan-quick" if context.quick else "fkan")
        rows = Measurements(folder / f"{self.name}.csv", ("activation", "seed", "epochs"), tuple(self.columns))
        has_gpu = torch.cuda.is_available()
        epochs = 1 if context.quick else self.epochs[has_gpu]
        seeds = 1 if context.quick else context.seeds or SEEDS
        missing = rows.missing([(name, seed, epochs) for seed in range(seeds) for name in self.activations])
        if missing:
            data = self.load(context.quick)
            for name, seed, _ in context.each("networks", missing):
                with threadpool_limits(limits=1), torch.random.fork_rng():
                    torch.manual_seed(derive_seed(self.name, seed))
                    began = time.process_time()
                    figures = self.measure(name, seed, data, epochs, "cuda" if has_gpu else "cpu")
                    rows.add(
                        {
                            "activation": name,
                            "seed": seed,
                            "epochs": epochs,
                            **figures,
                            "cpu_seconds": round(time.process_time() - began, 1),
                        }
                    )
        page = folder / f"{self.name}.md"
        write_page(page, self.title, rows.values(), "one thread", self.report(rows.values()), folder="fkan")
        return [rows.path, page]

    def report(self, rows: Sequence[Row]) -> list[str]:
        """Return the parts of the page."""
        header = ["activation", "epochs", "seeds"]
        for column in self.columns.values():
            header += [column.heading, "published"]
        lines: list[Sequence[str | float]] = []
        for epochs in sorted({row["epochs"] for row in rows}):
            for name in self.activations:
                part = [row for row in rows if (row["activation"], row["epochs"]) == (name, epochs)]
                if not part:
                    continue
                cells = [name, str(epochs), str(len(part))]
                for key, column in self.columns.items():
                    values = np.array([row[key] for row in part if row[key] != ""])
                    known = column.published.get(name)
                    cells += [
                        _spread(values.mean(), values.std(), column.decimals) if len(values) else "",
                        "" if known is None else _spread(*known, column.decimals),
                    ]
                lines.append((*cells, float(np.mean([row["cpu_seconds"] for row in part]))))
        return [
            self.text,
            table((*header, "CPU s"), lines),
            "Mean and standard deviation over the seeds. Published: over five trials, by the results stored with "
            f"the notebooks. {self._order(rows)}",
            self._verdict(rows),
            *self._missing(rows),
        ]

    def _missing(self, rows: Sequence[Row]) -> list[str]:
        """Return what has no row yet, or figures that rows of before lack; nothing where all is there."""
        names = dict.fromkeys(str(row["activation"]) for row in rows)
        lacking = [name for name in self.activations if name not in names]
        for key, column in self.columns.items():
            known = {row["activation"] for row in rows if row[key] != ""}
            without = [name for name in names if name not in known]
            lacking += [f"the {column.heading.partition(',')[0]} of {', '.join(without)}"] if without else []
        return [f"Not measured yet: {', '.join(lacking)}."] if lacking else []

    def _verdict(self, rows: Sequence[Row]) -> str:
        """Return whether a fractional activation is the best here, too, by the first figure."""
        key, column = next(iter(self.columns.items()))
        longest = max(row["epochs"] for row in rows)
        values = {
            name: np.array([row[key] for row in rows if (row["activation"], row["epochs"]) == (name, longest)])
            for name in self.activations
        }
        values = {name: found for name, found in values.items() if len(found)}
        ours, theirs = (
            max(
                (name for name in values if name.startswith("fJNB") == wanted),
                key=lambda n: values[n].mean(),
                default="",
            )
            for wanted in (True, False)
        )
        if not (ours and theirs):
            return ""
        ahead = float(values[ours].mean() - values[theirs].mean())
        spread = float(values[ours].std() + values[theirs].std())
        verdict = "**does not hold** here" if ahead <= 0 else "holds here"
        if abs(ahead) <= spread:
            verdict = "cannot be told from chance here"
        figures = (
            f"{name} {_spread(values[name].mean(), values[name].std(), column.decimals)}" for name in (ours, theirs)
        )
        return (
            f"The paper's claim that a fractional activation is the best, by {column.heading.partition(',')[0]}: {verdict} "
            f"({' against '.join(figures)}); chance: a difference within both standard deviations together."
        )

    def _order(self, rows: Sequence[Row]) -> str:
        """Return the order of the activations by the first figure, here and in the paper."""
        key, column = next(iter(self.columns.items()))
        longest = [row for row in rows if row["epochs"] == max(other["epochs"] for other in rows)]
        ours = {
            name: float(np.mean([row[key] for row in longest if row["activation"] == name]))
            for name in dict.fromkeys(row["activation"] for row in longest)
        }
        theirs = {name: mean for name, (mean, _) in column.published.items() if name in ours}
        figure = column.heading.partition(",")[0]
        return f"From the highest {figure} down: here {_ranking(ours)}; published {_ranking(theirs)}."


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
    net: nn.Module, inputs: Tensor, targets: Tensor, loss: Loss, *, epochs: int, batch: int, label: str, seed: int
) -> None:
    """Train `net` by Adam with rate 0.001, rows in an order of the seed's own.

    Parameters
    ----------
    inputs, targets
        Their first dimension is the rows; on the device of `net`.
    loss
        From outputs and targets of a batch.
    batch
        Rows of a batch.
    label
        Tells the orders of two calls with one seed apart.
    """
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    rng = generator("fkan batches", label, seed)
    net.train()
    for _ in range(epochs):
        for rows in torch.split(torch.from_numpy(rng.permutation(len(inputs))), batch):
            optimizer.zero_grad()
            torch.autograd.backward(loss(net(inputs[rows]), targets[rows]))
            optimizer.step()


@torch.no_grad()
def outputs(net: nn.Module, inputs: Tensor) -> Tensor:
    """Return the outputs of `net` for all rows, on the processor."""
    net.eval()
    return torch.cat([net(part).cpu() for part in torch.split(inputs, AT_ONCE)])


def _spread(mean: float, deviation: float, decimals: int) -> str:
    return f"{mean:.{decimals}f} ± {deviation:.{decimals}f}"


def _ranking(means: Mapping[str, float]) -> str:
    return ", ".join(sorted(means, key=lambda name: -means[name]))
