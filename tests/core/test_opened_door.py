"""What a worker is told of a door survives the way through JSON."""

import base64
import json
from dataclasses import replace

import pytest

from homeport.core.certificates import Leaf
from homeport.core.door import DoorKind, Policy
from homeport.core.opened_door import OpenedDoor
from tests.core.certificate_values import a_ca

PLAIN = OpenedDoor(
    number=3, policy=Policy(kind=DoorKind.LOOPBACK, ip="::1", port=8000, name="shop"), instance="i1"
)
OURS = Leaf(
    chain_pem="chain", key_pem="key", until=1.0, fingerprint="f", names=(), ips=(), ca=a_ca()
)
GIVEN = replace(OURS, ca=None)


@pytest.mark.parametrize("door", [PLAIN, PLAIN.with_leaf(OURS), PLAIN.with_leaf(GIVEN)])
def test_it_comes_back_as_it_was(door: OpenedDoor) -> None:
    assert OpenedDoor.from_json(json.loads(json.dumps(door.to_json()))) == door


def test_with_a_certificate_of_ours_it_knows_what_a_device_has_to_trust() -> None:
    door = PLAIN.with_leaf(OURS)
    assert door.certificate == ("chain", "key")
    assert base64.b64decode(door.authority or "") == a_ca().der
    assert PLAIN.with_leaf(GIVEN).authority is None
