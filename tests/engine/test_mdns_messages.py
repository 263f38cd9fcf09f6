import pytest

from homeport.engine.mdns_messages import (
    Announce,
    Claimed,
    Conflict,
    Failed,
    Message,
    Withdraw,
    decode,
    encode,
)


@pytest.mark.parametrize(
    "message",
    [
        Announce(label="shop", ip="10.0.0.1", port=80, tls=True, instance="é", recheck=1.5),
        Withdraw(),
        Claimed(name="shop-2.local", asked="shop.local"),
        Conflict(name="shop.local", ip="10.0.0.2", kept=True),
        Failed(reason="taken", detail="line\nbreak"),
    ],
)
def test_what_is_encoded_is_decoded_again_from_one_line(message: Message) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b"1", b'{"type": "Job"}', b'{"type": "Claimed"}', b"\xff", b"{"]
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a message"):
        decode(line)
