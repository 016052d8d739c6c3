"""What arXiv 2501.17411 prints for its tables, each on one split (Section IV, Tables III to V)."""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """Figures of one table: shares of 1; None where the paper prints none.

    Attributes
    ----------
    accuracy, auc
        Of the evolved network.
    n_params
        Of the evolved network, as the paper counts them (`Architecture.n_params_paper`).
    wide, deep
        Accuracy of the full KANs [n,2n+1,m] and [n,5,5,5,m].
    """

    accuracy: float
    auc: float | None
    n_params: int
    wide: float
    deep: float


PUBLISHED: dict[str, Published] = {
    "iris": Published(1.0, None, 156, 1.0, 1.0),
    "wine": Published(1.0, None, 390, 1.0, 0.9259),
    "wdbc": Published(1.0, 1.0, 1560, 1.0, 0.9510),
    "raisin": Published(0.9, 0.938, 1064, 0.8667, 0.8667),
    "rice": Published(0.9514, 0.985, 585, 0.9423, 0.9423),
}
"""By table, the quick ones first."""
