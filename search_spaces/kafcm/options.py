"""Options of the KA-FCM family: what a chromosome may describe, and how a map is trained."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field, field_validator

from evokan.spaces.space import SpaceOptions

Bounding = Literal["tanh", "sigmoid", "clip", "identity"]


class KAFCMOptions(SpaceOptions):
    """Options of ``--space kafcm`` (``--space-option KEY=VALUE``).

    Attributes
    ----------
    required, forbidden
        Edges that every map has, and edges that none has, as ``cause>effect`` with commas between them
        (``required=stress>performance``); a list in brackets where names hold commas. They are not in the
        chromosome. An edge of an input table leads from an input to the target.
    bounding
        What keeps a concept in its range: ``tanh`` or ``clip`` (between -1 and 1), ``sigmoid`` (between 0 and 1),
        or ``identity``. ``auto`` takes ``tanh``, or ``clip`` where the data fit a sum that nothing bends better.
    states
        ``fit``: the range of every concept in the training rows is laid onto the range of the bounding, less
        `margin` at both ends; ``raw``: the values are activations already.
    margin
        Share of the bounding's range that stays free at each end; without it sigmoid and tanh could not reach
        the extreme values.
    rollout
        Steps that the map is applied again to its own result before it starts from the data again; 0 goes on to
        the end of each series. Losses are those of such rollouts. Input tables have one step.
    grid_bits
        Bits of the number of grid intervals, which is 1 ... 2**grid_bits.
    ridge, l1
        Penalties on the effective coefficients w_s c of every edge: sums of squares (of w_b too) and of absolute
        values (lambda in the paper; its experiments have 0).
    patience
        Stop a training after this many iterations without a new lowest validation loss; 0 never stops.
    noise
        Initial coefficients are uniform in [-noise / 2, noise / 2].
    base_scale
        Initial w_b are uniform in +-base_scale / sqrt(causes of the concept).
    """

    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    bounding: Bounding | Literal["auto"] = "auto"
    states: Literal["fit", "raw"] = "fit"
    margin: float = Field(0.1, ge=0, lt=0.5)
    rollout: int = Field(1, ge=0)
    grid_bits: int = Field(5, ge=1, le=6)
    ridge: float = Field(1e-5, ge=0)
    l1: float = Field(0.0, ge=0)
    patience: int = Field(20, ge=0)
    noise: float = Field(0.1, ge=0)
    base_scale: float = Field(0.5, ge=0)

    @field_validator("required", "forbidden", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.startswith("["):
            return json.loads(value)
        return [edge.strip() for edge in value.split(",") if edge.strip()]
