"""One line where Ray ends this process: its C++ side calls ``_Exit(1)`` when the raylet of this machine is gone.

No handler, thread or ``finally`` of ours runs then, so a small process of its own waits at the end of a pipe. It speaks
if the pipe breaks without a farewell and the raylet does not answer any more. (It may speak after a kill -9 of this
process as well, for that ends the raylet.)
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

GO_ON = "what a run has recorded is kept, go on with: evokan resume RUN (--no-ray trains without Ray)"
"""What to do after Ray has failed as a whole."""

_LINE = f"evokan: Ray on this machine and this process with it have died; {GO_ON}"

_WATCH = """
import socket, sys
if not sys.stdin.buffer.read(1):
    with socket.socket(socket.AF_UNIX) as raylet:
        try:
            raylet.connect(sys.argv[1])
        except OSError:
            sys.stderr.write(sys.argv[2] + "\\n")
"""


class LastWords:
    """A process that says what happened when Ray ends this one; made after ``ray.init``."""

    def __init__(self) -> None:
        from ray._private import worker

        node: Any = worker._global_node
        self._watcher = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WATCH, node.raylet_socket_name, _LINE],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is meant for us
        )

    def not_needed(self) -> None:
        """Say farewell: Ray has ended in order."""
        self._watcher.communicate(b".")
