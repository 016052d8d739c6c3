"""Errors that evokan raises on purpose, and the sentences they carry."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class EvokanError(Exception):
    """Base class of every error that evokan raises on purpose."""


class InputError(EvokanError, ValueError):
    """What the user gave cannot be used.

    Parameters
    ----------
    *faults
        One sentence for each fault found: what is wrong, where, and what to do. The command line prints one
        line for each on standard error and exits with status 2.
    """

    def __init__(self, *faults: str) -> None:
        self.faults: tuple[str, ...] = faults
        super().__init__("\n".join(faults))


class EvokanWarning(UserWarning):
    """What the user should know and may go on with; the command line prints one line for it on standard error."""


class InvalidArchitecture(EvokanError, ValueError):  # noqa: N818 - names a verdict, like StopIteration
    """A chromosome that decodes to no network (worst fitness, never trained); the message is the reason."""


class TrainingFailed(EvokanError, RuntimeError):  # noqa: N818 - names a verdict, like StopIteration
    """One candidate could not be trained; it is recorded with this reason and the run goes on."""


class RunStopped(EvokanError, RuntimeError):  # noqa: N818 - names an end, like StopIteration
    """What surrounds a run, a full disk for one, made it stop; the run is whole and can go on."""


class StopSearch(RunStopped):
    """Raised by a callback to leave a search as Ctrl-C once does: what is done is on disk, `evokan.resume` goes on."""


def reason(error: Exception) -> str:
    """Return why a file, a folder or a server could not be used, in the words of the operating system if it has any.

    Examples
    --------
    >>> reason(FileNotFoundError(2, "No such file or directory", "a.csv")), reason(OSError("torn")), reason(OSError())
    ('No such file or directory', 'torn', 'OSError')
    """
    return getattr(error, "strerror", None) or str(error).strip() or type(error).__name__


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """Return the error for a name that is not registered, with the nearest known one.

    Examples
    --------
    >>> print(unknown_name("data set", "wien", ["iris", "wine"]))
    unknown data set 'wien': did you mean 'wine'? Known: iris, wine
    """
    names = sorted(map(str, known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return InputError(f"unknown {kind} {name!r}: {hint}Known: {', '.join(names) or 'none'}")
