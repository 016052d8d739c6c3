"""What ``--choose`` and ``--rungs`` may say."""

from __future__ import annotations

from evokan.errors import InputError, unknown_name


def parse_choice(text: str) -> tuple[str, float]:
    """Split a value of ``--choose`` into rule and its number: a tolerance, or standard errors (0 where it takes none).

    Raises
    ------
    InputError
        The rule is unknown or its number is not one of at least 0.
    """
    rule, _, tolerance = text.partition(":")
    rules = ("best-loss", "knee", "one-se", "se", "paired", "smallest")
    if rule not in rules:
        raise unknown_name("rule for --choose", rule, (*rules[:3], "se:ERRORS", "paired:ERRORS", "smallest:TOLERANCE"))
    if rule not in ("se", "paired", "smallest"):
        if tolerance:
            raise InputError(f"--choose {text}: {rule} takes no tolerance")
        return rule, 0.0
    try:
        value = float(tolerance)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        wanted, example = ("ERRORS", "0.25") if rule != "smallest" else ("TOLERANCE", "0.05")
        raise InputError(f"--choose {text}: write {rule}:{wanted} with a number of at least 0, e.g. {rule}:{example}")
    return rule, value


def parse_rungs(text: str) -> int | None:
    """Return the rows of the first cut that ``--rungs`` names, 0 for ``off``, None for ``auto``.

    Raises
    ------
    InputError
        It is neither, nor a whole number of at least 10.
    """
    if text in ("auto", "off"):
        return None if text == "auto" else 0
    if not (text.isascii() and text.isdigit() and int(text) >= 10):
        raise InputError(f"--rungs {text}: write auto, off, or the rows of the first rung, at least 10")
    return int(text)
