"""A second process that works beside a search, and ends with it."""

from __future__ import annotations

import math
import operator
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import evokan
from evokan.datasets import registry as datasets
from evokan.explain.laws import library as functions
from evokan.explain.laws.library import library
from evokan.searching import second
from evokan.searching.clock import Clock
from evokan.searching.second import ALONE, SecondProcess, second_for
from evokan.settings.job import prepare, resolve
from evokan.spaces import registry as spaces
from evokan.training import lbfgs

OWNER = """
import sys, time
from evokan.searching import second
second.AHEAD = ()
one = second.SecondProcess()
print(one._process.pid, one.ask(abs, -1).result(), flush=True)
for line in sys.stdin:
    if line == "end\\n":
        break
"""


REGISTERED = ((spaces, "_registered"), (datasets, "_added"), (functions, "_library"))


def nothing_registered(monkeypatch):
    """Forget what other tests have registered."""
    built_in = {function.name: function for function in functions._BUILT_IN}
    for module, name in REGISTERED:
        monkeypatch.setattr(module, name, built_in if module is functions else {})


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Import nothing ahead: what is asked for is imported then."""
    start = second._START.replace("serve()", "from evokan.searching import second; second.AHEAD = (); serve()")
    monkeypatch.setattr(second, "_START", start)
    monkeypatch.setattr(second, "available_processors", lambda: 2)
    nothing_registered(monkeypatch)


def gone(pid: int) -> bool:
    """Return whether a process ends within a minute."""
    for _ in range(600):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split(") ")[-1][0] == "Z":
            return True
        time.sleep(0.1)
    return False


def warn(text: str) -> str:
    warnings.warn(text, UserWarning, stacklevel=1)
    print("this is no answer", flush=True)
    return text


def process_id() -> int:
    return os.getpid()


def unsendable() -> object:
    return lambda: None


def die_elsewhere(here: int) -> str:
    if os.getpid() != here:
        os._exit(1)
    return "here"


def fail_elsewhere(here: int) -> str:
    if os.getpid() != here:
        raise ValueError
    return "here"


def test_answers_come_in_any_order_of_asking():
    with SecondProcess() as one:
        asked = [one.ask(math.hypot, side, 4 * side / 3) for side in range(1, 9)]
        last, *others = [each.result() for each in reversed(asked)]
        assert [last, *others][::-1] == [math.hypot(side, 4 * side / 3) for side in range(1, 9)]
        assert asked[3].result() == asked[3].result()
        assert one.there
        assert one.ask(process_id).result() not in (os.getpid(), 0)
        large = np.arange(300_000.0)
        np.testing.assert_array_equal(one.ask(operator.neg, large).result(), -large)
    assert not one.there


def test_nobody_is_asked_here_and_late():
    called: list[int] = []
    asked = ALONE.ask(called.append, 1)
    assert not ALONE.there
    assert called == []
    asked.result()
    assert called == [1]


def test_what_is_warned_of_there_is_warned_of_here_once():
    with SecondProcess() as one, pytest.warns(UserWarning, match="odd") as caught:
        assert one.ask(warn, "odd").result() == "odd"
    assert Path(caught[0].filename) == Path(__file__)
    with SecondProcess() as one, pytest.raises(UserWarning):  # as an error, by the settings of the tests
        one.ask(warn, "odd").result()


@pytest.mark.parametrize("function", [die_elsewhere, fail_elsewhere])
def test_what_is_not_done_there_is_done_here(function):
    with SecondProcess() as one:
        asked = one.ask(function, os.getpid())
        after = one.ask(math.sqrt, 4.0)
        assert asked.result() == "here"
        assert one.there == (function is fail_elsewhere)
        assert after.result() == 2.0
        assert one.ask(math.sqrt, 9.0).result() == 3.0


def test_errors_are_those_of_this_process():
    with SecondProcess() as one, pytest.raises(ZeroDivisionError):
        one.ask(operator.truediv, 1, 0).result()


def test_what_cannot_travel_is_done_here():
    with SecondProcess() as one:
        assert one.ask(lambda: 5).result() == 5
        assert not one.there
    with SecondProcess() as one:
        assert callable(one.ask(unsendable).result())
        assert one.there
        assert one.ask(abs, -2).result() == 2


def test_a_process_that_cannot_begin_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with SecondProcess() as one:
        assert not one.there
        assert one.ask(process_id).result() == os.getpid()


def test_a_process_that_ends_at_once_is_made_up_for(monkeypatch):
    monkeypatch.setattr(second, "_START", "raise SystemExit(1)")
    with SecondProcess() as one:
        assert [one.ask(abs, -number).result() for number in range(3)] == [0, 1, 2]
        assert not one.there


def test_it_ends_with_its_context_whatever_it_does():
    began = time.perf_counter()
    with SecondProcess() as one:
        pid = one._process.pid
        one.ask(time.sleep, 600)
    assert gone(pid)
    assert time.perf_counter() - began < 120


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None], ids=str)
def test_it_ends_with_the_process_that_began_it(how):
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        pid, answer = map(int, owner.stdout.readline().split())
        assert answer == 1
        if how is None:
            owner.stdin.write("end\n")
            owner.stdin.flush()
        else:
            owner.send_signal(how)
        owner.wait(60)
        assert gone(pid)


def test_functions_of_the_library_travel_by_their_names():
    with SecondProcess() as one:
        assert one.ask(library, ["sin(x)", "x^2"]).result() == library(["sin(x)", "x^2"])


def job(**settings):
    return prepare(resolve({"space": "gakan", "dataset": "iris", "folds": 2} | settings, None))


def helped(one, clock=None, *, wanted=True) -> bool:
    with second_for(one, clock or Clock(), wanted=wanted) as helper:
        return helper.there


def test_who_is_helped(monkeypatch):
    one = job()
    assert helped(one)
    assert not helped(one, wanted=False)
    assert not helped(one, Clock(60.0))
    assert not helped(job(space="fkan", dataset="lane-emden-0", folds=1))
    for name, value in (("MOST_ROWS", 100), ("MOST_VALUES", 100), ("available_processors", lambda: 1)):
        with monkeypatch.context() as patch:
            patch.setattr(second, name, value)
            assert not helped(one), name
        assert helped(one)
    monkeypatch.setattr(lbfgs.jit, "folder", None)
    assert not helped(one)


def test_what_this_process_alone_knows_is_done_in_it(monkeypatch):
    one = job()
    assert helped(one)

    class Own(type(one.space)):
        name = "own"

    def family():
        evokan.register_space(Own)

    def function():
        functions.register_function("sinc(x)", np.sinc, lambda x: x)

    def table():
        info = datasets.DatasetInfo("own", "regression", 3, 1, "ours", "ours")
        datasets.register_dataset(info, lambda seed: one.problem.table)

    for register in (family, function, table):
        with monkeypatch.context() as patch:
            for module, name in REGISTERED:
                patch.setattr(module, name, dict(getattr(module, name)))
            register()
            assert not helped(one), register
        assert helped(one)
