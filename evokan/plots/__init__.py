"""Pictures of a run: free functions that take plain data and an optional axes, and return the axes."""

from __future__ import annotations

from evokan.plots.attainment import plot_attainment
from evokan.plots.attribution import plot_attribution
from evokan.plots.edge_gallery import plot_edge_gallery
from evokan.plots.fitness_history import plot_fitness_history
from evokan.plots.importances import plot_importances
from evokan.plots.network import plot_network
from evokan.plots.pareto import plot_pareto
from evokan.plots.splines import plot_splines
from evokan.plots.style import rendered, save

__all__ = [
    "plot_attainment",
    "plot_attribution",
    "plot_edge_gallery",
    "plot_fitness_history",
    "plot_importances",
    "plot_network",
    "plot_pareto",
    "plot_splines",
    "rendered",
    "save",
]
