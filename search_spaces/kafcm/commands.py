"""The commands that the family mounts under its own name: ``evokan kafcm ...``.

Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evokan.cli.options import Force, Json, PictureFormat, Quiet, RunPath
from evokan.cli.printing import console, new_file, number, print_json, print_line, table
from evokan.errors import EvokanWarning, InputError

if TYPE_CHECKING:
    from evokan.runs.run import Run


STARTS = 200
"""States of the data that maps are let go from."""

app = typer.Typer(help="Causal maps: what-if simulation, and the course of every edge.", add_completion=False)


@app.command()
def simulate(
    run: RunPath,
    *,
    hold: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="CONCEPT=VALUE[@STEPS]",
            show_default=False,
            help="Value that a concept has throughout, in a pulse (heat=0.8@5:10) or along a ramp (heat=0..0.8@5:10); "
            "repeatable.",
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
    picture_format: PictureFormat = "png",
    spread: Annotated[
        bool,
        typer.Option(
            "--spread/--no-spread",
            help="Between which values the same map goes when it is trained ten times without parts of the data.",
        ),
    ] = True,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Apply the chosen map of a run again and again, from a state of your own: what would happen.

    Beside it stand the base run, in which nothing is set, and the spread.
    """
    from evokan.plots import rendered
    from evokan.runs.pictures import check_kind
    from evokan.runs.run import load_run
    from search_spaces.kafcm.plots import plot_trajectory
    from search_spaces.kafcm.simulating import simulation
    from search_spaces.kafcm.what_if import read_pushes

    if out is not None and out.suffix.lower() != ".csv":
        raise InputError(f"--out {out}: its name must end in .csv")
    check_kind(picture_format)
    loaded = load_run(run)
    pushes, first = read_pushes("--set", hold or []), read_values("--start", start or [])
    both = sorted({push.concept for push in pushes if push.first == 0} & set(first))
    if both:
        raise InputError(*(f"{name!r} has both --set and --start: give one of them" for name in both))
    member, columns = chosen_map(loaded), loaded.config["data"]["schema"]["columns"]
    found = simulation(member, columns, pushes, first, steps, _other_maps(loaded) if spread else ())
    path, base = found.path, found.base
    target = out or loaded.path / "simulation.csv"
    with new_file(target, force=force or out is None) as part:
        found.table.to_csv(part, index_label="step")
    concepts = list(path.columns)
    held = {push.concept for push in pushes}
    drawn = plot_trajectory(
        concepts,
        path.to_numpy(),
        [concepts.index(name) for name in concepts if name in held],
        None if base is None else base.to_numpy(),
        None if found.low is None or found.high is None else (found.low.to_numpy(), found.high.to_numpy()),
    )
    for name, low, high in found.outside:
        warnings.warn(
            f"{name!r} leaves the range of the data, {number(low)} to {number(high)}: the map only guesses there",
            EvokanWarning,
            stacklevel=1,
        )
    picture = target.with_suffix(f".{picture_format}")
    with new_file(picture, force=force or out is None) as part:
        part.write_bytes(rendered(drawn, picture.suffix))
    if json:
        frames = {"last": path, "base": base, "low": found.low, "high": found.high}
        last = {label: one.iloc[-1].to_dict() for label, one in frames.items() if one is not None}
        print_json({"out": target, "plot": picture, **last, "outside": [name for name, _, _ in found.outside]})
    elif not quiet:
        beside = {">base run": base, ">lowest": found.low, ">highest": found.high}
        shown = {label: one for label, one in beside.items() if one is not None}
        made = table("concept", ">start", f">step {steps}", *shown)
        for name in concepts:
            ends = [path[name].iloc[0], path[name].iloc[-1], *(one[name].iloc[-1] for one in shown.values())]
            made.add_row(name, *map(number, ends))
        console().print(made)
        console().print(f"written to {target} and {picture}", soft_wrap=True)


def _other_maps(run: Run) -> Any:
    """Return the chosen map of a run trained on parts of its data; none where the data are not there any more."""
    from search_spaces.kafcm.spread import resampled_maps

    try:
        model: Any = run.best.model
        return resampled_maps(model.architecture, run.problem, run.space)
    except InputError as error:
        warnings.warn(f"no spread is told: {error}", EvokanWarning, stacklevel=1)
        return ()


@app.command()
def edges(run: RunPath, *, quiet: Quiet = False, json: Json = False) -> None:
    """List the edges of the chosen map: strength, course, and where each curve turns."""
    from evokan.runs.run import load_run

    member = chosen_map(load_run(run))
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
                "q_value": edge.get("q_value"),
                "stability": edge.get("stability"),
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
        made = table("cause", "effect", ">strength", ">q", ">stability", "course", "turns")
        for edge in found:
            turns = ", ".join(f"{kind} at {number(x)}" for x, kind in edge["turns"])
            sure = ["" if edge[name] is None else number(edge[name], 2) for name in ("q_value", "stability")]
            made.add_row(edge["cause"], edge["effect"], number(edge["weight"], 3), *sure, edge["course"], turns)
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


@app.command()
def rest(run: RunPath, *, quiet: Quiet = False, json: Json = False) -> None:
    """Find where the chosen map comes to rest: its fixed points and cycles, from many states of the data."""
    import numpy as np

    from evokan.runs.run import load_run
    from search_spaces.kafcm.what_if import rests

    loaded = load_run(run)
    member = chosen_map(loaded)
    model: Any = member.model
    if not model.recurrent:
        raise InputError(f"{loaded.path}: a map of an input table has one step, and nothing that could come to rest")
    names = list(model.spec["output_names"])
    problem = loaded.problem
    values = np.asarray(problem.table.y, dtype=np.float64)[problem.development]
    starts = values[np.linspace(0, len(values) - 1, min(len(values), STARTS)).astype(int)]
    found = rests(model, starts, np.maximum(values.std(axis=0), 1e-300))
    if json:
        print_json(
            [
                {
                    "period": one.period,
                    "share": one.share,
                    "states": [dict(zip(names, map(float, row), strict=True)) for row in one.states],
                }
                for one in found
            ]
        )
        return
    made = table("comes to", ">share of starts", *(f">{name}" for name in names))
    kinds = {0: "no rest within 64 steps", 1: "a fixed point"}
    for one in found:
        label = kinds.get(one.period, f"a cycle of {one.period} steps")
        if quiet:
            print_line(f"{one.period} {one.share:.3g}")
            continue
        for place, row in enumerate(one.states if one.period else [[None] * len(names)]):
            cells = ["" if value is None else number(float(value)) for value in row]
            made.add_row(label if place == 0 else "", number(one.share, 3) if place == 0 else "", *cells)
    if not quiet:
        console().print(made)


@app.command()
def sensitivity(run: RunPath, *, quiet: Quiet = False, json: Json = False) -> None:
    """List by how much every effect moves with each of its causes, per unit of the cause: mean slope over the data."""
    from evokan.runs.run import load_run
    from search_spaces.kafcm.what_if import sensitivity as slopes

    loaded = load_run(run)
    member = chosen_map(loaded)
    model: Any = member.model
    problem = loaded.problem
    matrix = slopes(model, problem.table.X[problem.development])
    explanation = member.explanation
    found = sorted(
        (
            {
                "cause": explanation.input_names[source],
                "effect": explanation.output_names[target],
                "slope": float(matrix[target, source]),
            }
            for source, target in model.architecture.edges
        ),
        key=lambda one: (one["effect"], -one["slope"]),
    )
    if json:
        print_json(found)
    elif quiet:
        for one in found:
            print_line(f"{one['cause']}>{one['effect']} {one['slope']:.6g}")
    else:
        made = table("effect", "cause", ">mean slope")
        for one in found:
            made.add_row(one["effect"], one["cause"], number(one["slope"], 3))
        console().print(made)


def chosen_map(run: Run) -> Any:
    """Return the chosen member of a run of this family; raises `InputError` for another one."""
    space = run.config["settings"]["space"]
    if space != "kafcm":
        raise InputError(f"{run.path}: is a run of the search space {space!r}, not of 'kafcm'")
    return run.best
