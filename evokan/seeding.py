"""Seeds derived from names, so that nothing depends on order, threads or global state."""

from __future__ import annotations

import hashlib
import json
import operator
from typing import Any

import numpy as np

from evokan.errors import InputError


def derive_seed(*parts: Any) -> int:
    """Return a seed in [0, 2**63) that depends on `parts` alone.

    Parameters
    ----------
    *parts
        Anything that `json.dumps` takes: numbers, strings, and nests of them. The same parts give the same
        seed in every process, on every machine and in every version of Python (SHA-256, not `hash`).
    """
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(*parts: Any) -> np.random.Generator:
    """Return a NumPy generator seeded with `derive_seed(*parts)`."""
    return np.random.default_rng(derive_seed(*parts))


def seed_of(random_state: Any) -> int:
    """Return the seed, at least 0, that a `random_state` in the manner of scikit-learn stands for.

    Parameters
    ----------
    random_state
        A whole number of at least 0, of any kind; a RandomState, from which one is drawn; None, another each time.

    Raises
    ------
    InputError
        It is none of these.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    try:
        seed = -1 if isinstance(random_state, bool) else operator.index(random_state)
    except TypeError:
        seed = -1
    if seed < 0:
        raise InputError(
            f"random_state {random_state!r:.100}: a whole number of at least 0, a RandomState or None is needed"
        )
    return seed


def training_seed(run_seed: int, space: str, key: str, fold: int) -> int:
    """Return the seed that a search trains the network `key` with on its fold number `fold`."""
    return derive_seed(run_seed, space, key, fold)
