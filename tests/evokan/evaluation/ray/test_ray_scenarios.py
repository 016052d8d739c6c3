"""Programs of their own: a Ray that we start and stop, signals, and clusters of several nodes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from evokan.evaluation.ray.cluster import probe

SCRIPT = Path(__file__).with_name("ray_scenarios.py")


def command(name: str) -> list[str]:
    return [sys.executable, str(SCRIPT), name]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return kept | {"RAY_worker_niceness": "0"}


def outcome(name: str) -> tuple[str, str]:
    """Run a scenario to its good end, and return what it printed on either stream."""
    done = subprocess.run(
        command(name),
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(),
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def reachable(port: int) -> bool:
    with contextlib.suppress(OSError):
        probe(f"127.0.0.1:{port}")
        return True
    return False


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
def test_a_cluster_that_wants_a_token(tmp_path):
    """``ray start`` asks for one where there is one, and Ray does not show it to an address of its own accord."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        home = environment() | {"HOME": str(tmp_path)}
        ray = Path(sys.executable).with_name("ray")
        subprocess.run(
            [ray, "get-auth-token", "--generate"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=home,
            check=True,
        )
        start = [
            ray,
            "start",
            "--head",
            "--block",
            f"--port={port}",
            "--num-cpus=1",
            "--include-dashboard=false",
            "--disable-usage-stats",
            f"--temp-dir={folder}",
        ]
        with subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=home) as head:
            try:
                here = home | {"RAY_ADDRESS": f"127.0.0.1:{port}"}
                while not reachable(port):
                    assert head.poll() is None
                    time.sleep(0.2)
                refused = subprocess.run(command("joined"), capture_output=True, text=True, env=here, check=False)
                assert len(refused.stderr.splitlines()) == 1, refused.stderr
                assert "its token is missing or wrong; set RAY_AUTH_MODE=token" in refused.stderr
                joined = subprocess.run(
                    command("joined"),
                    capture_output=True,
                    text=True,
                    env=here | {"RAY_AUTH_MODE": "token"},
                    check=False,
                )
                assert (joined.stdout, joined.stderr) == ("joined\n", "")
            finally:
                head.terminate()


@pytest.mark.slow
def test_nodes_come_and_go():
    assert outcome("nodes") == ("", "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="reads the memory in use from /proc")
def test_a_worker_that_needs_too_much_memory():
    assert outcome("memory")[0] == "worker lost 5 times, at last because its node ran out of memory\n"
