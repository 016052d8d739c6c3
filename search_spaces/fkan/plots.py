"""The pictures that fKAN alone has: the learned basis functions, and the solution of an equation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evokan.plots.style import DPI, dress, new_axes, plain, styled
from evokan.spaces.explanation import Explanation

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_bases(explanation: Explanation) -> Axes:
    """Draw the activation of every block over the range of its sums."""
    with styled():
        axes = new_axes(6.4, 4.0)
        for block in explanation.data["blocks"]:
            axes.plot(block["x"], block["y"], label=plain(block["label"]))
        dress(axes, x_label="sum below the block", y_label="activation")
        axes.legend(fontsize=7)
    return axes


def plot_solution(explanation: Explanation) -> Axes:
    """Draw the solution of an equation in one or two coordinates, the exact one where it is known, and the residual."""
    told = explanation.data["solution"]
    x = np.asarray(told["x"])
    residual = np.maximum(np.abs(told["residual"]), 1e-300)
    names = [plain(name) for name in explanation.input_names]
    with styled():
        shown = len(told["u"]) if len(x) > 1 else 1
        figure = Figure(figsize=(3.2 * (shown + 1), 3.2), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        panels: Any = figure.subplots(1, shown + 1)
        if len(x) == 1:
            _draw_lines(panels, x[0], told, residual, names[0], [plain(name) for name in explanation.output_names])
        else:
            for panel, name, values in zip(panels, explanation.output_names, told["u"], strict=False):
                points = panel.scatter(*x, c=values, s=6)
                figure.colorbar(points, ax=panel)
                panel.set_title(plain(name), fontsize=9)
            points = panels[-1].scatter(*x, c=np.log10(residual), s=6)
            figure.colorbar(points, ax=panels[-1])
            panels[-1].set_title("lg |residual|", fontsize=9)
            for panel in panels:
                dress(panel, x_label=names[0], y_label=names[1], grid="both")
    axes: Axes = panels[0]
    return axes


def _draw_lines(
    panels: Any, x: np.ndarray, told: dict[str, Any], residual: np.ndarray, coordinate: str, names: list[str]
) -> None:
    for name, values in zip(names, told["u"], strict=True):
        panels[0].plot(x, values, label=name)
    for number, values in enumerate(told.get("exact", ())):
        panels[0].plot(x, values, "k:", label="exact" if number == 0 else None)
    panels[0].legend(fontsize=7)
    panels[1].semilogy(x, residual)
    dress(panels[0], x_label=coordinate, y_label="solution")
    dress(panels[1], x_label=coordinate, y_label="|residual|")
