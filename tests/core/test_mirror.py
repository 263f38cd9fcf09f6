import json

from homeport.core.mirror import Mirror, TokenState
from homeport.core.secret_hash import hashed

MIRROR = Mirror(
    passes=((hashed("one"), "d1"), (hashed("two"), "d2")),
    expired=(hashed("old"),),
    waits=(("192.168.1.9", 50.0),),
)


def test_a_token_is_valid_dead_or_wrong() -> None:
    assert MIRROR.look("one") == (TokenState.VALID, "d1")
    assert MIRROR.look("two") == (TokenState.VALID, "d2")
    assert MIRROR.look("old") == (TokenState.EXPIRED, None)
    assert MIRROR.look("") == (TokenState.WRONG, None)
    assert MIRROR.look(hashed("one")) == (TokenState.WRONG, None), "a stolen hash opens nothing"


def test_a_peer_waits_as_long_as_was_said() -> None:
    assert MIRROR.wait("192.168.1.9", 40.0) == 10
    assert MIRROR.wait("192.168.1.9", 60.0) == 0
    assert MIRROR.wait("192.168.1.8", 40.0) == 0


def test_it_survives_the_way_to_a_worker() -> None:
    assert Mirror.from_json(json.loads(json.dumps(MIRROR.to_json()))) == MIRROR
    blocked = Mirror(all_blocked=True)
    assert Mirror.from_json(json.loads(json.dumps(blocked.to_json()))) == blocked
