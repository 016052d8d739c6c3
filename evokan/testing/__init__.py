"""The tests that every family of networks should pass: ours, and those that third parties add.

Inherit `SearchSpaceContract` in a test module of your own and run pytest::

    from evokan.testing import SearchSpaceContract
    from my_package import MySpace

    class TestMySpace(SearchSpaceContract):
        def make_space(self):
            return MySpace()

The framework relies on every promise that is tested here: the cache on equal keys, the records on results that
depend on nothing but their job, remote workers on pickling, a run's directory on models that are built again
without the data. `small_problem` makes the data; nothing is downloaded, and with quick trainings the whole class
takes seconds.
"""

from __future__ import annotations

import pytest

# Failed asserts of the contract say what was compared, as those in a test module do.
pytest.register_assert_rewrite("evokan.testing.checks", "evokan.testing.contract")

from evokan.testing.contract import SearchSpaceContract  # noqa: E402
from evokan.testing.problems import small_problem  # noqa: E402

__all__ = ["SearchSpaceContract", "small_problem"]
