"""The files of one run, opened without following links: what a stranger's run may do is be read.

Every path is taken below the run's own folder, component by component, and no component may be a link; what is opened
must be a regular file that no other name leads to when it is written. A pipe or a device in place of a file is named
instead of waited for.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evokan.errors import InputError
from evokan.runs.files import NotPlain, part_of, reading
from evokan.runs.shapes import Shape, check_shape

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LINKED = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)


class Vault:
    """Reads and writes inside one folder.

    Parameters
    ----------
    root
        The run's folder. It may itself be reached by a link: the user named it.

    Raises
    ------
    InputError
        From every method, where something on the way is a link, or no regular file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def read_bytes(self, path: Path) -> bytes:
        """Return the content of a file."""
        with os.fdopen(self._open(path, os.O_RDONLY), "rb") as file:
            return file.read()

    def read_text(self, path: Path) -> str:
        """Return the content of a text file."""
        return self.read_bytes(path).decode("utf-8")

    def read_json(self, path: Path, shape: type[Shape], remedy: str = "start a new run") -> dict[str, Any]:
        """Return the content of a JSON file.

        Parameters
        ----------
        shape
            What it must look like.
        remedy
            As for `evokan.runs.files.reading`.

        Raises
        ------
        InputError
            It is missing or damaged.
        """
        with reading(path, remedy):
            content: dict[str, Any] = json.loads(self.read_text(path))
            check_shape(content, shape)
        return content

    def append(self, path: Path, line: str) -> None:
        """Add one line in one write, so that a kill tears at most the last line."""
        with os.fdopen(self._open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab", buffering=0) as file:
            file.write(line.encode("utf-8"))

    def sync(self, path: Path) -> None:
        """Wait until what was added to a file is on the disk."""
        descriptor = self._open(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def replace(self, path: Path, content: bytes | str) -> None:
        """Replace a file as a whole: readers see the old content or the new, never a part; a link gives way."""
        part = part_of(path)
        with self._folder(path) as folder, _no_folder(path):
            _write_new(part.name, content.encode("utf-8") if isinstance(content, str) else content, folder)
            os.replace(part.name, path.name, src_dir_fd=folder, dst_dir_fd=folder)

    def create(self, path: Path, content: str) -> None:
        """Make a file that is whole from its first moment; of several processes that try, one succeeds.

        Raises
        ------
        FileExistsError
            It is there already.
        """
        part = f"{path.name}.{os.getpid()}.part"
        with self._folder(path) as folder:
            try:
                _write_new(part, content.encode("utf-8"), folder)
                os.link(part, path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(part, dir_fd=folder)

    def write_json(self, path: Path, data: Any) -> None:
        """Replace a JSON file as a whole; NaN and infinity are refused, as JSON has none."""
        self.replace(path, as_json(data))

    def remove(self, path: Path) -> None:
        """Remove a file, or a link itself, if it is there."""
        with suppress(FileNotFoundError), self._folder(path) as folder, _no_folder(path):
            os.unlink(path.name, dir_fd=folder)

    def make_folder(self, path: Path, *, empty: bool = False) -> None:
        """Make a folder of the run, or see that it is one; with `empty` remove the files in it."""
        with self._folder(path) as above, suppress(FileExistsError):
            os.mkdir(path.name, dir_fd=above)
        with self._folder(path / "any") as folder:
            for name in os.listdir(folder) if empty else ():  # noqa: PTH208 - pathlib knows no descriptors
                try:
                    os.unlink(name, dir_fd=folder)
                except (IsADirectoryError, PermissionError) as error:
                    raise NotPlain(f"{path / name} is no file of a run: move it away") from error

    def names(self, path: Path) -> list[str]:
        """Return the names in a folder of the run, sorted; none where there is no such folder."""
        try:
            with self._folder(path / "any") as folder:
                return sorted(os.listdir(folder))  # noqa: PTH208
        except FileNotFoundError:
            return []

    def has(self, path: Path) -> bool:
        """Return whether there is such a regular file."""
        try:
            os.close(self._open(path, os.O_RDONLY))
        except (OSError, InputError):
            return False
        return True

    def open_lock(self, path: Path) -> int:
        """Return the descriptor of a file to be locked, made if it is not there."""
        return self._open(path, os.O_RDWR | os.O_CREAT)

    def _open(self, path: Path, flags: int) -> int:
        with self._folder(path) as folder:
            try:
                descriptor = os.open(path.name, _FILE | flags, 0o666, dir_fd=folder)
            except OSError as error:
                raise self._named(path, error) from error
        status = os.fstat(descriptor)
        fault = ""
        if not stat.S_ISREG(status.st_mode):
            fault = "is no regular file"
        elif flags & (os.O_WRONLY | os.O_RDWR) and status.st_nlink > 1:
            fault = "has another name elsewhere (a hard link)"
        if fault:
            os.close(descriptor)
            raise _not_plain(path, fault)
        return descriptor

    @contextmanager
    def _folder(self, path: Path) -> Iterator[int]:
        """Open the folder that `path` lies in."""
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in path.relative_to(self.root).parts[:-1]:
                try:
                    below = os.open(part, _FOLDER, dir_fd=descriptor)
                except OSError as error:
                    raise self._named(path.parent, error) from error
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    @staticmethod
    def _named(path: Path, error: OSError) -> Exception:
        if error.errno in _LINKED:
            return _not_plain(path, "is a link, or no folder")
        if error.errno in (errno.ENXIO, errno.EISDIR):
            return _not_plain(path, "is no regular file")
        return type(error)(error.errno, error.strerror, str(path))


def as_json(data: Any) -> bytes:
    """Return a JSON file's content; NaN and infinity are refused, as JSON has none."""
    return (json.dumps(data, indent=2, allow_nan=False) + "\n").encode("utf-8")


def _write_new(name: str, content: bytes, folder: int) -> None:
    """Write a file that is on the disk afterwards; what has its name goes first, a link itself."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    descriptor = os.open(name, _FILE | os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _no_folder(path: Path) -> Iterator[None]:
    """Name a folder that stands where a file is to be replaced or removed."""
    try:
        yield
    except IsADirectoryError as error:
        raise _not_plain(path, "is a folder, or its .part is one") from error


def _not_plain(path: Path, fault: str) -> NotPlain:
    return NotPlain(f"{path}: {fault}; a run holds plain files only: remove it, or bring the file back")
