"""What was asked and found, in three sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evokan.problem.task import Task
from evokan.texts import listed

NAMED = 6
"""Columns that a sentence names; more are counted."""


def sentences(found: Mapping[str, Any]) -> dict[str, str]:
    """Return ``asked``, ``searched`` and ``answer``, made of what `evokan.reports.content.gather` has found so far."""
    return {"asked": _asked(found), "searched": _searched(found), "answer": _answer(found)}


def text(value: float | None) -> str:
    """Return a figure with four significant digits; a dash for none."""
    return "–" if value is None else f"{value:.4g}"


def count(number: int, noun: str) -> str:
    """Return ``1 row``, ``2 rows``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _asked(found: Mapping[str, Any]) -> str:
    data = found["data"]
    task = Task(data["task"])
    parts = f"{data['train']:,} to train, {data['validation']:,} to validate, {data['test']:,} to test"
    if task.is_equation:
        return f"Asked for: the solution of the equation {data['name']} at {data['rows']:,} points ({parts})."
    if task.in_time:
        return (
            f"Asked for: the next moment of the {count(data['features'], 'column')} of the time series "
            f"{data['name']}, from {count(data['rows'], 'step')} ({parts})."
        )
    of = f"the {len(found['classes'])} classes of " if task.has_classes and found["classes"] else ""
    target = found["target"] or "the target"
    return (
        f"Asked for: {of}{target} in {data['name']}, from {count(data['features'], 'column')} and "
        f"{count(data['rows'], 'row')} ({parts})."
    )


def _searched(found: Mapping[str, Any]) -> str:
    summary, best = found["summary"], found["best"]
    if summary is None or best is None:
        return "Found: no network that can be shown."
    counts, done = summary["counts"], summary["generation"]
    trained = count(counts["evaluated"], "network")
    within = "" if done is None else f" in {count(done + 1, 'generation')}"
    chose = "chose" if found["finished"] else "has, as the best so far,"
    columns = ""
    if names := best.get("features"):
        columns = f" ({listed(names, NAMED)})"
    return (
        f"Found: {found['space']} trained {trained}{within} and {chose} one with "
        f"{count(best['n_params'], 'parameter')}, {count(best['n_edges'], 'edge')} and "
        f"{best['n_features']} of {count(found['data']['features'], 'column')}{columns}."
    )


def _answer(found: Mapping[str, Any]) -> str:
    figures = found["figures"]
    if not figures:
        return "The search has not finished." if not found["finished"] else "Its figures cannot be read."
    names = [figure["name"] for figure in figures]
    first = next((one for one in figures if one["name"] in ("accuracy", "rmse")), figures[0])
    said = f"On the test rows, which nothing had seen before, its {first['name']} is {text(first['test'])}"
    if first["interval"]:
        low, high = first["interval"]
        said += f" (95 % interval {text(low)} to {text(high)})"
    others = [row for row in found["baselines"] if not row["ours"] and row.get(names[0]) is not None]
    if others:
        said += f"; the best of {count(len(others), 'baseline')}, {others[0]['name']}, has "
        said += text(others[0].get(first["name"]))
    return f"{said}."
