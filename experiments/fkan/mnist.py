"""Table 2: a convolutional network on MNIST with fixed and with fractional Jacobi activations, on a subset.

The text tells 30 epochs, batches of 512 and Adam, but not the network: ours is a small one. On a processor a stated
subset has to do; the published accuracies are those of the whole set.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from evokan.datasets.catalogue import DATA_VARIABLE, find_data_file
from evokan.errors import InputError
from evokan.experiments import Context, Experiment
from evokan.seeding import derive_seed, generator
from experiments.benchmarks.report import Measurements, table, write_page
from search_spaces.fkan import FractionalJacobi

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
    **{f"fJNB({degree})": partial(FractionalJacobi, degree) for degree in (2, 4, 6)},
}
PUBLISHED = {"relu": 99.14, "fJNB(4)": 99.23}
TRAIN, TEST, EPOCHS, BATCH, RATE = 5000, 2000, 4, 128, 2e-3
SEEDS = 3


def run(context: Context) -> Sequence[Path]:
    """Train what is missing, and write the page."""
    folder = context.results / ("fkan-quick" if context.quick else "fkan")
    rows = Measurements(folder / "mnist.csv", ("activation", "seed"))
    seeds, images = (1, 500) if context.quick else (context.seeds or SEEDS, TRAIN)
    missing = rows.missing([(name, seed) for seed in range(seeds) for name in ACTIVATIONS])
    if missing:
        train, test = load("train", images), load("t10k", TEST)
        for name, seed in context.each("networks", missing):
            with threadpool_limits(limits=1):
                rows.add({"activation": name, "seed": seed, **measure(name, seed, train, test)})
    page = folder / "mnist.md"
    write_page(page, "MNIST, a subset (Table 2)", rows.values(), "one thread", report(rows.values()), folder="fkan")
    return [rows.path, page]


def load(part: str, count: int) -> tuple[Tensor, Tensor]:
    """Return the first `count` images, shape (count, 1, 28, 28) in [0, 1], and their classes.

    Raises
    ------
    InputError
        The files are not in the data folder.
    """
    arrays = []
    for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
        name = f"mnist/{part}-{kind}-ubyte"
        path = find_data_file(name)
        if path is None:
            raise InputError(f"experiment fkan-mnist: put {name} (or .gz) into the folder named by the environment "
                             f"variable {DATA_VARIABLE}; published: LeCun et al., MNIST")
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        arrays.append(np.frombuffer(content, np.uint8, offset=header))
    images = torch.from_numpy(arrays[0][: count * 784].reshape(count, 1, 28, 28).copy()).float() / 255.0
    return images, torch.from_numpy(arrays[1][:count].copy()).long()


def measure(name: str, seed: int, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> dict[str, Any]:
    """Train one network, and return its test accuracy in percent."""
    began = time.process_time()
    with torch.random.fork_rng():
        torch.manual_seed(derive_seed("mnist", seed))
        make = ACTIVATIONS[name]
        net = nn.Sequential(nn.Conv2d(1, 8, 3), make(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), make(), nn.MaxPool2d(2),
                            nn.Flatten(), nn.Linear(400, 10))
    rng = generator("mnist batches", seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    images, labels = train
    for _ in range(EPOCHS):
        for batch in np.array_split(rng.permutation(len(images)), max(len(images) // BATCH, 1)):
            optimizer.zero_grad()
            torch.autograd.backward(nn.functional.cross_entropy(net(images[batch]), labels[batch]))
            optimizer.step()
    with torch.no_grad():
        accuracy = 100.0 * (net(test[0]).argmax(1) == test[1]).double().mean().item()
    return {"accuracy": accuracy, "train": len(images), "test": len(test[0]),
            "cpu_seconds": round(time.process_time() - began, 1)}


def report(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the parts of the page."""
    lines: list[Sequence[str | float]] = []
    for name in dict.fromkeys(row["activation"] for row in rows):
        part = [row for row in rows if row["activation"] == name]
        accuracy = np.array([row["accuracy"] for row in part])
        lines.append((name, len(part), f"{accuracy.mean():.2f}", f"{accuracy.min():.2f} to {accuracy.max():.2f}",
                      f"{PUBLISHED[name]:.2f}" if name in PUBLISHED else "",
                      float(np.mean([row["cpu_seconds"] for row in part]))))
    first = rows[0]
    return [
        f"Two convolutions (8 and 16 channels, 3 x 3) with the activation and pooling behind each, one linear map; the "
        f"first {first['train']} training and {first['test']} test images, {EPOCHS} epochs, batches of {BATCH}, Adam "
        f"{RATE}. Published: all 60,000 images, 30 epochs, another network, so only the order can be compared.",
        table(("activation", "seeds", "mean accuracy, %", "range", "published, whole set", "CPU s"), lines),
    ]


EXPERIMENT = Experiment("fkan-mnist", "MNIST with a small convolutional network, on a subset (fKAN, Table 2)", run)
