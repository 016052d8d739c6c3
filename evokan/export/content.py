"""What every export is made from, and what each says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evokan._version import __version__
from evokan.datasets.columns import CategoricalColumn, ColumnSchema
from evokan.errors import InputError
from evokan.spaces.plain import PlainNetwork
from evokan.texts import printable

if TYPE_CHECKING:
    import torch

    from evokan.spaces.space import SearchSpace


@dataclass(frozen=True, eq=False)
class Content:
    """A network, and what its inputs are.

    Attributes
    ----------
    model
        The network as the user keeps it.
    space
        Its family.
    inputs
        One sentence for each input: what it is in the table that the network was trained on.
    """

    model: torch.nn.Module
    space: SearchSpace
    inputs: tuple[str, ...]

    @cached_property
    def plain(self) -> PlainNetwork:
        """The network as arrays and steps.

        Raises
        ------
        InputError
            The family does not give them, or there are numbers that no file can hold.
        """
        plain = self.space.plain(self.model)
        arrays = [plain.input_shift, plain.input_scale, plain.output_shift, plain.output_scale]
        arrays += [array for step in plain.steps for array in step.arrays.values()]
        if not all(np.isfinite(array).all() for array in arrays):
            raise InputError("the network holds numbers that are not finite: it cannot be exported")
        return plain

    @property
    def title(self) -> str:
        """One line on what this is."""
        what = "a class" if self.plain.task.has_classes else ", ".join(map(printable, self.plain.output_names))
        return f"A Kolmogorov-Arnold network ({printable(self.plain.family)}) found by evokan {__version__}: {what}"

    def lines(self) -> Iterator[str]:
        """Yield what comments at the top of a file say: one line each, without characters that steer."""
        yield self.title
        yield ""
        yield f"Inputs, {len(self.inputs)} numbers a row, in the order and units of the table as it was read:"
        for number, text in enumerate(self.inputs):
            yield f"  {number}: {printable(text)}"
        yield ""
        yield "Outputs: " + (
            "the logit of each class:" if self.plain.task.has_classes else "values in their own units:"
        )
        for number, name in enumerate(self.plain.output_names):
            yield f"  {number}: {printable(name)}"


def described(names: Sequence[str], schema: ColumnSchema) -> tuple[str, ...]:
    """Return what each input is, by the columns of the table; names that the table has not stand for themselves."""
    known: dict[str, str] = {}
    for column in schema.columns:
        if isinstance(column, CategoricalColumn):
            known |= {
                feature: f"{feature} (1 where column {column.name!r} is {level!r}, else 0)"
                for feature, level in zip(column.features, column.levels, strict=True)
            }
    return tuple(known.get(name, name) for name in names)
