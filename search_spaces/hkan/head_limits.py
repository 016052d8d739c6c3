"""How much of large tables and wide layers the logistic regression of classes takes."""

from __future__ import annotations

HEAD_ROWS = 20_000
"""Rows at most that its weights are fitted on."""
HEAD_DIRECTIONS = 256
"""Principal directions of the blocks at most that an output has weights for."""
