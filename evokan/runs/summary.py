"""A run summed up as one JSON value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evokan.runs.run import Run


SIZES = ("n_params", "n_params_paper", "n_edges", "n_features", "depth", "grid")


def summarise(run: Run) -> dict[str, Any]:
    """Return everything that `print_summary` shows.

    Returns
    -------
    dict
        ``state`` is ``finished``, ``running`` or ``interrupted``. Before the end, ``best`` and ``front`` are those
        of the search so far, and ``metrics`` and ``baselines`` are missing.
    """
    config, history = run.config, run.history
    settings = config["settings"]
    summary: dict[str, Any] = {
        "path": str(run.path),
        "state": "finished" if run.finished else "running" if run.directory.locked else "interrupted",
        "space": settings["space"],
        "dataset": config["data"]["name"],
        "task": config["data"]["task"],
        "rows": {part: config["data"][part] for part in ("train", "validation", "test")},
        "folds": settings["folds"],
        "seed": settings["seed"],
        "generation": int(history["generation"].max()) if len(history) else None,
        "generations": settings["generations"],
        "counts": {name: int(history[name].sum()) for name in ("evaluated", "cached", "invalid", "failed", "raced")},
        "seconds": float(history["seconds"].sum()),
    }
    return summary | (_product(run) if run.finished else _so_far(run))


def _product(run: Run) -> dict[str, Any]:
    member = run.best
    metrics = dict(member.metrics)
    explanation = member.explanation
    used = [name for name, weight in zip(explanation.input_names, explanation.importances, strict=True) if weight > 0]
    front = run.pareto
    columns = ("id", *SIZES, "val_loss", "val_loss_mean", "val_loss_sd", "chosen")
    rows = [_plain(row) for row in front[list(columns)].to_dict("records")]
    best = next(row for row in rows if row["chosen"])
    return {
        "best": {name: value for name, value in best.items() if name != "chosen"}
        | {"shape": list(explanation.widths), "features": used},
        "metrics": {part: metrics[part] for part in ("train", "validation", "test")},
        "baselines": metrics["baselines"],
        "front": rows,
    }


def _so_far(run: Run) -> dict[str, Any]:
    from evokan.evolution.front import pareto_front
    from evokan.runs.tables import read_records

    objectives = list(run.config["reference_point"])
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
