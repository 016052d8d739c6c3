"""Pieces on several processes: all of them, and in their order where that is promised."""

from __future__ import annotations

from experiments.parallel import as_done, in_order


def test_every_task_is_done_once_and_the_order_is_kept_where_promised() -> None:
    tasks = [-3, 2, -1, 2]
    assert list(in_order(abs, tasks, 2)) == [3, 2, 1, 2]
    assert sorted(as_done(abs, tasks, 2)) == [1, 2, 2, 3]
