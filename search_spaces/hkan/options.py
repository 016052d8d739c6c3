"""Options of the HKAN family: what a chromosome may describe, and how a network is trained."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from evokan.spaces.space import SpaceOptions

CUTOFF = 4e-15
"""Default of the truncation: 18 roundings. Directions that rounding alone has made lie at one to three of them; those
that the paper's functions without noise need lie above."""


class HKANOptions(SpaceOptions):
    """Options of ``--space hkan`` (``--space-option KEY=VALUE``).

    Attributes
    ----------
    max_layers
        Largest number of layers L.
    max_nodes, max_nodes_deep
        Largest number of nodes in a hidden layer, in networks of two layers and of three or more.
    max_sigma
        Largest sharpness sigma; the least is 1.
    max_basis
        Largest number of basis functions in a block m.
    mixed
        Whether one layer may mix several basis functions.
    mixed_sigma
        Whether each of them has a sharpness of its own (with `mixed`): the chromosome is longer.
    cutoff
        The last least squares takes singular values below this share of the largest as 0. The default drops what
        rounding has made of columns that depend on one another; larger values damp noise.
    steady
        Whether new rows in which columns no longer depend on one another as in the training rows are kept from making
        predictions explode (`search_spaces.hkan.fitting.fit`); without it the least squares are the paper's.
    max_cost
        Seconds that the networks of a whole search may take together, on one core, by an estimate made for a server
        core of 2024; finalists and final fits come on top. Of what is left of it one network may take a tenth:
        those that would take more are invalid, and never trained.
    """

    max_layers: int = Field(3, ge=1, le=8)
    max_nodes: int = Field(1000, ge=2, le=100_000)
    max_nodes_deep: int = Field(200, ge=2, le=100_000)
    max_sigma: float = Field(50.0, ge=1)
    max_basis: int = Field(40, ge=1, le=1000)
    mixed: bool = False
    mixed_sigma: bool = False
    cutoff: float = Field(CUTOFF, ge=0, lt=1)
    steady: bool = True
    max_cost: float = Field(900.0, gt=0)

    @field_validator("mixed_sigma")
    @classmethod
    def _where_layers_mix(cls, value: bool, others: ValidationInfo) -> bool:
        if value and not others.data.get("mixed"):
            raise ValueError("only layers that mix functions have several: set mixed as well")
        return value
