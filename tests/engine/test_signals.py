"""Signals as something to read."""

import os
import signal
from typing import Any

import pytest

from homeport.engine.signals import ENDING, SignalPipe


@pytest.mark.parametrize("number", sorted(ENDING))
def test_a_signal_that_comes_while_they_are_taken_over_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    real = signal.signal

    def slowly(taken: int, handler: Any) -> Any:
        before = real(taken, handler)
        if taken == number and handler is not before:
            os.kill(os.getpid(), taken)
        return before

    with monkeypatch.context() as patch:
        patch.setattr(signal, "signal", slowly)
        pipe = SignalPipe()
    with pipe:
        assert pipe.read() == {number}
