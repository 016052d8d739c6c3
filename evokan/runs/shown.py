"""A run as a notebook shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from evokan.problem.task import Task
from evokan.texts import printable


def html_of(path: object, config: Mapping[str, Any], state: str, metrics: Mapping[str, Any] | None) -> str:
    """Return a few lines of HTML: what was searched, the chosen network, its test figures beside the usual models'.

    Parameters
    ----------
    config, metrics
        Content of ``config.json``, and of ``metrics.json`` where there is one.
    """
    space, data = config["settings"]["space"], config["data"]
    told = [f"<b>{_safe(space)}</b> on <b>{_safe(data['name'])}</b>: {state}", f"<code>{_safe(path)}</code>"]
    if metrics is not None:
        told.insert(1, f"{metrics['n_params']} parameters, {metrics['n_edges']} edges")
    return f"<div>{'<br>'.join(told)}{_figures(space, data, metrics)}</div>"


def _figures(space: str, data: Mapping[str, Any], metrics: Mapping[str, Any] | None) -> str:
    if metrics is None or not data["test"]:
        return ""
    names = Task(data["task"]).figures or tuple(metrics["test"])
    models = {f"{space}, chosen network": metrics["test"], **metrics["baselines"]}
    rows = [(name, *(_number(values.get(figure)) for figure in names)) for name, values in models.items()]
    return f"<table>{_row(('test rows', *names), 'th')}{''.join(_row(row, 'td') for row in rows)}</table>"


def _row(cells: Iterable[object], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{_safe(cell)}</{tag}>' for cell in cells)}</tr>"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else ""


def _safe(text: object) -> str:
    return escape(printable(text))
