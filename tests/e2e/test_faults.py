"""What surrounds a run fails: the disk, the clock, a second writer, an impatient user. The run stays whole."""

from __future__ import annotations

import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contents import content
from test_kill_and_resume import SEARCH, assert_equal

pytestmark = pytest.mark.faults

ROOM = 64 * 1024


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    from evokan.cli.app import main

    path = tmp_path_factory.mktemp("through") / "run"
    assert main([*SEARCH, "--workers", "2", "--quiet", "--out", str(path)]) == 0
    return path


def evokan(*arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evokan", *map(str, arguments), "--quiet"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **settings)


@pytest.fixture
def small_disk(tmp_path):
    """A folder to mount a small file system at, where that is allowed."""
    probe = (
        subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
        if shutil.which("unshare")
        else None
    )
    if probe is None or probe.returncode:
        pytest.skip("mounting a small file system needs the rights to (root on Linux)")
    return tmp_path / "disk"


def on_disk(folder: Path, script: str, size: int = ROOM) -> subprocess.CompletedProcess[str]:
    """Run a shell script with `folder` as a file system of `size` bytes."""
    folder.mkdir()
    mount = f"mount -t tmpfs -o size={size} none {folder}; evokan='{sys.executable} -m evokan'; {script}"
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount], capture_output=True, text=True, check=False, timeout=300
    )


# ---------------------------------------------------------------- the disk


@pytest.mark.parametrize("size", [7000, 12000, 20000])
def test_a_file_that_may_not_grow_stops_the_run_and_spares_its_records(uninterrupted, tmp_path, size):
    path = tmp_path / "run"
    stopped = evokan(
        *SEARCH,
        "--workers",
        2,
        "--out",
        path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert stopped.returncode == 3, stopped.stderr
    (line,) = stopped.stderr.splitlines()
    assert line == (
        f"evokan: {path}: cannot be written (File too large); what was recorded is kept: put that right, "
        f"then go on with: evokan resume {path}"
    )
    records = (path / "evaluations.csv").read_text().splitlines()
    assert len(records) > 8
    assert evokan("resume", path).returncode == 0
    assert_equal(path, uninterrupted)


def test_a_full_disk_stops_the_run_and_spares_its_records(uninterrupted, small_disk, tmp_path):
    search = " ".join(SEARCH)
    done = on_disk(
        small_disk,
        f"head -c 40000 /dev/zero > {small_disk}/ballast; "
        f"$evokan {search} --quiet --out {small_disk}/run; echo status $?; "
        f"cp -a {small_disk}/run {tmp_path}/run",
    )
    assert done.stdout == "status 3\n", done.stderr
    (line,) = done.stderr.splitlines()
    assert "cannot be written (No space left on device)" in line
    assert evokan("resume", tmp_path / "run").returncode == 0
    assert_equal(tmp_path / "run", uninterrupted)


def test_a_folder_that_cannot_be_written_is_one_line(uninterrupted, small_disk):
    done = on_disk(
        small_disk,
        f"cp -a {uninterrupted} {small_disk}/run; "
        f"mount -o remount,ro {small_disk}; "
        f"$evokan {' '.join(SEARCH)} --out {small_disk}/new; echo status $?; "
        f"$evokan resume {small_disk}/run --generations 9; echo status $?; "
        f"$evokan show {small_disk}/run --quiet > /dev/null; echo status $?",
        size=2**23,
    )
    assert done.stdout == "status 2\nstatus 2\nstatus 0\n"
    first, second = done.stderr.splitlines()
    assert first.startswith(f"evokan: --out {small_disk}/new: cannot be written (Read-only file system)")
    assert second.startswith(f"evokan: {small_disk}/run: cannot be written (Read-only file system)")


def test_what_creating_a_run_began_goes_again_where_the_disk_is_full(small_disk):
    done = on_disk(
        small_disk,
        f"head -c {ROOM} /dev/zero > {small_disk}/ballast; "
        f"$evokan {' '.join(SEARCH)} --out {small_disk}/new; echo status $?; ls {small_disk}",
    )
    assert done.stdout == "status 2\nballast\n"
    assert len(done.stderr.splitlines()) == 1


# ---------------------------------------------------------------- the clock, the neighbour, the user


def test_a_clock_that_jumps_changes_nothing(uninterrupted, evokan_here, monkeypatch):
    jumps = random.Random(5)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jumps.uniform(-1e6, 1e6))
    assert evokan_here(*SEARCH, "--workers", 1, "--quiet", "--out", "jumpy").status == 0
    assert_equal(Path("jumpy"), uninterrupted)


def test_of_two_searches_on_one_folder_one_goes_through(uninterrupted, tmp_path):
    arguments = [sys.executable, "-m", "evokan", *SEARCH, "--workers", "1", "--quiet", "--out", str(tmp_path / "run")]
    both = [subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = sorted((process.communicate()[1], process.returncode) for process in both)
    assert ended[0] == ("", 0)
    err, status = ended[1]
    assert status == 2
    assert len(err.splitlines()) == 1
    assert_equal(tmp_path / "run", uninterrupted)


@pytest.mark.parametrize("times", [1, 2])
def test_interrupted_once_or_twice_the_run_can_go_on(uninterrupted, tmp_path, times):
    path = tmp_path / "run"
    arguments = [sys.executable, "-m", "evokan", *SEARCH, "--workers", "2", "--out", str(path)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while not (path / "evaluations.csv").exists() or (path / "evaluations.csv").read_bytes().count(b"\n") < 13:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        told = process.stderr.readline()
        assert told == "evokan: finishing what is being trained; Ctrl-C again stops at once\n"
        if times == 2:
            process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(60) == 3
    assert rest == f"evokan: interrupted; go on with: evokan resume {path}\n"
    whole = content(path)["evaluations.csv"]
    assert whole == content(uninterrupted)["evaluations.csv"][: len(whole)]
    assert evokan("resume", path).returncode == 0
    assert_equal(path, uninterrupted)


# ---------------------------------------------------------------- settings


def test_settings_changed_behind_our_back_are_refused_by_name(uninterrupted, evokan_here, tmp_path):
    run = tmp_path / "edited"
    shutil.copytree(uninterrupted, run)
    text = (run / "config.json").read_text()
    text = text.replace('"steps": 6', '"steps": 7').replace('"max_width": 5', '"max_width": 4')
    (run / "config.json").write_text(text)
    refused = evokan_here("resume", run, "--generations", 6)
    assert refused.status == 2
    lines = refused.err.splitlines()
    assert len(lines) >= 3, lines
    assert lines[0].startswith(f"evokan: {run}: max_width was 5 when the run began and is 4 now")
    assert lines[1].startswith(f"evokan: {run}: steps was 6 when the run began and is 7 now")
    assert all("other chromosomes" in line for line in lines[2:])


def test_the_executor_may_change(uninterrupted, evokan_here, tmp_path):
    run = tmp_path / "moved"
    shutil.copytree(uninterrupted, run)
    before = content(run)
    (run / "manifest.json").unlink()
    (run / "best" / "metrics.json").unlink()
    assert evokan_here("resume", run, "--workers", 1, "--no-ray", "--quiet").status == 0
    assert {**content(run), "config.json": None} == {**before, "config.json": None}
