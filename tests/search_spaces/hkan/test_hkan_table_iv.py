"""Table IV's networks that miss the published error: scikit-learn, with the same centres, misses it too."""

from __future__ import annotations

import numpy as np
import pytest
from hkan_reference import fit_predict

from evokan.errors import InputError
from experiments.hkan.published import PUBLISHED
from experiments.hkan.repeats import rows_of
from search_spaces.hkan.fitting import fit, predict
from search_spaces.hkan.options import CUTOFF


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "at_least", "at_most", "over"),
    [
        ("tf1", 1, 1000, 1.05),
        ("tf5-5", 0.9, 1.1, 1.05),
        ("kinematics8nm", 0.98, 1.02, 1.05),
        ("pumadyn32nh", 0.98, 1.02, 1.04),  # this seed's centres are among the better ones
        ("triazines", 0.9, 1.1, 1.05),
    ],
)
@pytest.mark.filterwarnings("ignore:Ill-conditioned matrix")
def test_scikit_learn_does_not_reach_the_published_error_either(name, at_least, at_most, over):
    try:
        rows = rows_of(name)
    except InputError as missing:
        pytest.skip(str(missing))
    layers = fit(PUBLISHED[name].layers, rows.x, rows.y[:, None], 0, CUTOFF).layers
    # With scikit-learn's own tolerance of 1e-6 the functions come out worse by far.
    plain = fit_predict(layers, rows.x, rows.y, rows.x_test, tol=CUTOFF)
    ours, theirs = (
        np.sqrt(np.mean((found[:, 0] - rows.y_test) ** 2)) for found in (predict(layers, rows.x_test), plain)
    )
    assert min(ours, theirs) > over * PUBLISHED[name].hkan
    assert at_least <= theirs / ours <= at_most
