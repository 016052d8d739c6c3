"""Another process of ours: how it is begun and ended, and what is sent through the pipes between the two.

Whoever begins it holds its standard input open as long as he lives: at the end of that it ends itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from typing import Any, BinaryIO

_LENGTH = 8
"""Bytes in front of what is sent, which say how many follow."""


def begin(start: str) -> Any:
    """Return the process that runs the program `start`, to which `sys.path` is given as JSON.

    Not begun by a fork, since there are threads here, nor as `multiprocessing` does, which imports the user's own
    script once more.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-c", start, json.dumps(sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the search to answer
    )


def end(process: Any) -> None:
    """End it, whatever it does."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):
            stream.close()


def send(stream: BinaryIO, content: bytes) -> None:
    """Send one content."""
    stream.write(len(content).to_bytes(_LENGTH, "big") + content)
    stream.flush()


def received(stream: BinaryIO) -> bytes:
    """Return the next content as it was sent.

    Raises
    ------
    EOFError
        There is none, or not the whole of it.
    """
    return _whole(stream, int.from_bytes(_whole(stream, _LENGTH), "big"))


def _whole(stream: BinaryIO, length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content
