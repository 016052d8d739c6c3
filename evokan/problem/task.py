"""What a task decides: outputs, losses, splits, scaling and figures, all in one place."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

TaskName = Literal["classification", "regression", "trajectory", "residual"]


class Task(StrEnum):
    """What is to be predicted. A member is its own name as text, so ``"regression"`` may stand for it anywhere."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    TRAJECTORY = "trajectory"
    """Each row is a step in time, from one state to the next."""
    RESIDUAL = "residual"
    """Each row is a point where an equation has to hold."""

    @property
    def has_classes(self) -> bool:
        """Whether outputs are logits, one a class: cross-entropy, whole numbers as targets, stratified splits."""
        return self is Task.CLASSIFICATION

    @property
    def in_time(self) -> bool:
        """Whether rows are moments: split in their order, never shuffled, and every column is predicted."""
        return self is Task.TRAJECTORY

    @property
    def is_equation(self) -> bool:
        """Whether a residual takes the place of targets: one hold-out, no baselines, figures of the equation's own."""
        return self is Task.RESIDUAL

    @property
    def has_numbers(self) -> bool:
        """Whether the targets are measured numbers: scaled to unit variance, squared errors."""
        return self in (Task.REGRESSION, Task.TRAJECTORY)

    @property
    def has_independent_rows(self) -> bool:
        """Whether rows may be drawn and dealt out in any order."""
        return self in (Task.CLASSIFICATION, Task.REGRESSION)

    @property
    def figures(self) -> tuple[str, ...]:
        """Test figures: first the one that ranks, last the one for ties (less is better); equations have their own."""
        if self.has_classes:
            return ("accuracy", "auc", "log_loss")
        return ("r2", "rmse", "mae") if self.has_numbers else ()

    @property
    def loss_name(self) -> str:
        """What the loss on test rows is called in pictures."""
        return "log-loss" if self.has_classes else "RMSE"
