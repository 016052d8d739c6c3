"""What ``show``, ``search`` and ``resume`` say about a run: as one JSON value, and as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evokan.cli.printing import console, longest, number, table
from evokan.problem.task import Task

LARGEST_SHARE = 100.0
"""Up to here an R2 is written with its decimals."""

if TYPE_CHECKING:
    from rich.console import Console


def one_line(summary: dict[str, Any]) -> str:
    """Return the gist of a run: the state, the best network, its leading test figure."""
    text = f"{summary['path']}: {summary['state']}"
    best = summary["best"]
    if best is None:
        return text
    text += f", {best['n_params']} parameters, validation loss {number(best.get('val_loss_mean', best['val_loss']))}"
    if "metrics" in summary and summary["rows"]["test"]:
        figure = _figures(summary)[0]
        text += f", test {figure} {number(summary['metrics']['test'][figure])}"
    return text


def print_summary(summary: dict[str, Any]) -> None:
    """Print the tables of a run."""
    out = console()
    rows, counts = summary["rows"], summary["counts"]
    folds = f" in {summary['folds']} folds" if summary["folds"] > 1 else ""
    done = -1 if summary["generation"] is None else summary["generation"]
    out.print(
        f"{summary['space']} on {summary['dataset']}, {summary['task']}: {rows['train']} train and "
        f"{rows['validation']} validation rows{folds}, {rows['test']} test rows; seed {summary['seed']}",
        style="bold",
        soft_wrap=True,
    )
    out.print(
        f"{summary['state']}, generation {done} of {longest(summary)}: {counts['evaluated']} networks "
        f"trained, {counts['cached']} cached, {counts['invalid']} invalid, {counts['failed']} failed, "
        f"{counts['raced']} raced"
        if done >= 0
        else f"{summary['state']} in the first generation, by the time limit"
        if summary["state"] == "finished"
        else f"{summary['state']}, no generation has finished yet"
    )
    if summary["best"] is not None:
        _print_best(out, summary)
        if "metrics" in summary and rows["test"]:
            _print_figures(out, summary)
        _print_front(out, summary)
    out.print(f"run: {summary['path']}", soft_wrap=True)
    if summary["state"] == "interrupted":
        out.print(f"go on with: evokan resume {summary['path']}", soft_wrap=True)


def _print_best(out: Console, summary: dict[str, Any]) -> None:
    best = summary["best"]
    made = table("", "", title="Chosen network" if "metrics" in summary else "Best so far")
    if "shape" in best:
        made.add_row("shape", f"[{','.join(map(str, best['shape']))}], {best['n_edges']} edges")
        made.add_row("features used", f"{best['n_features']}: {', '.join(best['features'])}")
    else:
        made.add_row("edges, depth", f"{best['n_edges']}, {best['depth']}")
        made.add_row("features used", str(best["n_features"]))
    made.add_row(
        "parameters",
        f"{best['n_params']}"
        + (f" ({best['n_params_paper']} as the paper counts)" if best["n_params_paper"] != best["n_params"] else ""),
    )
    loss = number(best["val_loss"])
    if "val_loss_mean" in best:
        loss = (
            f"{number(best['val_loss_mean'])} +- {number(best['val_loss_sd'], 2)} over fresh seeds, "
            f"{loss} in the search"
        )
    made.add_row("validation loss", loss)
    out.print(made)
    for name, reference in summary.get("references", {}).items():
        if reference < best["val_loss_mean"]:
            out.print(
                f"the reference network '{name}', made by hand, has a lower validation loss: {number(reference)}",
                soft_wrap=True,
            )


def _print_figures(out: Console, summary: dict[str, Any]) -> None:
    figures = _figures(summary)
    chosen = f"{summary['space']}, chosen network"
    everybody = {chosen: summary["metrics"]["test"], **summary["baselines"]}

    def rank(item: tuple[str, dict[str, float | None]]) -> tuple[bool, float, float]:
        first, last = item[1].get(figures[0]), item[1].get(figures[-1])
        return first is None, -(first or 0.0), float("inf") if last is None else last

    made = table("model", *(f">{name}" for name in figures), title="Test figures")
    for name, values in sorted(everybody.items(), key=rank):
        cells = [_figure(figure, values.get(figure)) for figure in figures]
        made.add_row(name, *cells, style="bold" if name == chosen else None)
    out.print(made)
    for name, values in summary["baselines"].items():
        notes = [*([values["error"]] if "error" in values else []), *values.get("warnings", ())]
        if notes:
            out.print(f"{name}: {'; '.join(map(str, notes))}", soft_wrap=True)


def _figures(summary: dict[str, Any]) -> tuple[str, ...]:
    return Task(summary["task"]).figures or tuple(summary["metrics"]["test"])


def _figure(name: str, value: float | None) -> str:
    """Return a figure so that a column of shares can be read downwards; an R2 far below 0 is no share."""
    is_share = value is not None and name in ("accuracy", "auc", "r2") and abs(value) < LARGEST_SHARE
    return f"{value:.4f}" if is_share else number(value)


def _print_front(out: Console, summary: dict[str, Any]) -> None:
    retrained = "metrics" in summary
    headings = (
        ">id",
        ">parameters",
        ">edges",
        ">features",
        ">depth",
        ">grid",
        ">loss in search",
        *((">loss, fresh seeds", ">sd", "") if retrained else ()),
    )
    made = table(*headings, title="Front")
    for row in sorted(summary["front"], key=lambda row: (row["n_params"], row["val_loss"])):
        cells = [str(row[name]) for name in ("id", "n_params", "n_edges", "n_features", "depth", "grid")]
        cells.append(number(row["val_loss"]))
        if retrained:
            cells += [number(row["val_loss_mean"]), number(row["val_loss_sd"], 2), "chosen" if row["chosen"] else ""]
        made.add_row(*cells, style="bold" if row.get("chosen") else None)
    out.print(made)
