"""The command line in a process of its own: begun anew, or forked from this one, which has all libraries loaded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

LONGEST = 300.0
"""Seconds after which a process hangs."""

_PAUSE = 0.002


@dataclass(frozen=True)
class Ended:
    """How a process ended: its status, what it said, what was sent to it."""

    status: int
    said: str
    sent: signal.Signals | None = None


class Started:
    """A process with a group of its own.

    Parameters
    ----------
    words
        What follows ``evokan``.
    fork
        Whether it is a fork of this process: most of a short search would else be the start of Python.
    """

    def __init__(self, words: Sequence[str], *, fork: bool) -> None:
        # A shell in the background turns Ctrl-C off for what it starts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `finish`
        self._popen: subprocess.Popen[bytes] | None = None
        self._status: int | None = None
        if fork:
            sys.stdout.flush()
            self.number = os.fork()
            if not self.number:
                _become(words, self._said.fileno())
        else:
            command = [sys.executable, "-m", "evokan", *words]
            self._popen = subprocess.Popen(command, stdout=self._said, stderr=self._said, start_new_session=True)
            self.number = self._popen.pid

    def status(self) -> int | None:
        """Return the exit status, negative after a signal; None while it runs."""
        if self._popen is not None:
            return self._popen.poll()
        if self._status is None:
            ended, status = os.waitpid(self.number, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if ended else None
        return self._status

    def wait(self, seconds: float, until: Callable[[], bool] = bool) -> bool:
        """Wait for the end, at most `seconds` or until something holds; return whether it ended."""
        end = time.monotonic() + seconds
        while self.status() is None:
            if time.monotonic() >= end or until():
                return False
            time.sleep(_PAUSE)
        return True

    def finish(self, sent: signal.Signals | None = None) -> Ended:
        """Send a signal if one is given, and wait for the end of the process and of all that it started."""
        if self.status() is None and sent is not None:
            os.kill(self.number, sent)
        else:
            sent = None
        hung = not self.wait(LONGEST)
        if hung:
            os.kill(self.number, signal.SIGKILL)
            self.wait(LONGEST)
        self._end_group()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")
        self._said.close()
        return Ended(self.status() or 0, said + ("\nhang" if hung else ""), sent)

    def _end_group(self) -> None:
        """Wait for what a killed process leaves behind (Ray ends by itself), and end it after a while."""
        for _ in range(300):
            try:
                os.killpg(self.number, 0)
            except (ProcessLookupError, PermissionError):
                return
            time.sleep(0.1)
        with suppress(ProcessLookupError):
            os.killpg(self.number, signal.SIGKILL)


def script() -> Callable[..., int]:
    """Return what the script ``evokan`` calls."""
    (found,) = entry_points(group="console_scripts", name="evokan")
    main: Callable[..., int] = found.load()
    return main


def _become(words: Sequence[str], said: int) -> None:
    """Run the command line in a fork, as a process of its own would, and end."""
    status = 1
    try:
        os.setsid()
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor, for good
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        sys.argv = ["evokan", *words]
        status = script()()
        sys.stdout.flush()
    finally:
        os._exit(status)


def files_of(run: Path) -> list[str]:
    """Return the files of a run, by name."""
    return sorted(str(path.relative_to(run)) for path in run.rglob("*") if path.is_file())
