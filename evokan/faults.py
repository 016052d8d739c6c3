"""What pydantic found wrong, as sentences for a user."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from pydantic import ValidationError

from evokan.errors import InputError, unknown_name


def sentences(error: ValidationError, known: Iterable[str], *, option: bool) -> list[str]:
    """Return one sentence for each fault that pydantic found.

    Parameters
    ----------
    known
        Field names, for a did-you-mean.
    option
        Whether fields are written as long options (``--val-size``) or as they are.
    """
    known = list(known)

    def shown(name: str) -> str:
        return "--" + name.replace("_", "-") if option else name

    found: list[str] = []
    for fault in error.errors():
        field = str(fault["loc"][0]) if fault["loc"] else ""
        context = fault.get("ctx", {})
        cause = context.get("error")
        if isinstance(cause, InputError):
            found.extend(cause.faults)
        elif fault["type"] == "extra_forbidden":
            near = difflib.get_close_matches(field, known, n=1, cutoff=0.75)
            hint = f"did you mean {shown(near[0])!r}?" if near else f"known: {', '.join(map(shown, sorted(known)))}"
            found.append(f"unknown option {shown(field)!r}: {hint}")
        elif fault["type"] == "missing":
            found.append(f"{shown(field)} is needed and was not given")
        elif fault["type"] == "literal_error":
            choices = re.findall("'([^']*)'", context["expected"])
            found.append(unknown_name(f"value for {shown(field)}", str(fault["input"]), choices).faults[0])
        else:
            limits = {
                name: int(value) if isinstance(value, float) and value.is_integer() else value
                for name, value in context.items()
            }
            known_type = fault["type"] in _SENTENCES
            message = _SENTENCES[fault["type"]].format(**limits) if known_type else str(cause or fault["msg"])
            found.append(f"{shown(field)}: {message} (got {_as_typed(fault['input'])})")
    return found


_SENTENCES = {
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "int_type": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "finite_number": "must be finite",
    "string_type": "expected text",
    "path_type": "expected a path",
    "tuple_type": "expected a list",
}
"""What pydantic's types of faults mean to a user."""


_LONGEST = 100
"""So much of a value is shown."""


def _as_typed(value: object) -> str:
    text = value if isinstance(value, str) and value.strip() else " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
