"""The commands that the family mounts under its own name: ``evokan kafcm ...``.

Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evokan.cli.options import Force, Json, Quiet, RunPath
from evokan.cli.printing import console, new_file, number, print_json, print_line, table
from evokan.errors import InputError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

    from evokan.runs.run import Run

app = typer.Typer(help="Causal maps: what-if simulation, and the course of every edge.", add_completion=False)


@app.command()
def simulate(
    run: RunPath,
    *,
    hold: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="CONCEPT=VALUE",
            show_default=False,
            help="Value that a concept has throughout; repeatable.",
        ),
    ] = None,
    start: Annotated[
        list[str] | None,
        typer.Option(
            "--start",
            metavar="CONCEPT=VALUE",
            show_default=False,
            help="First value of a concept, which then moves on; the others start at their medians. Repeatable.",
        ),
    ] = None,
    steps: Annotated[int, typer.Option("--steps", metavar="T", min=1, help="Steps.")] = 20,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            show_default=False,
            help="CSV to write, a picture beside it; by default simulation.csv in the run's folder, which is replaced.",
        ),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Apply the chosen map of a run again and again, from a state of your own: what would happen."""
    from evokan.plots import rendered
    from evokan.runs.run import load_run
    from search_spaces.kafcm.plots import plot_trajectory

    if out is not None and out.suffix.lower() != ".csv":
        raise InputError(f"--out {out}: its name must end in .csv")
    loaded = load_run(run)
    held, first = read_values("--set", hold or []), read_values("--start", start or [])
    both = sorted(set(held) & set(first))
    if both:
        raise InputError(*(f"{name!r} has both --set and --start: give one of them" for name in both))
    path = trajectory(loaded, held, first, steps)
    target = out or loaded.path / "simulation.csv"
    with new_file(target, force=force or out is None) as part:
        path.to_csv(part, index_label="step")
    concepts = list(path.columns)
    drawn = plot_trajectory(concepts, path.to_numpy(), [concepts.index(name) for name in held])
    picture = target.with_suffix(".png")
    with new_file(picture, force=force or out is None) as part:
        part.write_bytes(rendered(drawn, picture.suffix))
    if json:
        print_json({"out": target, "plot": picture, "last": path.iloc[-1].to_dict()})
    elif not quiet:
        made = table("concept", ">start", f">step {steps}")
        for name in concepts:
            made.add_row(name, number(path[name].iloc[0]), number(path[name].iloc[-1]))
        console().print(made)
        console().print(f"written to {target} and {picture}", soft_wrap=True)


@app.command()
def edges(run: RunPath, *, quiet: Quiet = False, json: Json = False) -> None:
    """List the edges of the chosen map: strength, course, and where each curve turns."""
    from evokan.runs.run import load_run

    member = _member(load_run(run))
    explanation = member.explanation
    strength = {(edge.source, edge.target): edge.weight for edge in explanation.edges}
    with member.reading_spec():
        found = [
            {
                "cause": explanation.input_names[edge["cause"]],
                "effect": explanation.output_names[edge["effect"]],
                "weight": strength[edge["cause"], edge["effect"]],
                "course": str(edge["course"]),
                "turns": [(float(x), str(kind)) for x, kind in edge["turns"]],
                "intervals": edge["intervals"],
            }
            for edge in explanation.data["edges"]
        ]
    found.sort(key=lambda edge: -edge["weight"])
    if json:
        print_json(found)
    elif quiet:
        for edge in found:
            print_line(f"{edge['cause']}>{edge['effect']}")
    else:
        made = table("cause", "effect", ">strength", "course", "turns")
        for edge in found:
            turns = ", ".join(f"{kind} at {number(x)}" for x, kind in edge["turns"])
            made.add_row(edge["cause"], edge["effect"], number(edge["weight"], 3), edge["course"], turns)
        console().print(made)


def read_values(option: str, texts: list[str]) -> dict[str, float]:
    """Return the ``CONCEPT=VALUE`` texts of an option as a mapping.

    Raises
    ------
    InputError
        One sentence for each text that is none.
    """
    found: dict[str, float] = {}
    faults = []
    for text in texts:
        name, equals, value = text.rpartition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not (equals and name.strip()) or found[name.strip()] - found[name.strip()] != 0.0:
            faults.append(f"{option} {text}: write CONCEPT=VALUE with a finite number, such as stress=0.8")
    if faults:
        raise InputError(*faults)
    return found


def trajectory(run: Run, held: dict[str, float], first: dict[str, float], steps: int) -> pd.DataFrame:
    """Return the simulated values, one row for each step from 0 on, one column for each concept.

    Parameters
    ----------
    held, first
        Values that concepts keep, and values that they start from; other concepts start at the median of the data.

    Raises
    ------
    InputError
        The run is of another family or unfinished, or a concept is unknown.
    """
    import numpy as np
    import pandas as pd
    import torch

    member = _member(run)
    model: Any = member.model
    names = list(model.spec["feature_names"])
    faults = [
        fault for name in (*held, *first) if name not in names for fault in unknown_name("concept", name, names).faults
    ]
    if faults:
        raise InputError(*faults)
    medians = {
        column["name"]: column["median"]
        for column in run.config["data"]["schema"]["columns"]
        if column["kind"] == "numeric"
    }
    state = np.array([held.get(name, first.get(name, medians.get(name, 0.0))) for name in names])
    with torch.no_grad():
        path = model.rollout(torch.from_numpy(state[None, :]), steps, [names.index(name) for name in held])
    columns = names if model.recurrent else [*names, *model.spec["output_names"]]
    return pd.DataFrame(path[0].numpy(), columns=columns)


def _member(run: Run) -> Any:
    space = run.config["settings"]["space"]
    if space != "kafcm":
        raise InputError(f"{run.path}: is a run of the search space {space!r}, not of 'kafcm'")
    return run.best
