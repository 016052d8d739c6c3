"""The smallest network of splines that does as well: fitted under the best penalty, pruned, merged."""

from __future__ import annotations

from collections.abc import Sequence

from evokan.explain.reading.growth import grow
from evokan.explain.reading.network import Network
from evokan.explain.reading.reader import Candidate, Reader, no_worse
from evokan.explain.reading.simplify import merge, prune

RIDGES = (1e-7, 1e-4, 1e-2)
RIDGES_OF_CLASSES = (10.0, 1.0, 1e-1, 1e-2)


def smaller(reader: Reader, starts: Sequence[Network]) -> Network:
    """Return the best of `starts`, fitted under the best of a few penalties, pruned and merged.

    The penalty stays with the reader, for what it reads next.
    """
    rows = reader.data.rows
    classes = rows.task.has_classes
    best: Candidate | None = None
    chosen = 0.0
    for ridge in RIDGES_OF_CLASSES if classes else RIDGES:
        network = grow(starts if best is None else [best.network], rows, ridge, reader.effort)
        reader.ridge = ridge
        found = reader.judge(network)
        if best is None or found.val_loss < best.val_loss:
            best, chosen = found, ridge
        # Where unseen rows fare no worse than seen ones, there is nothing to be held back.
        if found.val_loss > best.val_loss or reader.late:
            break
        if not classes and found.val_loss < 1.3 * found.train_loss:
            break
    assert best is not None
    reader.ridge = chosen
    base = best.row_losses

    def fit(pruned: Network) -> Network | None:
        nonlocal base
        found = reader.fit(pruned, 12)
        # Cross-validated classes: only what does no harm. There is little to see with few rows.
        tolerance = 0.0 if classes else reader.tolerance
        if not no_worse(found.row_losses, base, tolerance, chance=0.0 if classes else 0.5):
            return None
        # Where fewer links do better, that is what the next ones are measured by.
        base = found.row_losses if found.val_loss < base.mean() else base
        return found.network

    return reader.refit(merge(prune(best.network, rows.x, fit, reader.effort), rows.x), 40)
