"""Programs of their own: a Ray that we start and stop, signals, and clusters of several nodes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("ray_scenarios.py")


def command(name: str) -> list[str]:
    return [sys.executable, str(SCRIPT), name]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return kept | {"RAY_worker_niceness": "0"}


def outcome(name: str) -> tuple[str, str]:
    """Run a scenario to its good end, and return what it printed on either stream."""
    done = subprocess.run(command(name), capture_output=True, text=True, timeout=300, env=environment(), check=False,
                          start_new_session=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_ray_of_our_own_comes_and_goes_without_a_word():
    assert outcome("local") == ("", "")


@pytest.mark.slow
def test_an_interrupt_reaches_the_driver_alone():
    assert outcome("interrupt") == ("interrupted\n", "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_the_driver(number):
    with subprocess.Popen(command("hang"), stdout=subprocess.PIPE, text=True, env=environment()) as driver:
        try:
            workers = [int(pid) for pid in driver.stdout.readline().split()]
            assert len(workers) == 2
            assert all(map(alive, workers))
            driver.send_signal(number)
            assert driver.wait(60) == -number
        finally:
            driver.kill()
    assert any(not any(map(alive, workers)) or time.sleep(0.5) for _ in range(120))


@pytest.mark.slow
def test_nodes_come_and_go():
    assert outcome("nodes") == ("", "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="reads the memory in use from /proc")
def test_a_worker_that_needs_too_much_memory():
    assert outcome("memory")[0] == "worker lost 5 times, at last because its node ran out of memory\n"
