"""Everything that has to pass, part after part, and how long each part took.

``python tests/parts.py`` runs all parts; names of parts may follow. A part that fails ends it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTEST = [sys.executable, "-m", "pytest"]
TOGETHER = ["-n", "2", "--dist", "loadfile"]

PARTS: dict[str, list[list[str]]] = {
    "lint": [
        [sys.executable, "-m", "ruff", "check", "."],
        [sys.executable, "-m", "ruff", "format", "--check", "."],
    ],
    "types": [[sys.executable, "-m", "mypy"]],
    "tests": [
        [*PYTEST, "-m", "not slow and not faults", *TOGETHER],
        [*PYTEST, "--doctest-modules", "evokan", "search_spaces"],
    ],
    "faults": [[*PYTEST, "-m", "faults and not slow", *TOGETHER]],
    "packages": [[sys.executable, "tests/packaging/installed.py"]],
}
"""Faults (kills, full disks, Ray) come after the others; packages are used in an environment of their own."""


def main(names: list[str]) -> int:
    """Run the parts called `names`, or all, and return the exit status."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"unknown part {', '.join(unknown)}; known: {', '.join(PARTS)}")
        return 2
    took: dict[str, float] = {}
    status = 0
    for name in names or PARTS:
        print(f"== {name}", flush=True)
        began = time.monotonic()
        for command in PARTS[name]:
            status = status or subprocess.run(command, cwd=ROOT, env=dict(os.environ), check=False).returncode
        took[name] = time.monotonic() - began
        if status:
            print(f"{name} failed", flush=True)
            break
    print(
        "seconds: "
        + ", ".join(f"{name} {seconds:.0f}" for name, seconds in took.items())
        + f"; together {sum(took.values()):.0f}"
    )
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
