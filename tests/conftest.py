"""Settings for all tests."""

from __future__ import annotations

from hypothesis import settings

# No test is timed, and the same examples are tried everywhere.
settings.register_profile("evokan", deadline=None, derandomize=True)
settings.load_profile("evokan")
