"""Text that others wrote (names of columns, classes and data), made harmless and short before it is shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

JOINERS = "\u200c\u200d"
"""What Persian words and many emoji are put together with: invisible, and harmless."""


def printable(text: object, keep: str = "") -> str:
    r"""Return `text` with every character escaped that would steer a terminal, break a line or turn the writing round.

    Parameters
    ----------
    text
        Anything; its `str` counts.
    keep
        Characters that pass all the same, such as the line breaks of a text of ours.

    Examples
    --------
    >>> print(printable("size\x1b[31m\n(cm)"))
    size\x1b[31m\n(cm)
    """
    line = str(text)
    if line.isascii() and line.isprintable():
        return line
    return "".join(char if char in keep or not _steers(char) else _escape(char) for char in line)


def listed(names: Sequence[str], most: int) -> str:
    """Return names with commas between them; of more than `most`, the first ones and how many others there are.

    Examples
    --------
    >>> listed(["iris", "rice", "wine"], 3), listed(["iris", "rice", "wine"], 2)
    ('iris, rice, wine', 'iris, rice and 1 more')
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _steers(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and char not in JOINERS)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
