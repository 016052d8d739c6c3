"""Folders that go again when what they were made for fails, and who is to blame for a file that cannot be read."""

from __future__ import annotations

import csv
import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import shorten

from safetensors import SafetensorError

from evokan.errors import InputError, reason

DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
"""Numbers of the errors of a disk that takes no more."""

_DAMAGE = (LookupError, TypeError, ValueError, AttributeError, RuntimeError, csv.Error, SafetensorError)
_WHY_LENGTH = 160


class NotPlain(InputError):  # noqa: N818 - names a verdict
    """Something in a run is no plain file of its own: a link, a pipe, a device."""


@contextmanager
def made_folders(path: Path, files: Sequence[Path] = (), *, own: bool = False) -> Iterator[None]:
    """Make the folder `path` and those above it.

    If the block fails, `files` go again (and what was written of them so far), and the folders made here. With
    `own` the folder must not be there yet (`FileExistsError`).
    """
    made: list[Path] = []
    try:
        for folder in reversed((path, *path.parents)):
            if folder.exists() and not (own and folder is path):
                continue
            try:
                folder.mkdir()
                made.insert(0, folder)
            except FileExistsError:  # somebody else was faster
                if (own and folder is path) or not folder.is_dir():
                    raise
        yield
    except BaseException:
        for file in files:
            file.unlink(missing_ok=True)
            part_of(file).unlink(missing_ok=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def part_of(path: Path) -> Path:
    """Return where a file is written before it takes the place of the old one."""
    return path.with_name(path.name + ".part")


@contextmanager
def reading(what: Path | str, remedy: str = "start a new run", *, foreign: bool = False) -> Iterator[None]:
    """Blame a file of a run for whatever fails in the block that reads it.

    Parameters
    ----------
    what
        The file, as the message names it.
    remedy
        What to do where it cannot be brought back.
    foreign
        Whether code of others makes something of the content, such as a family: then no fault of it is ours.

    Raises
    ------
    InputError
        It is missing, cannot be read or is damaged.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{what} is missing: bring it back, or {remedy}") from error
    except NotPlain:
        raise
    except OSError as error:
        raise InputError(f"{what} cannot be read ({reason(error)})") from error
    except Exception as error:
        if not (foreign or isinstance(error, _DAMAGE)):
            raise
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{what} is damaged: {shorten(why, _WHY_LENGTH, placeholder=' ...')}; bring it back, or {remedy}"
        ) from error
