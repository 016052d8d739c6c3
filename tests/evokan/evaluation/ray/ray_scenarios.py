"""Whole programs that use Ray by themselves, each run in a process of its own: `python ray_scenarios.py NAME`.

What a scenario expects it asserts itself; what it prints is part of the test.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import ray_work

from evokan.errors import InputError
from evokan.evaluation.ray.executor import RayExecutor


def local() -> None:
    """Start Ray, lose a worker, stop Ray."""
    handler = signal.getsignal(signal.SIGTERM)
    with tempfile.TemporaryDirectory() as folder, RayExecutor(2) as executor:
        items = [(0, "sleep"), (1, "kill once"), (2, "sleep"), (3, "")]
        results = dict(executor.map_unordered(ray_work.act, (folder,), items))
        assert results == {0: 0, 1: 1, 2: 2, 3: 3}, results
        time.sleep(1)  # for Ray to report the death
    import ray

    assert not ray.is_initialized()
    assert signal.getsignal(signal.SIGTERM) is handler


def hang() -> None:
    """Tell the numbers of two processes, and wait for the end."""
    executor = RayExecutor(2)
    found: set[int] = set()
    while len(found) < 2:
        found |= {pid for _, pid in executor.map_unordered(ray_work.process, ("",), [0, 1])}
    print(*found, flush=True)
    list(executor.map_unordered(ray_work.act, (tempfile.mkdtemp(),), [(0, "hang"), (1, "hang")]))


def interrupt() -> None:
    """Interrupt the whole process group, as a terminal does, and go on."""
    with tempfile.TemporaryDirectory() as folder, RayExecutor(1) as executor:
        timer = threading.Timer(1.0, os.killpg, (os.getpgrp(), signal.SIGINT))
        timer.start()
        try:
            list(executor.map_unordered(ray_work.act, (folder,), [(0, "hang")]))
        except KeyboardInterrupt:
            print("interrupted")
        timer.join()
        assert list(executor.map_unordered(ray_work.act, (folder,), [(1, "")])) == [(0, 1)]


def nodes() -> None:
    """Lose one of two nodes in the middle of the work, then get another; the address is in the environment."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    doomed = cluster.add_node(num_cpus=1)
    cluster.add_node(num_cpus=1)
    os.environ["RAY_ADDRESS"] = cluster.address
    seen: list[set[int]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        RayExecutor(on_status=lambda workers: seen.append({worker.number for worker in workers})) as executor,
    ):
        results = executor.map_unordered(ray_work.act, (folder,), [(number, "sleep") for number in range(60)])
        found = {}
        for position, result in results:
            found[position] = result
            if len(found) == 20:
                assert seen[-1] == {0, 1}, seen[-1]
                cluster.remove_node(doomed, allow_graceful=False)
            if len(found) == 40:
                assert len(seen[-1]) == 1, seen[-1]
                cluster.add_node(num_cpus=2)
        assert found == {number: number for number in range(60)}, found
        for _ in range(200):
            list(executor.map_unordered(ray_work.act, (folder,), [(100, "sleep")] * 3))
            if len(seen[-1]) == 3:
                break
        assert len(seen[-1]) == 3, seen[-1]
    cluster.shutdown()


def joined() -> None:
    """Work on the cluster of the environment, or say as the command line does why not."""
    try:
        with RayExecutor() as executor:
            assert list(executor.map_unordered(ray_work.divide, (6,), [3])) == [(0, 2.0)]
    except InputError as error:
        sys.exit("\n".join(error.faults))
    print("joined")


def memory() -> None:
    """Let an item allocate more than Ray grants on this machine."""
    import ray

    lines = Path("/proc/meminfo").read_text().splitlines()
    numbers = {line.split(":")[0]: int(line.split()[1]) / 2**20 for line in lines}
    used = numbers["MemTotal"] - numbers["MemAvailable"]
    ray.init(
        "local",
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _system_config={"memory_usage_threshold": (used + 2.0) / numbers["MemTotal"], "memory_monitor_refresh_ms": 100},
    )
    with RayExecutor(1) as executor:
        results = dict(executor.map_unordered(ray_work.allocate, (None,), [4.0]))
    print(results[0])


if __name__ == "__main__":
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(ray_work)
    {scenario.__name__: scenario for scenario in (local, hang, interrupt, nodes, joined, memory)}[sys.argv[1]]()
