"""The picture that fKAN alone has: the learned basis functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evokan.plots.style import dress, new_axes, plain, styled
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
