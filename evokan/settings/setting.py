"""What a setting says of itself, beside its type and range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

HEADINGS = WHAT, DATA, EVOLUTION, TRAINING, EXECUTION = "What", "Data", "Evolution", "Training", "Execution"
"""Headings in the help."""

OF_SPACE = ("scaler", "parsimony", "distinct", "choose", "refit", "folds", "fold_stop")
"""What a search space is likely to have a default of its own for (`Preset.settings`)."""

REPEATED = ("space_options", "keep_na_in", "drop")
"""Settings whose option may be given several times, once for each value."""


@dataclass(frozen=True)
class Setting:
    """What stands in the help of a setting.

    Attributes
    ----------
    group
        Heading.
    metavar
        What stands behind the option; empty for a pair of flags ``--name/--no-name``.
    help
        One line.
    otherwise
        What holds where a setting without a default is not given; empty where the help line says it.
    """

    group: str
    metavar: str
    help: str
    otherwise: str = ""


def setting_of(field: FieldInfo) -> Setting:
    """Return what a field of `evokan.settings.config.SearchConfig` says of itself."""
    return next(part for part in field.metadata if isinstance(part, Setting))
