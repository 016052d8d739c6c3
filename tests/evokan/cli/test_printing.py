"""Files that a command writes: whole or not at all, and a fault elsewhere is not blamed on them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from evokan.cli.printing import new_file
from evokan.errors import InputError


def write(path: Path, error: OSError | None = None) -> None:
    with new_file(path, force=False) as part:
        part.write_text("new")
        if error is not None:
            raise error


def test_the_file_appears_when_the_block_ends_well(tmp_path):
    write(tmp_path / "made" / "a.csv")
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["a.csv"]
    assert (tmp_path / "made" / "a.csv").read_text() == "new"


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file or directory", "best/model.safetensors"),
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
    ],
)
def test_a_fault_of_another_file_is_passed_on(tmp_path, error):
    with pytest.raises(type(error)) as caught:
        write(tmp_path / "made" / "a.csv", error)
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_fault_of_the_file(tmp_path):
    with pytest.raises(InputError, match=r"--out .*a\.csv: cannot be written \(No space left on device\)"):
        write(tmp_path / "a.csv", OSError(errno.ENOSPC, "No space left on device"))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_a_fault_of_the_file(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "deep" / "a.csv", tmp_path / f"{'long' * 100}.csv"):
        with pytest.raises(InputError, match=r"--out .*: cannot be written"):
            write(path)


@pytest.mark.parametrize("error", [None, OSError(errno.ENOSPC, "No space left on device")])
def test_what_lies_beside_the_file_is_the_users_own(tmp_path, error):
    (tmp_path / "a.csv.part").write_text("mine")
    try:
        write(tmp_path / "a.csv", error)
    except InputError:
        assert error is not None
    assert (tmp_path / "a.csv.part").read_text() == "mine"
    assert (tmp_path / "a.csv").exists() is (error is None)


def test_a_link_that_leads_nowhere_is_there_already(tmp_path):
    (tmp_path / "a.csv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is there already"):
        write(tmp_path / "a.csv")
    with new_file(tmp_path / "a.csv", force=True) as part:
        part.write_text("new")
    assert not (tmp_path / "a.csv").is_symlink()
    assert not (tmp_path / "elsewhere").exists()


def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with (
        pytest.raises(InputError, match="is no ordinary file"),
        new_file(tmp_path / "a.csv", force=True),
    ):
        pass
    assert (tmp_path / "a.csv").is_fifo()
