"""A run summed up as one JSON value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evokan.runs.run import Run


SIZES = ("n_params", "n_params_paper", "n_edges", "n_features", "depth", "grid")


def summarise(run: Run, *, ending: bool = False) -> dict[str, Any]:
    """Return everything that `print_summary` shows.

    Parameters
    ----------
    ending
        Whether the run has all but its mark: it is being finished just now.

    Returns
    -------
    dict
        ``state`` is ``finished``, ``running`` or ``interrupted``. Before the end, ``best`` and ``front`` are those
        of the search so far, and ``metrics`` and ``baselines`` are missing.
    """
    config, history, finished = run.config, run.history, ending or run.finished
    settings = config["settings"]
    summary: dict[str, Any] = {
        "path": str(run.path),
        "state": "finished" if finished else "running" if run.directory.locked else "interrupted",
        "space": settings["space"],
        "dataset": config["data"]["name"],
        "task": config["data"]["task"],
        "rows": {part: config["data"][part] for part in ("train", "validation", "test")},
        "folds": settings["folds"],
        "seed": settings["seed"],
        "generation": int(history["generation"].max()) if len(history) else None,
        "generations": settings["generations"],
        "settle": settings.get("settle", 0),
        "counts": {name: int(history[name].sum()) for name in ("evaluated", "cached", "invalid", "failed", "raced")},
        "seconds": float(history["seconds"].sum()),
    }
    return summary | (_product(run) if finished else _so_far(run))


def _product(run: Run) -> dict[str, Any]:
    member = run.best
    metrics = dict(member.metrics)
    explanation = member.explanation
    used = [name for name, weight in zip(explanation.input_names, explanation.importances, strict=True) if weight > 0]
    rows = front_rows(run)
    best = next(row for row in rows if row["chosen"])
    return {
        "best": {name: value for name, value in best.items() if name != "chosen"}
        | {"shape": list(explanation.widths), "features": used},
        "metrics": {part: metrics[part] for part in ("train", "validation", "test")},
        "baselines": metrics["baselines"],
        "references": dict(metrics.get("references", {})),
        "front": rows,
    }


def front_rows(run: Run) -> list[dict[str, Any]]:
    """Return the front of a finished run as plain values."""
    columns = ("id", *SIZES, "val_loss", "val_loss_mean", "val_loss_sd", "chosen")
    return [_plain(row) for row in run.pareto[list(columns)].to_dict("records")]


def _so_far(run: Run) -> dict[str, Any]:
    from evokan.evaluation.records import OBJECTIVES
    from evokan.evolution.front import pareto_front
    from evokan.runs.tables import read_records

    objectives = [name for name in run.config["reference_point"] if name in OBJECTIVES] or ["val_loss"]
    # Keys are not written; rows with the status ok differ, later copies are cached.
    records = [record.replace(key=str(record.id)) for record in read_records(run.directory.evaluations)]
    rows = [
        {name: getattr(record, name) for name in ("id", *SIZES, "val_loss")}
        for record in pareto_front(records, objectives)
    ]
    return {"best": min(rows, key=lambda row: row["val_loss"], default=None), "front": rows}


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a pandas row as Python values."""
    return {str(name): value.item() if hasattr(value, "item") else value for name, value in row.items()}
