"""An equation of the user's own, from a file of Python: its code runs, so the user alone names it."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from evokan.datasets.equations import said
from evokan.errors import InputError, reason
from evokan.problem.equations.base import Equation


def equation_from_file(path: Path) -> Equation:
    """Return the equation of a file, after running its code.

    That is what the file calls ``equation``, or else its one object of `Equation`, or one of its one class. Without a
    name of its own it is called as the file, without a summary it gets the first line of its class's documentation.

    Raises
    ------
    InputError
        The file cannot be read, its code breaks down, or it has no such object, or several.
    """
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"--equation {path}: cannot be read ({reason(error)})") from error
    return equation_from_source(source, str(path))


@lru_cache(maxsize=8)
def equation_from_source(source: bytes, path: str) -> Equation:
    """Return the equation of a file's content; what is pickled of it is the content, so that it can travel.

    Raises
    ------
    InputError
        The code breaks down, or it has no such object as `equation_from_file` takes, or several.
    """
    module = ModuleType(f"evokan_equation_{hashlib.sha256(source).hexdigest()[:16]}")
    module.__file__ = path
    sys.modules[module.__name__] = module  # where dataclasses look their own module up
    try:
        exec(compile(source, path, "exec"), module.__dict__)
        found = _found(module, path)
    except InputError:
        raise
    except SyntaxError as error:
        raise InputError(f"--equation {path}, line {error.lineno}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        told = said(error) if isinstance(error, Exception) else "it ends the program"
        raise InputError(f"--equation {path}: {told}") from error
    for attribute, otherwise in (("name", Path(path).stem), ("summary", _first_line(found))):
        if not getattr(found, attribute, None):
            setattr(found, attribute, otherwise)
    if type(found).__module__ == module.__name__:
        _travels_as(found, equation_from_source, (source, path))
    return found


def _found(module: ModuleType, path: str) -> Equation:
    named = module.__dict__.get("equation")
    if isinstance(named, Equation):
        return named
    objects: list[Equation] = []
    for value in vars(module).values():
        if isinstance(value, Equation) and not any(value is known for known in objects):
            objects.append(value)
    kinds: set[type[Equation]] = set()
    if not objects:
        kinds = {
            value
            for value in vars(module).values()
            if inspect.isclass(value)
            and issubclass(value, Equation)
            and value.__module__ == module.__name__
            and not inspect.isabstract(value)
        }
    if len(kinds) == 1:
        objects = [kind() for kind in kinds]
    if not (objects or kinds):
        raise InputError(
            f"--equation {path}: has no class that inherits evokan.problem.equations.Equation, with points and residual"
        )
    if len(objects) != 1:
        count = len(objects) or len(kinds)
        raise InputError(f"--equation {path}: has {count} equations: call the one to take equation = ...")
    return objects[0]


def _first_line(equation: Equation) -> str:
    text = (type(equation).__doc__ or "").strip()
    return text.splitlines()[0].rstrip(".") if text else "own equation"


def _travels_as(equation: Equation, make: Callable[..., Equation], arguments: tuple[Any, ...]) -> None:
    """Let an equation whose class no other process can import be pickled as a call that makes it again."""
    kind: Any = type(equation)
    kind.__reduce__ = lambda self: (make, arguments)
