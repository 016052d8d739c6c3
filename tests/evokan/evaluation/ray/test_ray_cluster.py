"""Addresses at which there is no cluster: one line, and soon."""

from __future__ import annotations

import http.server
import socket
import threading

import pytest
import ray_work

from evokan.errors import InputError
from evokan.evaluation.ray import cluster as ray_cluster
from evokan.evaluation.ray.executor import RayExecutor


class Silent(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def no_ray(monkeypatch):
    """Behave as in a process that has not used Ray."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr("ray.is_initialized", lambda: False)


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def refusal(address: str | None) -> str:
    with pytest.raises(InputError) as caught:
        RayExecutor(1, address=address)
    (line,) = caught.value.faults
    assert "\n" not in line
    return line


def test_nobody_listens(no_ray, closed_port):
    address = f"127.0.0.1:{closed_port}"
    assert refusal(address) == f"no connection to the Ray cluster at '{address}': Connection refused"


def test_the_environment_names_the_cluster(no_ray, closed_port, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{closed_port}")
    assert "Connection refused" in refusal(None)
    assert "Connection refused" in refusal("auto")


@pytest.mark.parametrize("address", ["garbage", "host:port", "http://127.0.0.1:8265", "host:6379/path"])
def test_not_an_address(no_ray, address):
    assert "give HOST:PORT of its head" in refusal(address)


def test_no_cluster_on_this_machine(no_ray, monkeypatch):
    def nothing(address):
        raise ConnectionError("several\nlines")

    monkeypatch.setattr("ray._private.services.canonicalize_bootstrap_address", nothing)
    assert "start one with `ray start --head`" in refusal("auto")


def test_a_listener_that_says_nothing(no_ray, monkeypatch):
    monkeypatch.setattr(ray_cluster, "PROBE_SECONDS", 0.2)
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert refusal(f"127.0.0.1:{server.getsockname()[1]}").endswith("no answer within 0.2 seconds")


def test_another_server(no_ray):
    with http.server.ThreadingHTTPServer(("0.0.0.0", 0), Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            assert "not the head of a Ray cluster" in refusal(f"127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def test_the_head_of_a_cluster_passes_the_probe(users_ray):
    import ray

    ray_cluster.probe(ray.get_runtime_context().gcs_address)
    with RayExecutor(1, address="ignored, since this process uses Ray already") as executor:
        assert list(executor.map_unordered(ray_work.divide, (6,), [3])) == [(0, 2.0)]
