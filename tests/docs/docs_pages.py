"""The pages for users, and the shell and Python examples on them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Example(NamedTuple):
    """A block of code on a page; one with a reason is not run."""

    language: str
    text: str
    reason: str

    def commands(self) -> list[list[str]]:
        """The commands of evokan in a shell example, as lists of words."""
        lines = self.text.replace("\\\n", " ").splitlines()
        calls = [shlex.split(line, comments=True) for line in lines]
        starts = [words.index("evokan") if "evokan" in words else len(words) for words in calls]
        return [words[start + 1 :] for words, start in zip(calls, starts, strict=True) if words[start:]]


def examples(path: Path) -> list[Example]:
    """Return the examples of a page, in order."""
    block = r"(?:<!-- not run: ([^\n]+) -->\n)?```(sh|python)\n(.*?)```"
    found = re.findall(block, path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [Example(language, text, reason) for reason, language, text in found]


def pages() -> list[Path]:
    """Return the pages that are written by hand."""
    return sorted((ROOT / "docs").rglob("*.md"))
