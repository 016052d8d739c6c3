"""Make what a release consists of: sdist and wheel, checked and tried, and its notes.

``python tools/release.py [FOLDER]`` writes into `dist` or FOLDER, and uploads nothing. It ends at the first thing that
is not in order: a version that the files do not agree on, a change that is not committed, a package that `twine`
refuses, a wheel that fails its tests in an environment of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def version() -> str:
    """Return the version of the code."""
    (found,) = re.findall(r'__version__ = "([^"]+)"', (ROOT / "evokan" / "_version.py").read_text(encoding="utf-8"))
    return found


def cited() -> str:
    """Return the version that CITATION.cff names."""
    (found,) = re.findall(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return found


def notes(of: str) -> tuple[str, str]:
    """Return what stands behind a version in its heading in CHANGELOG.md, a day or "unreleased", and what is under it.

    Raises
    ------
    LookupError
        There is no heading of that version.
    """
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for heading, body in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL):
        name, _, day = heading.partition(" ")
        if name == of:
            return day.strip("()"), body.strip() + "\n"
    raise LookupError(f"CHANGELOG.md has no heading for {of}")


def faults() -> list[str]:
    """Return a sentence for each thing that is not ready for a release."""
    found = []
    if cited() != version():
        found.append(f"CITATION.cff names version {cited()}, the code is {version()}")
    try:
        day, _ = notes(version())
    except LookupError as error:
        found.append(str(error))
    else:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
            found.append(f"CHANGELOG.md says '{day}' of {version()}: put the day there")
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True)
    if changed.stdout:
        found.append("there are changes that are not committed")
    return found


def main(arguments: list[str]) -> int:
    """Make the release, and return the exit status."""
    if found := faults():
        print("\n".join(found), file=sys.stderr)
        return 1
    folder = Path(arguments[0] if arguments else ROOT / "dist").resolve()
    done = subprocess.run([sys.executable, "tests/packaging/installed.py", str(folder)], cwd=ROOT, check=False)
    if done.returncode:
        return done.returncode
    (folder / f"evokan-{version()}-notes.md").write_text(notes(version())[1], encoding="utf-8")
    print(f"evokan {version()} is in {folder}; tag it as v{version()}, and upload sdist and wheel with twine")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
