"""What evolves: a list of bits with a fitness, and where it came from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from deap import base

from evokan.evaluation.records import Origin, Record
from evokan.spaces.chromosome import Bits


class Fitness(base.Fitness):  # type: ignore[misc]  # DEAP has no types
    """Objective values, all minimised, compared lexicographically; as many as are given.

    A plain class at module level, so that it pickles and copies. In DEAP's comparisons ``a > b`` means that
    `a` is the better one.

    Parameters
    ----------
    values
        One value for each objective: finite or infinite. Empty: not evaluated yet.

    Raises
    ------
    ValueError
        A value is NaN: nothing could be compared with it.
    """

    def __init__(self, values: Sequence[float] = ()) -> None:
        self.values = tuple(values)

    @property
    def values(self) -> tuple[float, ...]:
        """The objective values; setting them sets one weight of -1 for each."""
        return tuple(self.getValues())

    @values.setter
    def values(self, values: Sequence[float]) -> None:
        if any(math.isnan(value) for value in values):
            raise ValueError(f"a fitness must not be NaN, got {tuple(values)}: infinity stands for a failure")
        self.weights = (-1.0,) * len(values)
        self.wvalues = tuple(-float(value) for value in values)

    @values.deleter
    def values(self) -> None:
        self.values = ()

    def __deepcopy__(self, memo: dict[int, object]) -> Fitness:
        return type(self)(self.values)


class Genome(list[int]):
    """A chromosome as DEAP's operators take it: a list of zeros and ones.

    Parameters
    ----------
    bits
        Zeros and ones, shape (layout.length,).
    parents
        Ids of the individuals that it was bred from; empty in the initial population.
    origin
        How it was made.

    Attributes
    ----------
    fitness
        Empty until the individual is graded (`Algorithm.grade`).
    record
        What the evaluation found, or None.
    """

    def __init__(self, bits: Iterable[int] = (), *, parents: tuple[int, ...] = (), origin: Origin = "initial") -> None:
        super().__init__(int(bit) for bit in bits)
        self.parents = parents
        self.origin: Origin = origin
        self.fitness = Fitness()
        self.record: Record | None = None

    @property
    def bits(self) -> Bits:
        """A copy as a ``uint8`` array, shape (layout.length,)."""
        return np.array(self, dtype=np.uint8)

    def evaluated(self) -> Record:
        """Return the record.

        Raises
        ------
        ValueError
            There is none yet.
        """
        if self.record is None:
            raise ValueError("this individual has not been evaluated: grade it before it breeds or competes")
        return self.record
