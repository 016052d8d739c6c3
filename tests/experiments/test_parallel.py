"""Pieces on several processes: all of them, and in their order where that is promised."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments import parallel
from experiments.parallel import as_done, guarded, in_order


def test_every_task_is_done_once_and_the_order_is_kept_where_promised() -> None:
    tasks = [-3, 2, -1, 2]
    assert list(in_order(abs, tasks, 2)) == [3, 2, 1, 2]
    assert sorted(as_done(abs, tasks, 2)) == [1, 2, 2, 3]


def test_processes_end_with_the_one_that_made_them(tmp_path) -> None:
    """A study that is killed leaves nobody behind who waits for work."""
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from experiments.parallel import as_done\nfrom test_parallel import sleeping\n"
        "if __name__ == '__main__':\n    next(as_done(sleeping, [Path(sys.argv[1])], 1))\n"
    )
    (tmp_path / "study.py").write_text(script)
    note = tmp_path / "pid"
    places = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "study.py"), str(note)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
    ) as process:
        while not (note.exists() and note.read_text()):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    worker = int(note.read_text())
    for _ in range(3000):
        if not _runs(worker):
            break
        time.sleep(0.01)
    assert not _runs(worker)


def test_what_takes_too_long_or_loses_its_process_does_not_stop_the_others(monkeypatch) -> None:
    monkeypatch.setattr(parallel, "PATIENCE", 200.0)  # a busy machine decides nothing
    tasks = ["1", "for ever", "2", "killed", "3"]
    found = list(guarded(working, tasks, 2, 1.0, reasoned))
    assert [text for text, _, _ in found] == tasks
    assert [reason for _, reason, _ in found] == [
        "",
        "not finished in 1 s of one core",
        "",
        "its process was ended by signal 9",
        "",
    ]
    # It has been at work all the time, and on nothing else.
    assert 0.5 < found[1][2] < 3.0
    assert found[3][2] < 0.5
    assert {text for text, _, _ in guarded(working, ["1", "2"], 2, 60.0, reasoned, as_done=True)} == {"1", "2"}
    assert list(guarded(working, [], 2, 1.0, reasoned)) == []


def test_what_hangs_is_given_up_by_the_clock(monkeypatch) -> None:
    monkeypatch.setattr(parallel, "PATIENCE", 0.1)
    ((_, reason, seconds),) = guarded(working, ["asleep"], 1, 60.0, reasoned)
    assert reason == "not finished in 6 s by the clock"
    assert seconds < 5.0


def test_a_fault_of_ours_is_none_of_the_tasks() -> None:
    with pytest.raises(ZeroDivisionError):
        list(guarded(broken, ["1", "2"], 1, 60.0, reasoned))


def working(text: str) -> tuple[str, str, float]:
    while text == "for ever":  # and no signal is heard
        sorted(range(1000))
    if text == "asleep":
        time.sleep(600)
    if text == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return text, "", 0.0


def reasoned(text: str, reason: str, seconds: float) -> tuple[str, str, float]:
    return text, reason, seconds


def broken(text: str) -> tuple[str, str, float]:
    raise ZeroDivisionError(text)


def test_who_stops_listening_waits_for_nothing(tmp_path) -> None:
    tasks = [tmp_path / "quick", tmp_path / "slow", tmp_path / "never"]
    results = as_done(slow_but_the_first, tasks, 2)
    assert next(results) == "quick"
    while not (tmp_path / "slow").exists():
        time.sleep(0.01)
    began = time.monotonic()
    results.close()
    assert time.monotonic() - began < 60
    assert not _runs(int((tmp_path / "slow").read_text()))


def slow_but_the_first(note: Path) -> str:
    if note.name != "quick":
        sleeping(note)
    return note.name


def sleeping(note: Path) -> None:
    note.write_text(str(os.getpid()))
    time.sleep(600)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # Where nobody collects it, it is there as a name alone.
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
