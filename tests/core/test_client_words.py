"""What programs hear that look for servers, and tests that start them."""

from homeport.core import client_words
from homeport.core.failure import Failure, FailureKind


def test_a_url_that_is_none_is_shown_with_where_it_is_written() -> None:
    error = client_words.not_a_url("x" * 900, "HOMEPORT_URL_SHOP")
    assert str(error).startswith("HOMEPORT_URL_SHOP is 'xxx")
    assert len(error.message) < 300
    assert error.facts["value"] == "x" * 900


def test_what_is_no_name_is_shown_with_its_type() -> None:
    assert "'None' (NoneType)" in client_words.not_a_name(None).message
    assert len(client_words.not_a_name(b"x" * 900).message) < 300


def test_a_server_that_cannot_be_reached_from_here_is_told_from_none() -> None:
    assert client_words.nowhere("shop").code == "no-address"
    error = client_words.not_proven("shop", "http://127.0.0.1:1", "no answer within 2 s")
    assert "not behind http://127.0.0.1:1 as this program sees it: no answer" in error.message


def test_an_app_that_fails_brings_its_whole_traceback() -> None:
    failure = Failure(
        kind=FailureKind.IMPORT, summary="It fails.", error="E: x", full="Trace\nE: x"
    )
    assert client_words.app_failed(failure).message == "It fails.\n\nTrace\nE: x\n"
    silent = Failure(kind=FailureKind.DIED, summary="It ended.")
    assert client_words.app_failed(silent).message == "It ended."
    assert client_words.died(silent).message.endswith("while it was in use. It ended.")
    wrong = Failure(kind=FailureKind.NOT_ASGI, summary="It is no app.", next_steps=("do",))
    assert (client_words.app_failed(wrong).exit_code, wrong.next_steps) == (2, ("do",))


def test_times_are_said() -> None:
    assert client_words.not_started(0.5).message == "The app was not ready within 0.5 s."
    assert "12 s after" in client_words.not_ended(12.0).message
    assert client_words.env_file_needs_a_name().code == "env-file-needs-a-name"
