"""The options of commands: those of a search are made from the fields of `evokan.settings.config.SearchConfig`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from evokan.errors import InputError
from evokan.settings.config import SearchConfig
from evokan.settings.setting import EXECUTION, HEADINGS, OF_SPACE, REPEATED, Setting, setting_of

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the bare result alone.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        show_default=False,
        help="Threads; all processors by default, the records are the same.",
    ),
]
Member = Annotated[
    int | None,
    typer.Option("--member", metavar="ID", show_default=False, help="Member of the front; the chosen one by default."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing --out.")]
PictureFormat = Annotated[str, typer.Option("--picture-format", metavar="NAME", help="png, or for papers svg or pdf.")]


def parameter(name: str, *, with_default: bool) -> inspect.Parameter:
    """Return a setting as a parameter that typer understands; values stay text, `SearchConfig` reads them."""
    field = SearchConfig.model_fields[name]
    setting = setting_of(field)
    flag = "--" + name.replace("_", "-")
    kind: Any = str | None
    if name in REPEATED:
        flag, kind = "--space-option" if name == "space_options" else flag, list[str] | None
    elif not setting.metavar:
        flag, kind = f"{flag}/--no-{flag[2:]}", bool | None
    own = ", or the search space's own" if name in OF_SPACE else ""
    default = _default(name, field, setting)
    text = f"{setting.help} (default {default}{own})" if default and with_default else setting.help
    option = typer.Option(
        flag, metavar=setting.metavar or None, help=text, rich_help_panel=setting.group, show_default=False
    )
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option])


def _default(name: str, field: FieldInfo, setting: Setting) -> str:
    """Return what holds where nothing else says anything; empty where the help line says it."""
    if field.is_required() or field.default_factory is not None or field.default is None:
        return setting.otherwise
    if isinstance(field.default, bool):
        return name.replace("_", "-") if field.default else "no"
    return ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)


def _in_order() -> list[str]:
    """Return the names of all settings, heading by heading."""
    headings = {name: setting_of(field).group for name, field in SearchConfig.model_fields.items()}
    return sorted(headings, key=lambda name: HEADINGS.index(headings[name]))


ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        show_default=False,
        rich_help_panel=EXECUTION,
        help="YAML file with any settings of a search, as 'name: value' lines, or the config.json of a run to repeat; "
        "the command line wins.",
    ),
]

Command = Callable[..., None]


def takes_settings(*names: str, with_defaults: bool = True) -> Callable[[Command], Command]:
    """Give a command with ``**settings`` the options `names`.

    It gets every one of them by keyword: None where it was not given, ``space_options`` as a dict. The help tells
    the defaults of a search unless `with_defaults` is False.
    """
    chosen = [parameter(name, with_default=with_defaults) for name in _in_order() if name in names]

    def decorate(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True)

        @wraps(command)
        def with_settings(**arguments: Any) -> None:
            if "space_options" in names:
                arguments["space_options"] = read_pairs(arguments["space_options"] or ())
            for name in {*REPEATED} & {*names} - {"space_options"}:
                arguments[name] = arguments[name] or None
            command(**arguments)

        mine = [p for p in own.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        parameters = sorted([*chosen, *mine], key=lambda parameter: parameter.kind)
        with_settings.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        with_settings.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return with_settings

    return decorate


def read_pairs(texts: list[str] | tuple[str, ...]) -> Mapping[str, Any]:
    """Return the ``KEY=VALUE`` texts of ``--space-option`` as a mapping; a value in brackets is a JSON list.

    Raises
    ------
    InputError
        A text has no ``=`` or no key, or its list does not parse.
    """
    pairs: dict[str, Any] = {}
    faults = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not (equals and key.strip()):
            faults.append(f"--space-option {text}: write KEY=VALUE, such as max_depth=3")
            continue
        try:
            pairs[key.strip()] = json.loads(value) if value.startswith("[") else value
        except ValueError:
            faults.append(f"--space-option {text}: write a list as [1, 2, 3]")
    if faults:
        raise InputError(*faults)
    return pairs


def all_but(*names: str) -> tuple[str, ...]:
    """Return the names of all settings but `names`."""
    return tuple(name for name in SearchConfig.model_fields if name not in names)
