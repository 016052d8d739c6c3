"""What a network of a run is asked about must have its columns: by number, or by name."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from evokan.errors import InputError
from evokan.runs.run import Run
from evokan.searching.entry import search


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(60, 2)), columns=["b", "a"])
    return table.assign(kind=rng.choice(["x", "y"], 60), y=table["a"] - table["b"])


@pytest.fixture(scope="module", params=["gakan", "hkan", "kafcm", "fkan"])
def run(request, tmp_path_factory, frame) -> Run:
    folder = tmp_path_factory.mktemp("columns")
    frame.to_csv(folder / "t.csv", index=False)
    tiny = {"population": 4, "generations": 0, "steps": 1, "folds": 1, "workers": 1, "formula_seconds": 0}
    return search(space=request.param, data=folder / "t.csv", target="y", out=folder / "run", **tiny)


def test_columns_are_counted_and_matched(run, frame):
    best, X = run.best, run.problem.table.X
    named = "takes rows of 4 columns: 'b', 'a', 'kind=x', 'kind=y'; it was given"
    for wrong, given in ((X[:, :1], "1 column"), (X[:, :3], "3 columns"), (np.hstack([X, X]), "8"), (X[0], "an array")):
        calls = [best.outputs, lambda x: best.model(torch.as_tensor(x))]
        if run.space.name != "hkan":  # has levels, but no edges of one variable
            calls += [best.graph.predict, best.graph.levels]
        for name in ("levels", "states", "step", "rollout"):
            if method := getattr(best.model, name, None):
                more = (2,) if name == "rollout" else ()
                calls.append(lambda x, method=method, more=more: method(torch.as_tensor(x), *more))
        for call in calls:
            with pytest.raises(InputError, match=f"{named} {given}"):
                call(wrong)
    values = best.outputs(X)
    assert torch.equal(best.model(torch.as_tensor(X)), torch.as_tensor(values))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(best.outputs(frame), values)
        assert np.array_equal(best.outputs(frame[["kind", "a", "b"]]), values)
    with pytest.warns(UserWarning, match="does not know are ignored: 'more', '7'"):
        assert np.array_equal(best.outputs(frame.assign(more=1).assign(**{"7": "?"})), values)
    with pytest.raises(InputError, match="column 'a' is missing"):
        best.outputs(frame[["b", "kind"]])
