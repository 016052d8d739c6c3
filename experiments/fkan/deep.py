"""What Tables 2 to 4 share: a study that goes on where it stopped, its rows, its curves and its page.

Each table compares networks that differ in one activation alone. Architectures and Adam are those of the notebooks in
the paper's public repository (github.com/alirezaafzalaghaei/fKAN), initial values those of Keras, in which they are
written. On a GPU the networks are trained as there, on a processor for a few epochs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from evokan.seeding import derive_seed
from experiments.fkan.curves import FEWEST, draw_curves
from experiments.fkan.deep_page import Column, report
from experiments.fkan.deep_training import Data, Epoch, Schedule
from experiments.harness import Context, Rows
from experiments.pages import Measurements, write_page

KEY = ("activation", "seed", "epochs")
SMALL = Schedule(2, 128, 1)
"""To see that everything works."""

Measure = Callable[[str, int, Data, Schedule, str], tuple[dict[str, float], list[Epoch]]]


@dataclass(frozen=True)
class Study:
    """One of the paper's tables.

    Attributes
    ----------
    name
        Of the files.
    title
        Of the page.
    columns
        The figures, by the key under which `measure` returns them; the first one orders the activations.
    metric
        The one of them that is looked at after every epoch.
    schedules
        On a processor, in the order in which they are measured: what is cheap first.
    published
        On a GPU.
    activations
        The rows: those that are cheap first.
    load
        From whether a small version will do to what `measure` works on.
    measure
        From activation, seed, data, schedule and device to the figures on the test part, and all epochs; called with
        torch's generator seeded.
    text
        What the page says of networks and data.
    """

    name: str
    title: str
    columns: Mapping[str, Column]
    metric: str
    schedules: Sequence[Schedule]
    published: Schedule
    activations: Sequence[str]
    load: Callable[[bool], Data]
    measure: Measure
    text: str

    def run(self, context: Context) -> Sequence[Path]:
        """Train what is missing, and write the page and the picture of the curves."""
        folder = context.folder("fkan")
        rows = Measurements(folder / f"{self.name}.csv", KEY, tuple(self.columns))
        curves = Rows(folder / f"{self.name}_curves.csv", KEY)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        schedules = [SMALL] if context.quick else self.planned(device)
        pieces = {
            (name, seed, schedule.epochs): schedule
            for schedule in schedules
            for seed in range(schedule.seeds if context.quick else context.seeds or schedule.seeds)
            for name in self.activations
        }
        missing = self.unfinished(rows, curves, list(pieces))
        page, picture = folder / f"{self.name}.md", folder / f"{self.name}_curves.png"

        def write() -> None:
            draw_curves(curves.read(), picture, self.metric, self.columns[self.metric].heading)
            write_page(page, self.title, rows.values(), "one thread", self.report(rows, picture), folder="fkan")

        data = self.load(context.quick) if missing else None
        for piece in context.each("networks", missing):
            assert data is not None
            self.train(piece, pieces[piece], data, device, rows, curves)
            write()
        write()
        return [rows.path, curves.path, page, picture]

    def planned(self, device: str) -> Sequence[Schedule]:
        """Return what is measured on a device, in order."""
        return [self.published] if device == "cuda" else self.schedules

    def unfinished(
        self, rows: Measurements, curves: Rows, pieces: list[tuple[str, int, int]]
    ) -> list[tuple[str, int, int]]:
        """Return the pieces without a row, without a curve to draw, or with a row from before a figure was measured."""
        short = {
            tuple(row[name] for name in KEY) for row in rows.values() if any(row[name] == "" for name in self.columns)
        }
        drawn = [piece for piece in pieces if piece[2] >= FEWEST]
        lacking = {*rows.missing(pieces), *curves.missing(drawn)}
        return [piece for piece in pieces if piece in lacking or piece in short]

    def train(
        self, piece: tuple[str, int, int], schedule: Schedule, data: Data, device: str, rows: Measurements, curves: Rows
    ) -> None:
        """Measure one piece, and keep its curves and its row, in place of what is there of it."""
        name, seed, _ = piece
        with threadpool_limits(limits=1), torch.random.fork_rng():
            torch.manual_seed(derive_seed(self.name, seed))
            began = time.process_time()
            figures, epochs = self.measure(name, seed, data, schedule, device)
            seconds = round(time.process_time() - began, 1)
        key = dict(zip(KEY, piece, strict=True))
        curves.put(*({**key, **self.named(epoch)} for epoch in epochs))
        rows.put({**key, **figures, "cpu_seconds": seconds})

    def named(self, epoch: Epoch) -> dict[str, str | int | float]:
        """Return the figures of an epoch, by the metric's name."""
        return {name.replace("metric", self.metric): value for name, value in asdict(epoch).items()}

    def report(self, rows: Measurements, picture: Path) -> list[str]:
        """Return the parts of the page."""
        return report(
            rows.values(),
            self.columns,
            self.activations,
            [*self.schedules, self.published],
            text=self.text,
            picture=picture,
        )
