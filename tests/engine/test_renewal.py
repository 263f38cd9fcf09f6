"""The chore that renews certificates, with clocks and doors of our own."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.core.certificate_names import Names
from homeport.core.certificates import Leaf
from homeport.engine.certificates.leaf import issue
from homeport.engine.certificates.renewal import Clock, Renewal
from homeport.engine.certificates.serving import certificate_for
from homeport.engine.doors import Doors
from homeport.engine.front import Entrance, Front

DAY = 86400.0


class World:
    """Clocks that go as far as they are put, and a door that nobody has."""

    def __init__(self, front: Front) -> None:
        self.wall = time.time()
        self.steady = 0.0
        self.said: list[str] = []
        self.given: list[tuple[int, Leaf]] = []
        leaf, _ = certificate_for(front, self.wall)
        clock = Clock(wall=lambda: self.wall, steady=lambda: self.steady)
        front = replace(front, leaf=leaf)
        self.renewal = Renewal(front, self._doors(), self.said.append, clock)
        self.first = leaf

    def _doors(self) -> Doors:
        world = self

        class Open(Doors):
            def certify(self, number: int, leaf: Leaf) -> None:
                world.given.append((number, leaf))

        return Open(())

    def later(self, seconds: float) -> None:
        """Both clocks go on, and the chore is asked whenever it wants to be."""
        until = self.steady + seconds
        while self.renewal.due <= until:
            self.wall += self.renewal.due - self.steady
            self.steady = self.renewal.due
            self.renewal.take(self.steady)
        self.wall += until - self.steady
        self.steady = until
        self.renewal.take(self.steady)


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Front:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    tmp_path.chmod(0o700)
    return Front(
        ips=("127.0.0.1", "::1"),
        port=8000,
        name="shop",
        instance="i",
        entrance=Entrance(tls=True),
    )


def test_after_two_thirds_every_door_gets_a_new_one(front: Front) -> None:
    world = World(front)
    world.later(9 * DAY)
    assert world.given == []
    world.later(DAY)
    assert [number for number, _ in world.given] == [0, 1]
    leaf = world.given[0][1]
    assert leaf.fingerprint != world.first.fingerprint
    assert (leaf.names, leaf.ips) == (world.first.names, world.first.ips)
    world.later(10 * DAY)
    assert len(world.given) == 4, "and so on"


def test_a_computer_that_slept_renews_within_the_hour(front: Front) -> None:
    world = World(front)
    world.wall += 12 * DAY
    world.later(3600)
    assert len(world.given) == 2


def test_a_failure_is_told_once_and_tried_again(front: Front, tmp_path: Path) -> None:
    world = World(front)
    key = tmp_path / "homeport" / "homeport-ca.pem"
    key.chmod(0o644)
    world.later(10 * DAY)
    assert world.given == []
    (said,) = (each for each in world.said if "could not be renewed" in each)
    assert "chmod 600" in said or "644" in said
    key.chmod(0o600)
    world.later(3600)
    assert len(world.given) == 2


def test_given_files_are_read_again_and_used_when_they_are_new(
    front: Front, tmp_path: Path
) -> None:
    def write(now: float) -> None:
        leaf = issue(tmp_path / "other", Names(("localhost",)), now)
        cert.write_text(leaf.chain_pem)
        key.touch(0o600)
        key.write_text(leaf.key_pem)

    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write(time.time())
    entrance = Entrance(certificate_files=(str(cert), str(key)))
    world = World(replace(front, entrance=entrance))
    world.later(11 * DAY)
    assert world.given == [], "they are the same"
    write(world.wall)
    world.later(3600)
    assert len(world.given) == 2
    assert not os.path.exists(tmp_path / "homeport"), "no CA of ours is made for it"


def test_given_files_that_ended_are_told(front: Front, tmp_path: Path) -> None:
    leaf = issue(tmp_path / "other", Names(("localhost",)), time.time())
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_text(leaf.chain_pem)
    key.touch(0o600)
    key.write_text(leaf.key_pem)
    entrance = Entrance(certificate_files=(str(cert), str(key)))
    world = World(replace(front, entrance=entrance))
    world.later(15 * DAY)
    assert [each for each in world.said if "expired" in each]
    assert len(world.said) == 1, "once"


def test_without_tls_there_is_nothing_to_renew(front: Front) -> None:
    doors: Any = None
    with pytest.raises(AssertionError):
        Renewal(front, doors, print)
