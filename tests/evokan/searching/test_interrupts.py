"""Ctrl-C inside the block: once calls, twice raises; outside of the main thread nothing changes."""

from __future__ import annotations

import signal
import threading

import pytest

from evokan.searching.interrupts import finish_first


def test_once_it_calls_twice_it_raises():
    calls: list[str] = []
    with finish_first(lambda: calls.append("stop")):
        signal.raise_signal(signal.SIGINT)
        assert calls == ["stop"]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert calls == ["stop"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_handler_goes_with_the_block():
    with finish_first(lambda: None):
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_user_stays():
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with finish_first(lambda: seen.append(0)):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]


def test_another_thread_is_left_alone():
    handlers = []

    def work() -> None:
        with finish_first(lambda: None):
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


def test_sigterm_stops_once_like_ctrl_c_and_comes_back_afterwards():
    stops = []
    before = signal.getsignal(signal.SIGTERM)
    with finish_first(lambda: stops.append(1)):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert stops == [1]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before
