"""Seeds derived from names, so that nothing depends on order, threads or global state."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np


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


def training_seed(run_seed: int, space: str, key: str, fold: int) -> int:
    """Return the seed that a search trains the network `key` with on its fold number `fold`."""
    return derive_seed(run_seed, space, key, fold)
