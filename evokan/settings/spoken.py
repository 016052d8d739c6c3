"""Sentences about options as sentences about keywords: ``time_limit=5`` is what Python has for ``--time-limit 5``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar, get_args

from evokan.errors import InputError
from evokan.settings.config import SearchConfig

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

_OTHERS = {"config": "config", "space_option": "space_options", "kind": "kind"}
"""Options that are no settings of a search, or have another name there."""
_WORDS = {"split": ("random", "time"), "rungs": ("auto", "off"), "generations": ("auto",), "kind": ("network", "law")}
"""Words that these settings take, beside those of their types."""
_OPTION = re.compile(
    r"(?<![\w-])--(?P<no>no-)?(?P<name>[a-z][a-z-]*[a-z])"
    r"(?: (?P<value>'[^']*'|-?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?(?![\w.])|[A-Z]+\b|[a-z_]+(?:,[a-z_]+)+"
    r"|\S+(?=: )|[a-z]+\b))?"
)
"""An option, and what may be its value: in quotes, a number, a word for one, a list, or what a colon follows."""
_UNKNOWN = re.compile(r"unknown option '--([a-z-]+)'")


def as_keywords(sentence: str, renamed: Mapping[str, str] | None = None) -> str:
    """Return a sentence with keywords in place of options; `renamed` are settings that go by another name.

    Examples
    --------
    >>> as_keywords("--time-limit 5: too short; fill them in (--impute median), or leave --race out")
    "time_limit=5: too short; fill them in (impute='median'), or leave race out"
    """

    def spoken(found: re.Match[str]) -> str:
        setting = found["name"].replace("-", "_")
        if setting not in SearchConfig.model_fields and setting not in _OTHERS:
            return found[0]
        name = (renamed or {}).get(setting, _OTHERS.get(setting, setting))
        value = found["value"]
        flag = setting in SearchConfig.model_fields and SearchConfig.model_fields[setting].annotation is bool
        if flag or value is None:
            return name + "=False" * bool(found["no"]) + (f" {value}" if value else "")
        if value.startswith("'") or value.isupper() or re.fullmatch(r"-?\d[\d.]*(e[+-]?\d+)?", value):
            return f"{name}={value}"
        word = re.fullmatch("[a-z]+", value) and not found.string.startswith(": ", found.end())
        if word and value not in _choices(setting):
            return f"{name} {value}"
        return f"{name}={value!r}"

    sentence = _UNKNOWN.sub(lambda found: f"unknown keyword '{found[1].replace('-', '_')}'", sentence)
    return _OPTION.sub(spoken, sentence)


def _choices(setting: str) -> tuple[str, ...]:
    field = SearchConfig.model_fields.get(setting)
    kinds = () if field is None else (field.annotation, *get_args(field.annotation))
    return (*_WORDS.get(setting, ()), *(word for kind in kinds for word in get_args(kind) if isinstance(word, str)))


@contextmanager
def naming_keywords(renamed: Mapping[str, str] | None = None) -> Iterator[None]:
    """Let errors that leave the block name keywords; `renamed` as for `as_keywords`."""
    try:
        yield
    except InputError as error:
        error.faults = tuple(as_keywords(fault, renamed) for fault in error.faults)
        error.args = ("\n".join(error.faults),)
        raise


def in_python(call: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Return a function whose errors name keywords."""

    @wraps(call)
    def speaking(*arguments: _Given.args, **keywords: _Given.kwargs) -> _Result:
        with naming_keywords():
            return call(*arguments, **keywords)

    return speaking
