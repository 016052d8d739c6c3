"""Parameters over a training: done once, also where a training ends early."""

from __future__ import annotations

from experiments.fkan import parameters
from experiments.harness import Context


def test_a_training_that_ends_early_is_not_done_again(tmp_path, monkeypatch):
    follow, done = parameters.follow, []

    def early(method, iterations):
        done.append((method, iterations))
        return follow(method, iterations)[:3]

    monkeypatch.setattr(parameters, "follow", early)
    context = Context(tmp_path, quick=True, silent=True)
    first = [path.read_bytes() for path in parameters.run(context)[:2]]
    assert [path.read_bytes() for path in parameters.run(context)[:2]] == first
    assert sorted(done) == [("adam", 20), ("lbfgs", 20)]
    assert first[0].count(b"\n") == 1 + 2 * 3
