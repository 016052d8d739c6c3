"""What every search here is made with, so that all rows of a page measure one thing whatever the defaults become."""

from __future__ import annotations

from typing import Any

FITNESS: dict[str, Any] = {"folds": 5, "fold_stop": "own", "space_options": {"ridge": 0.003, "base_ridge": 0.003}}
IN_WORDS = "defaults otherwise but for `--fold-stop own` and ridge 0.003 (5 folds, each with its own lowest loss)"
