"""Figure 4a: one-dimensional regression by one hidden layer of 1 to 10 neurons."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from experiments.fkan import by_pykan
from experiments.fkan.figures import draw_errors
from experiments.fkan.regression import EPOCHS, RATE, make_problem, measure
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, median_of, table, write_page

SIZES = range(1, 11)
SEEDS = 7
ERRORS = (0.5, 0.2, 0.1, 0.05)
"""At which neurons are counted."""
MODELS = ("fJNB(5)", "fJNB(6)", "relu", "sigmoid", "tanh")
"""Those of the figure, and pykan's."""
PUBLISHED = {
    "fJNB(5)": (0.768, 0.756, 0.677, 0.185, 0.13, 0.3, 0.575, 0.129, 0.12, 0.557),
    "fJNB(6)": (0.772, 0.293, 0.104, 0.0731, 0.0651, 0.0686, 0.11, 0.104, 0.081, 0.101),
    "relu": (4.73, 0.7, 0.7, 0.668, 0.697, 0.504, 0.392, 0.443, 0.401, 0.385),
    "sigmoid": (1.61, 0.792, 0.795, 0.734, 0.699, 0.645, 0.569, 0.611, 0.589, 0.57),
    "tanh": (1.13, 0.816, 0.823, 0.811, 0.791, 0.783, 0.776, 0.771, 0.767, 0.769),
    by_pykan.NAME: (0.173, 0.174, 0.173, 0.174, 0.173, 0.174, 0.174, 0.175, 0.174, 0.174),
}
"""Medians of the seven runs whose results are stored beside the notebook ``plot-plots``."""


def run(context: Context) -> Sequence[Path]:
    """Train what is missing, and write the page and the figure."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "neurons.csv", ("model", "neurons", "seed"))
    sizes = SIZES[:2] if context.quick else SIZES
    seeds = range(1 if context.quick else context.seeds or SEEDS)
    models = [*MODELS, *by_pykan.installed()]
    missing = rows.missing([(model, size, seed) for model in models for size in sizes for seed in seeds])
    for model, size, seed in context.each("trainings", missing):
        began = time.process_time()
        with threadpool_limits(limits=1):
            figures = measure(model, 1, seed, make_problem(seed, "none"), neurons=size)
        seconds = round(time.process_time() - began, 2)
        rows.add({"model": model, "neurons": size, "seed": seed, **figures, "cpu_seconds": seconds})
    page, picture = folder / "neurons.md", folder / "neurons.png"
    values = rows.values()
    write_page(page, "Neurons of one hidden layer (Figure 4a)", values, "one thread", report(values), folder="fkan")
    draw_errors(values, picture, (*MODELS, by_pykan.NAME), "neurons", "neurons of one hidden layer")
    return [rows.path, page, picture]


def report(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the page."""
    sizes = sorted({row["neurons"] for row in rows})
    names = list(dict.fromkeys(row["model"] for row in rows))

    def median(model: str, size: int) -> float:
        found = [row["mae"] for row in rows if (row["model"], row["neurons"]) == (model, size)]
        return median_of(found) if found else float("nan")

    header = ("", *(str(size) for size in sizes))
    ours: list[Sequence[str | float]] = [(name, *(median(name, size) for size in sizes)) for name in names]
    theirs: list[Sequence[str | float]] = [
        (name, *(values[size - 1] for size in sizes)) for name, values in PUBLISHED.items()
    ]
    note = "" if by_pykan.NAME in names else " pykan is not installed where this was measured."
    return [
        "Test MAE on the law of `regression.md`, raw data, medians over "
        f"{len({row['seed'] for row in rows})} seeds of noise, test rows and initial values: Adam {RATE}, {EPOCHS} epochs on "
        f"all 33 rows, and `{by_pykan.NAME}`: grid {by_pykan.GRID}, {by_pykan.STEPS} steps of L-BFGS.{note}",
        table(header, ours),
        f"Published, medians over seven runs (`{by_pykan.NAME}`: {by_pykan.PUBLISHED_NOTE}). The notebook `run-fKAN` keeps a "
        "fifth of the 33 rows back, and stops by them.",
        table(header, theirs),
        *_verdict(names, sizes, median),
        "![MAE against neurons](neurons.png)",
    ]


def _verdict(names: Sequence[str], sizes: Sequence[int], median: Callable[[str, int], float]) -> list[str]:
    """Return how many neurons each model needs for a given error, and whether a fractional block needs the fewest."""
    needed = {
        name: [next((size for size in sizes if median(name, size) <= error), None) for error in ERRORS]
        for name in names
    }
    lines: list[Sequence[str | float]] = [
        (name, *("" if size is None else size for size in found)) for name, found in needed.items()
    ]

    def said(among: Sequence[str]) -> str:
        fewest = [min((size for name in among if (size := needed[name][i])), default=None) for i in range(len(ERRORS))]
        blocks = [
            any(needed[name][i] == least for name in among if name.startswith("fJNB"))
            for i, least in enumerate(fewest)
            if least is not None
        ]
        holds = "holds" if blocks and all(blocks) else "**does not hold**"
        return (
            f"{holds} (a block is the first, or one of the first, at {sum(blocks)} of the {len(blocks)} errors reached)"
        )

    activations = [name for name in names if name != by_pykan.NAME]
    beside = f"; with `{by_pykan.NAME}` {said(names)}" if by_pykan.NAME in names else ""
    return [
        "The fewest neurons with a median error of at most:",
        table(("", *(f"{error:g}" for error in ERRORS)), lines),
        f"The paper's claim that a fractional block needs the fewest neurons: among activations it {said(activations)}{beside}.",
    ]


EXPERIMENT = Experiment("fkan-neurons", "MAE against neurons of one layer (fKAN, Figure 4a)", run)
