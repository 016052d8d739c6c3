"""Pictures of a run: free functions that take plain data and an optional axes, and return the axes."""

from __future__ import annotations

from evokan.reports.edge_gallery import plot_edge_gallery
from evokan.reports.fitness_history import plot_fitness_history
from evokan.reports.importance import plot_importance
from evokan.reports.importances import plot_importances
from evokan.reports.network import plot_network
from evokan.reports.pareto import plot_pareto
from evokan.reports.style import save

__all__ = ["plot_edge_gallery", "plot_fitness_history", "plot_importance", "plot_importances", "plot_network",
           "plot_pareto", "save"]
