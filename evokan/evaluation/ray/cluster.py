"""The Ray cluster as a whole: finding or starting it, its room for workers, and how its workers end."""

from __future__ import annotations

import logging
import math
import os
import re
import signal
import socket
import sys
import textwrap
import threading
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from evokan.errors import InputError, reason
from evokan.evaluation.cohorts import one_line

PROBE_SECONDS = 5.0
"""How long the head of a cluster may take to answer; Ray itself would wait for minutes."""

_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS_FRAME = 4


Connection = Literal["found", "joined", "started"]
"""Whether this process had Ray already, has joined a cluster, or has started one; only the first is not ours."""


def connect(address: str | None, cpus: int) -> Connection:
    """Connect this process to a Ray cluster.

    Parameters
    ----------
    address
        ``host:port`` of the head, ``auto`` for a cluster that this machine belongs to, or None: the cluster of
        the environment variable RAY_ADDRESS (as inside ``ray job submit``), and without it a new one here.
    cpus
        Size of the new one.

    Raises
    ------
    InputError
        The cluster cannot be reached, or Ray cannot be started.
    """
    import ray

    if ray.is_initialized():
        return "found"
    wanted = address or os.environ.get("RAY_ADDRESS") or None
    if wanted is None:
        with _quietly(), _explained("Ray cannot be started on this machine"):
            ray.init("local", num_cpus=cpus, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    else:
        with _quietly(), _explained(f"no connection to the Ray cluster at {wanted!r}"):
            if not wanted.startswith("ray://"):
                probe(_resolve(wanted))
            with _impatiently():
                ray.init(wanted, log_to_driver=False, logging_level=logging.ERROR)
    _show_worker_logs(False)
    return "joined" if wanted else "started"


def disconnect() -> None:
    """Undo `connect`: a cluster that it started is gone, any other goes on."""
    import ray

    ray.shutdown()
    _show_worker_logs(True)


def probe(address: str) -> None:
    """Look whether the head of a cluster can answer at ``host:port``.

    Raises
    ------
    OSError
        Nothing answers within `PROBE_SECONDS`, or something that cannot be Ray.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=PROBE_SECONDS) as connection:
            if os.environ.get("RAY_USE_TLS", "0").lower() in ("", "0", "false"):
                connection.sendall(_HTTP2_PREFACE)
                answer = connection.recv(9)
                if len(answer) < 4 or answer[3] != _SETTINGS_FRAME:
                    raise OSError(
                        "what answers there is not the head of a Ray cluster (port 6379 where `ray start` "
                        "was given none; 8265 is the dashboard's)"
                    )
    except TimeoutError:
        raise TimeoutError(f"no answer within {PROBE_SECONDS:g} seconds") from None


def room(gpus: float) -> int:
    """Return how many workers with one CPU and `gpus` GPUs the nodes that are up could hold, were they idle."""
    import ray

    cluster: Any = ray
    count = 0
    for node in cluster.nodes():
        if node["Alive"]:
            cpus, devices = (node["Resources"].get(name, 0.0) for name in ("CPU", "GPU"))
            count += min(int(cpus), math.floor(devices / gpus + 1e-9) if gpus else int(cpus))
    return count


def is_placeable(gpus: float, seconds: float) -> bool:
    """Return whether the cluster has room for one worker now or within `seconds`, without starting any."""
    from ray.util import placement_group, remove_placement_group

    reserved = placement_group([{"CPU": 1.0, **({"GPU": float(gpus)} if gpus else {})}])
    try:
        return bool(reserved.wait(seconds))
    finally:
        remove_placement_group(reserved)


def no_room(gpus: float, seconds: float) -> str:
    """Return the sentence for a cluster without room for one worker."""
    import ray

    cluster: Any = ray
    whole, free = cluster.cluster_resources(), cluster.available_resources()
    needed = "1 CPU" + (f" and {gpus:g} GPU" if gpus else "")
    there = ", ".join(f"{whole.get(name, 0):g} {name} ({free.get(name, 0):g} free)" for name in ("CPU", "GPU"))
    waited = f" after {seconds:.0f} seconds" if seconds else ""
    return (
        f"no room for a worker in the Ray cluster{waited}: it needs {needed}, the cluster has {there}; "
        "add nodes or end other work there"
    )


def describe_end(error: Exception) -> str:
    """Return in a few words how an actor ended, without anything that differs between two equal ends."""
    from ray import exceptions

    text = str(error)
    if isinstance(error, exceptions.RayTaskError):
        return one_line(error.cause)
    if isinstance(error, exceptions.OutOfMemoryError) or "OUT_OF_MEMORY" in text:
        return "its node ran out of memory"
    if isinstance(error, exceptions.NodeDiedError) or "node has died" in text or "node was terminated" in text:
        return "its node died"
    if "exit type" in text:
        detail = re.search(r"exit detail: ([^.]*)\.", text)
        return "its process died" + (f" ({detail.group(1)})" if detail else "")
    # What an actor raised in its creation, a failed import for one, stands in the text alone.
    raised = re.findall(r"^[\w.]*(?:Error|Exception): .+$", text, re.MULTILINE)
    return raised[-1] if raised else type(error).__name__


def _resolve(address: str) -> str:
    """Return ``host:port``, for ``auto`` that of a cluster running on this machine."""
    from ray._private.services import canonicalize_bootstrap_address

    if address != "auto" and not re.fullmatch(r"[^/]+:\d+", address):
        raise ValueError("give HOST:PORT of its head (port 6379 where `ray start` was given none), or auto")
    try:
        return str(canonicalize_bootstrap_address(address))
    except ConnectionError:
        raise ConnectionError(
            "this machine belongs to no running cluster; start one with `ray start --head`, or "
            "give HOST:PORT of its head"
        ) from None


@contextmanager
def _explained(what: str) -> Generator[None, None, None]:
    try:
        yield
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        text = reason(error)
        if "InvalidAuthToken" in f"{error} {error.__cause__}":
            text = (
                "its token is missing or wrong; set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN_PATH where the token "
                "is not in Ray's usual place"
            )
        raise InputError(f"{what}: {textwrap.shorten(text, 300, placeholder=' ...')}") from error


@contextmanager
def _quietly() -> Generator[None, None, None]:
    """Keep Ray from changing the process's handling of SIGTERM, and its advice to itself from the user."""
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM) if main else None
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module="ray")
            yield
    finally:
        if main:
            signal.signal(signal.SIGTERM, handler or signal.SIG_DFL)


@contextmanager
def _impatiently() -> Generator[None, None, None]:
    """Let Ray try for seconds rather than minutes, and mute what it writes to standard error about each try."""
    attempts = "RAY_gcs_server_port_wait_time_s"
    before = os.environ.get(attempts)
    os.environ[attempts] = before or "3"
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        if before is None:
            del os.environ[attempts]


def _show_worker_logs(show: bool) -> None:
    """Switch Ray's reports of dead workers, which go to standard output even without `log_to_driver`."""
    from ray._private import worker

    worker._worker_logs_enabled = show
