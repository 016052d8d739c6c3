"""Build sdist and wheel, check them, install the wheel with the lowest versions that it names, run smoke tests there.

PyTorch alone is taken as `constraints.txt` has it: CONTRIBUTING says why. The environment lies in a temporary folder,
and so does the folder that the tests run in, so that nothing of the checkout is at hand but the tests. The packages are
kept where a folder is named.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTED = ("torch",)
"""Taken in the version tested, not in the lowest."""
TOOLS = ("pytest", "hypothesis", "pytest-xdist")


def lowest() -> Iterator[str]:
    """Yield one requirement for each dependency: exactly its lower bound."""
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        name, bound = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
        bound += ".0" * (2 - bound.count("."))
        yield f"{name}=={pinned[name] if name in TESTED else bound}"
    yield from (f"{name}=={pinned[name]}" for name in TOOLS)


def run(*command: object, **settings: object) -> None:
    """Run a command, and end the script where it fails."""
    done = subprocess.run([*map(str, command)], check=False, **settings)
    if done.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}")


def main(arguments: list[str]) -> None:
    """Build, check, install, test."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "build", "--outdir", folder / "dist", ROOT, stdout=subprocess.DEVNULL)
        (wheel,), (source,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
        run(sys.executable, "-m", "twine", "check", "--strict", wheel, source)
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        quiet = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(python, *quiet, *lowest(), wheel)
        # A folder that has nothing to do with ours, where somebody may well work.
        (folder / "work" / "experiments").mkdir(parents=True)
        (folder / "work" / "experiments" / "__init__.py").touch()
        (folder / "work" / "experiments" / "command.py").write_text("raise SystemExit('somebody else')\n")
        environment = {**os.environ, "PYTHONPATH": str(folder / "work")}
        smoke = ("-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", ROOT, "-p", "no:cacheprovider")
        more = ("-W", "default", "--disable-warnings", "-m", "smoke and not slow", "-n", "2", "--dist", "loadfile")
        # Not the others: collecting them needs the checkout.
        files = [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if "mark.smoke" in path.read_text()]
        run(python, "-P", *smoke, *more, *files, cwd=folder / "work", env=environment)
        for kept in arguments:
            shutil.copytree(folder / "dist", kept, dirs_exist_ok=True)


if __name__ == "__main__":
    main(sys.argv[1:])
