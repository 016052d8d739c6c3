"""Settings for all tests."""

from __future__ import annotations

import signal

from hypothesis import settings

# No test is timed, and the same examples are tried everywhere.
settings.register_profile("evokan", deadline=None, derandomize=True)
settings.load_profile("evokan")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the tests in the background turns Ctrl-C off, for us and for the programs that we start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
