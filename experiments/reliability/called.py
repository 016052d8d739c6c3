"""Commands and functions called in this process: what they returned and said, and what is wrong with that."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import signal
import stat
import sys
import traceback
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TextIO

from evokan.errors import EvokanError, EvokanWarning
from evokan.texts import printable
from experiments.reliability.processes import script

LONGEST_LINE = 1000
"""Characters of a line on standard error, as the command line promises."""

State = dict[str, tuple[object, ...]]
"""Everything below a folder: kind, mode, time of change and content of each path."""


class Hung(BaseException):
    """A call takes too long; no `Exception`, so that nothing on the way holds it."""


@dataclass(frozen=True)
class Answer:
    """What a call came to.

    Attributes
    ----------
    status
        Exit status; of a function 0 where it returned, 2 where it raised an error of evokan's own, 1 otherwise.
    out, err
        What was printed.
    """

    status: int
    out: str
    err: str


@contextlib.contextmanager
def watched(seconds: int) -> Iterator[None]:
    """Raise `Hung` inside the block after `seconds`."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def as_started() -> Iterator[None]:
    """Show warnings as a process of its own does: once each, those for users alone."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)
        warnings.simplefilter("ignore", EvokanWarning)  # a word to the user; the command line prints it as a line
        warnings.showwarning = _show
        yield


def _show(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))


def command(words: list[str], folder: Path, seconds: int = 240) -> Answer:
    """Run a command line in `folder`."""
    return _called(lambda: script()(words), folder, seconds)


def function(call: Callable[[], object], folder: Path, seconds: int = 240) -> Answer:
    """Call a function in `folder`; the message of an error of evokan's own counts as what it said."""

    def inside() -> int:
        try:
            call()
        except EvokanError as error:
            print(printable(error, keep="\n"), file=sys.stderr)  # whoever prints it escapes it
            return 2
        return 0

    return _called(inside, folder, seconds)


def _called(call: Callable[[], object], folder: Path, seconds: int) -> Answer:
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        with as_started(), watched(seconds), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = call()
    except Hung:
        status = 1
        err.write("hang")
    except BaseException:
        status = 1
        err.write(traceback.format_exc())
    finally:
        os.chdir(before)
        _close_figures()
    return Answer(status if isinstance(status, int) else 1, out.getvalue(), err.getvalue())


def _close_figures() -> None:
    import matplotlib.pyplot as plt

    plt.close("all")


def faults(answer: Answer, *, one_line: bool = True) -> list[str]:
    """Return what is wrong with an answer, each as its kind, a colon, and details."""
    found = []
    if "Traceback" in answer.err or "internal error" in answer.err:
        found.append(f"fault of ours: {answer.err[-600:]}")
    elif answer.err == "hang":
        found.append("hang: no answer in time")
    elif answer.status not in (0, 2):
        found.append(f"status {answer.status}: {answer.err[-300:]}")
    elif "Warning: " in answer.err:
        found.append(f"warning: {answer.err[:300]}")
    elif answer.status == 2 and not answer.err.strip():
        found.append("no reason: status 2 without a word")
    steering = sorted({char for char in answer.out + answer.err if char not in "\n\t" and steers(char)})
    if steering:
        found.append(f"control characters: {steering}")
    lines = [line for line in answer.err.splitlines() if len(line) > LONGEST_LINE + 20]
    if lines and one_line:
        found.append(f"long line: {lines[0][:200]}")
    return found


def steers(char: str) -> bool:
    """Return whether a character is none to be printed."""
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp", "Cf")


def state(folder: Path) -> State:
    """Return what lies below a folder; links are not followed."""
    found: State = {}
    for above, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(above) / name
            status = path.lstat()
            plain = stat.S_ISREG(status.st_mode)
            content = path.read_bytes() if plain else os.fsencode(path.readlink()) if path.is_symlink() else b""
            when = status.st_mtime_ns if plain else 0
            found[str(path.relative_to(folder))] = (status.st_mode, when, hashlib.sha256(content).hexdigest())
    return found
