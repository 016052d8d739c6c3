"""Time and memory: all 130 edges of [13,5,5,5,3] against the whole library, and the diagram of that network."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments.harness import Context, Experiment, Rows
from experiments.pages import conditions, measured_under, numbered

_NETWORK = """
import sys, time, resource
import numpy as np
from evokan.datasets import load_dataset
from evokan.problem import Problem
from evokan.problem.splits import Fold
from evokan.spaces.training import Budget, TrainingJob
from search_spaces.gakan import GAKAN
from search_spaces.gakan.encoding import full_network
problem = Problem.from_table(load_dataset("wine"))
space, network = GAKAN(), full_network((13, 5, 5, 5, 3), 5)
job = TrainingJob(network, Fold(problem.train, problem.validation), int(sys.argv[2]), keep_weights=True)
model = space.model(network, problem, space.train([job], problem, Budget())[0].weights)
"""
_POINTS = (
    _NETWORK
    + """
from evokan.explain import sample_points
graph = space.graph(model, problem)
levels = graph.levels(problem.table.X[problem.development])
x = np.array([sample_points(levels[e.layer][:, e.source]) for e in graph.edges])
np.savez(sys.argv[1], x=x, y=[e.function(points) for e, points in zip(graph.edges, x)])
"""
)
_LAWS = """
import sys, time, resource
import numpy as np
from evokan.explain import fit_edges
points = np.load(sys.argv[1])
began = time.process_time()
laws = fit_edges(points["x"], points["y"])
"""
_DIAGRAM = (
    _NETWORK
    + """
from evokan.plots import plot_network, save
laws = (explanation := space.explain(model, problem)).edges
began = time.process_time()
save(plot_network(explanation), sys.argv[1])
"""
)
_TAIL = "print(len(laws), time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
AIMS = {"edge laws": "at most 3 s and 300 MB", "network diagram": "at most 1 s"}


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write table and page."""
    folder = context.folder("formula")
    rows = Rows(folder / "speed.csv", ("work", "repeat"))
    pieces = [(work, repeat) for work in AIMS for repeat in range(1 if context.quick else context.seeds or 5)]
    for work, repeat in context.each("speed", rows.missing(pieces)):
        with tempfile.TemporaryDirectory() as place:
            if work == "edge laws":
                _call(_POINTS, f"{place}/points.npz", repeat)
                told = _call(_LAWS + _TAIL, f"{place}/points.npz", repeat)
            else:
                told = _call(_DIAGRAM + _TAIL, f"{place}/network.png", repeat)
        edges, seconds, peak = told.split()
        rows.add(
            {
                "work": work,
                "repeat": repeat,
                "edges": int(edges),
                "cpu_seconds": round(float(seconds), 3),
                "peak_mb": round(float(peak), 1),
                "conditions": conditions(),
            }
        )
    page = folder / "speed.md"
    page.write_text(report(pd.DataFrame(rows.read())), encoding="utf-8")
    return [rows.path, page]


def _call(script: str, *arguments: object) -> str:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def report(table: pd.DataFrame) -> str:
    """Return the page."""
    table = numbered(table, ("edges", "cpu_seconds", "peak_mb"))
    lines = [
        "# Speed of explanations",
        "",
        "The full network [13,5,5,5,3] on Wine, grid 5, trained by gakan; a process for each repeat, "
        "imports not counted. Memory is the peak of the whole process: with the laws NumPy, SciPy and the "
        "points of the edges, with the diagram torch as well.",
        "",
        "| work | edges | repeats | CPU s, median | most | peak MB | aim |",
        "|---|---|---|---|---|---|---|",
    ]
    for work, part in table.groupby("work", sort=False):
        lines.append(
            f"| {work} | {part.edges.iloc[0]} | {len(part)} | **{part.cpu_seconds.median():.2f}** | "
            f"{part.cpu_seconds.max():.2f} | {part.peak_mb.max():.0f} | {AIMS[str(work)]} |"
        )
    lines += ["", "pykan 0.2.x: 14 s for one edge, 8.5 s and 1.6 GB for the diagram (measured earlier)."]
    return "\n".join([*lines, "", measured_under(table.conditions), ""])


EXPERIMENT = Experiment("formula-speed", "time and memory of edge laws and network diagram, 130 edges", run)
