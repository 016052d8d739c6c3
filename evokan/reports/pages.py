"""How a page is made: a template, its style and script in it, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from evokan.reports.sentences import text
from evokan.texts import printable

if TYPE_CHECKING:
    from jinja2 import Environment


def made_from(template: str, content: dict[str, Any], *, script: str = "") -> str:
    """Return a page: one file that needs nothing else, and in which nothing that it tells can act.

    Parameters
    ----------
    template, script
        Names of files in ``templates``; without a script the page may run none.
    content
        What the template tells; texts are escaped.
    """
    sheet, code = _file("report.css"), _file(script) if script else ""
    return (
        _environment()
        .get_template(template)
        .render(content, sheet=sheet, sheet_hash=_hash(sheet), script=code, script_hash=_hash(code))
    )


def inline(picture: bytes) -> str:
    """Return a PNG as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(picture).decode('ascii')}"


def _file(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.filters |= {"figure": text, "plain": _plain}
    return made


def _visible(value: Any) -> Any:
    """Return texts without characters that steer; markup is ours, and stays."""
    return printable(value, keep="\n") if type(value) is str else value


def _plain(value: Any) -> str:
    """Return a setting as text."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _hash(content: str) -> str:
    """Return what names an inline style or script in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode('utf-8')).digest()).decode('ascii')}"
