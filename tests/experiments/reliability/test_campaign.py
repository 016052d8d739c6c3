"""The campaign notices what goes wrong, goes on where it stopped, and tells it all on its page."""

from __future__ import annotations

import os
import random
import signal
import time
import warnings

import pytest

from evokan.errors import InputError
from experiments.harness import Context
from experiments.reliability import campaign
from experiments.reliability.bad_inputs import _half_made
from experiments.reliability.called import Answer, command, faults, function, state
from experiments.reliability.damage import damage
from experiments.reliability.kills import _faults
from experiments.reliability.processes import Ended, Started
from experiments.reliability.trial import Trial, Verdict

# ---------------------------------------------------------------- what is noticed


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(1, "", "Traceback (most recent call last)"), "fault of ours"),
        (Answer(2, "", "evokan: internal error, please report it: x"), "fault of ours"),
        (Answer(1, "", "hang"), "hang"),
        (Answer(3, "", "evokan: interrupted"), "status 3"),
        (Answer(0, "", "x.py:3: RuntimeWarning: overflow"), "warning"),
        (Answer(2, "what", ""), "no reason"),
        (Answer(0, "a\x1b[31mb", ""), "control characters"),
        (Answer(2, "", "evokan: " + "x" * 2000), "long line"),
    ],
)
def test_a_wrong_answer_is_noticed(answer, kind):
    (found,) = faults(answer)
    assert found.startswith(kind)


def test_right_answers_pass():
    assert faults(Answer(0, "good\n", "")) == faults(Answer(2, "", "evokan: no such file\n")) == []


def test_calls_are_caught(tmp_path):
    def refuse():
        raise InputError("no, thank you")

    def spin():
        while True:
            time.sleep(0.01)

    assert function(refuse, tmp_path) == Answer(2, "", "no, thank you\n")
    assert faults(function(spin, tmp_path, seconds=1)) == ["hang: no answer in time"]
    assert "ZeroDivisionError" in faults(function(lambda: 1 / 0, tmp_path))[0]
    (found,) = faults(function(lambda: warnings.warn("odd", RuntimeWarning, stacklevel=1), tmp_path))
    assert found.startswith("warning: ")
    assert command(["show", "nowhere"], tmp_path).status == 2


def test_what_is_left_behind_or_half_made_is_noticed(tmp_path):
    (tmp_path / "file").write_text("before")
    before = state(tmp_path)
    assert _half_made(before, tmp_path, Answer(2, "", "")) == []
    (tmp_path / "file").write_text("after")
    assert _half_made(before, tmp_path, Answer(0, "", "")) == ["changed: file"]
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "config.json").write_text("{}")
    assert _half_made(before, tmp_path, Answer(0, "", ""))[1:] == ["half made: new/config.json"]
    assert _half_made(before, tmp_path, Answer(2, "", ""))[1:] == ["left behind: new, new/config.json"]
    (tmp_path / "file").unlink()
    assert "changed: file" in _half_made(before, tmp_path, Answer(2, "", ""))


@pytest.mark.parametrize(
    ("ended", "wrong"),
    [
        (Ended(-signal.SIGKILL, "", signal.SIGKILL), False),
        (Ended(3, "evokan: interrupted", signal.SIGINT), False),
        (Ended(0, ""), False),
        (Ended(3, "", None), True),
        (Ended(1, "", signal.SIGTERM), True),
        (Ended(3, "Traceback (most recent call last)", signal.SIGINT), True),
        (Ended(-signal.SIGKILL, "hang", signal.SIGTERM), True),
    ],
)
def test_a_wrong_end_is_noticed(ended, wrong):
    assert bool(_faults(ended)) == wrong


def test_every_damage_changes_the_run_and_nothing_else(home, tmp_path):
    import shutil

    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file.txt").write_text("precious")
    before, changed = state(outside), 0
    intact = state(home / "runs" / "hkan")
    for number in range(60):
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        shutil.copytree(home / "runs" / "hkan", tmp_path / "run")
        told, files = damage(tmp_path / "run", outside, random.Random(number))
        now = {name: (mode, content) for name, (mode, _, content) in state(tmp_path / "run").items()}
        was = {name: (mode, content) for name, (mode, _, content) in intact.items()}
        others = {name for name in was.keys() | now.keys() if was.get(name) != now.get(name)}
        assert all(name == files[0] or name.startswith(f"{files[0]}/") for name in others), told
        changed += bool(others)
    assert changed > 50  # some values are what was there before
    assert state(outside) == before


# ---------------------------------------------------------------- processes


def test_a_process_can_be_waited_for_and_killed():
    process = Started(["spaces", "--quiet"], fork=False)
    ended = process.finish()
    assert (ended.status, ended.sent) == (0, None)
    assert "gakan" in ended.said.split()
    process = Started(["spaces"], fork=False)
    assert not process.wait(0.0)
    ended = process.finish(signal.SIGKILL)
    assert (ended.status, ended.sent) == (-signal.SIGKILL, signal.SIGKILL)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.number, 0)


# ---------------------------------------------------------------- the whole


def test_it_goes_on_where_it_stopped_and_tries_failures_again(tmp_path, monkeypatch):
    seen = []

    def trial(one: Trial, home):
        seen.append(one.number)
        return Verdict("subject", f"draw {one.number}", "refused", ["odd: a | b"] if bad and one.number == 1 else [])

    part = campaign.Part(3, 2, lambda home: None, trial)
    monkeypatch.setattr(campaign, "PARTS", {"kills": part})
    monkeypatch.setattr(campaign, "as_done", lambda work, tasks, workers: map(work, tasks))
    bad = True
    table, page = campaign.run(Context(tmp_path, silent=True))
    assert seen == [0, 1, 2]
    assert table.read_text().count("\n") == 4
    assert "| kills | 3 | 3 | 1 |" in page.read_text()
    assert "odd: a" in page.read_text()
    bad = False
    campaign.run(Context(tmp_path, silent=True))
    assert seen == [0, 1, 2, 1]
    assert "| kills | 3 | 3 | 0 |" in page.read_text()
    campaign.run(Context(tmp_path, quick=True, silent=True))
    assert seen == [0, 1, 2, 1, 0, 1]
