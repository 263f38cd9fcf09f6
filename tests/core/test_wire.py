import json

import pytest

from homeport.core.failure import Failure, FailureKind, Frame
from homeport.core.wire import (
    Adopt,
    Drained,
    Failed,
    Fork,
    Forked,
    Handed,
    Imported,
    Job,
    Loaded,
    Message,
    Ready,
    Released,
    Retire,
    Start,
    Taken,
    Used,
    Warm,
    Warmed,
    decode,
    encode,
)
from homeport.core.wire_doors import Serve

JOB = Job(
    module="main",
    attribute=None,
    factory=False,
    sys_path=("/srv/größe",),
    project="/srv",
    env_file=None,
    root_path="",
    trusted_proxies=(),
    access_log=True,
    log_level="info",
    colour=False,
    json=False,
)
FAILURE = Failure(
    kind=FailureKind.IMPORT,
    summary="No.\nReally.",
    frames=(Frame(file="a.py", line=1, function="f", source="x", own=True),),
)


@pytest.mark.parametrize(
    "message",
    [
        JOB,
        Serve(descriptors=2),
        Retire(grace=0.3, timeout=5.0),
        Ready(docs="/docs"),
        Imported(),
        Start(),
        Used(files={"/srv/main.py": [1_700_000_000_000_000_000, 12, 2**64 - 1]}),
        Used(files={}, sought=("/srv/x", "/srv/y"), listed=("/srv/plugins",)),
        Ready(),
        Failed(failure={"kind": "died"}),
        Drained(cut_requests=1),
        Retire(grace=0.3, timeout=5.0, hand_over=True),
        Released(),
        Handed(descriptors=64, listener=1, used=True),
        Adopt(descriptors=64, listener=1, used=False),
        Taken(),
        Loaded(modules=("json", "numpy"), project=("main",), obstacle="gevent"),
        Warm(modules=("json",), refused=("numpy",), env_file="/srv/.env"),
        Warmed(files={"/x.py": [1, 2, 3]}, left_out={"x": "a thread"}, clean=False),
        Fork(),
        Forked(pid=7),
    ],
)
def test_a_message_survives_the_way_there(message: Message) -> None:
    assert decode(encode(message)) == message


def test_a_failure_inside_a_message_can_be_read_back() -> None:
    arrived = decode(encode(Failed(failure=FAILURE.to_json())))
    assert isinstance(arrived, Failed)
    assert Failure.from_json(arrived.failure) == FAILURE


def test_a_message_is_one_line_whatever_it_says() -> None:
    line = encode(Failed(failure=FAILURE.to_json()))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


@pytest.mark.parametrize(
    "message",
    [
        JOB.replaced(project="/srv/caf\udce9"),
        Used(files={"/srv/caf\udce9.py": [1, 2]}),
        Failed(failure={"error": "ValueError: \ud800"}),
    ],
)
def test_a_text_that_is_not_unicode_survives_too(message: Message) -> None:
    assert decode(encode(message)) == message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff",
        b"{",
        b"[]",
        b"1",
        b"null",
        b"{}",
        b'{"type": "Hello"}',
        b'{"descriptors": 1}',
        b'{"type": null}',
    ],
)
def test_a_line_that_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode(line)


@pytest.mark.parametrize(
    "data",
    [
        {"type": []},
        {"type": "Serve"},
        {"type": "Serve", "descriptors": 1, "colour": "red"},
    ],
)
def test_a_message_with_the_wrong_fields_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        decode(json.dumps(data).encode())
