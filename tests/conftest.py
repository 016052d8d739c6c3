"""Settings for all tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

# No test is timed, and the same examples are tried everywhere.
settings.register_profile("evokan", deadline=None, derandomize=True)
settings.load_profile("evokan")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the tests in the background turns Ctrl-C off, for us and for the programs that we start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def group():
    """All commands, those of families and of a checkout too."""
    import typer

    from evokan.cli.app import app
    from evokan.cli.checkout import mount_experiments
    from evokan.cli.families import mount

    found = typer.main.get_command(app)
    mount(found, ["kafcm"])
    mount_experiments(found, ["experiment"])
    return found
