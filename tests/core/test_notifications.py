"""What a service manager is told, piece by piece."""

import pytest

from homeport.core.events import Announce, News
from homeport.core.failure import Failure, FailureKind
from homeport.core.notifications import LONGEST_STATUS, no_reload, notification

URLS = ("http://localhost:8000", "http://127.0.0.1:8000")
BROKEN = Failure(kind=FailureKind.STARTUP, summary="s", error="no\nmodule \x1b[31mx")


def said(news: News, *, ready: bool, **more: object) -> tuple[list[str], bool]:
    announce = Announce(news=news, **more)  # type: ignore[arg-type]
    told = notification(announce, URLS, 42, 7_000_000, ready=ready)
    return told.text.split("\n"), told.ready


@pytest.mark.parametrize("news", [News.READY, News.RELOADED])
def test_ready_says_where_and_who(news: News) -> None:
    lines = ["READY=1", "MAINPID=42", "STATUS=serving http://localhost:8000"]
    assert said(news, ready=False) == (lines, True)


def test_a_reload_is_one_only_after_ready() -> None:
    status = "STATUS=loading again: a.py, b.py, c.py"
    reasons = ("a.py", "b.py", "c.py", "d.py")
    now = "MONOTONIC_USEC=7000000"
    assert said(News.RELOADING, ready=True, reasons=reasons) == (["RELOADING=1", now, status], True)
    assert said(News.RELOADING, ready=False, reasons=reasons) == ([status], False)


def test_a_reload_that_failed_ends_too() -> None:
    lines, ready = said(News.FAILED, ready=True, failure=BROKEN, still_serving=True)
    assert lines[0] == "READY=1" and ready
    assert lines[1:] == [
        "STATUS=the app does not start (no module x); still serving http://localhost:8000, "
        "the version before"
    ]


def test_an_app_that_has_never_started_is_not_ready() -> None:
    lines, ready = said(News.FAILED, ready=False, failure=BROKEN)
    assert lines == ["STATUS=the app does not start (no module x); waiting"] and not ready


def test_a_crash_and_the_end() -> None:
    assert said(News.CRASHED, ready=True, failure=BROKEN) == (
        ["STATUS=the app has ended (no module x)"],
        True,
    )
    assert said(News.STOPPING, ready=True, reasons=("SIGTERM",)) == (
        ["STOPPING=1", "STATUS=stopping: SIGTERM"],
        True,
    )
    assert said(News.STOPPED, ready=True) == ([""], True)


def test_a_status_is_one_short_line() -> None:
    long = Failure(kind=FailureKind.STARTUP, summary="s", error="x" * 5000)
    (status,), _ = said(News.CRASHED, ready=False, failure=long)
    assert len(status) == len("STATUS=") + LONGEST_STATUS


def test_a_reload_that_cannot_be_is_begun_and_ended() -> None:
    begun, ended = no_reload(5)
    assert begun == "RELOADING=1\nMONOTONIC_USEC=5"
    assert ended.startswith("READY=1\nSTATUS=not loaded again")
