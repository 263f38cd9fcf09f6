"""The whole matrix of research B1 with real sockets: what is predicted is what happens.

Two sockets on one port in every combination of address, option, owner and device: whether the
second may be opened, whether we would have said so before, and who then answers where.
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from homeport.core.address import Address
from homeport.core.facts import Listener, System
from homeport.core.overlap import Options, Socket, answer, coexistence, in_the_way

Spec: TypeAlias = "dict[str, Any]"

LAN4, LAN6 = "10.78.0.1", "fd78::1"
ADDRESSES: tuple[tuple[str, bool], ...] = (
    ("127.0.0.1", False),
    ("127.0.0.2", False),
    ("0.0.0.0", False),
    (LAN4, False),
    ("::1", True),
    ("::", True),
    ("::", False),
    (LAN6, True),
    ("::ffff:127.0.0.1", False),
)
ASKED = ("127.0.0.1", "127.0.0.2", LAN4, "::1", LAN6)
DEVICES = (None, "lo", "wlan8")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None,
    reason="needs root and iproute2 to make network namespaces",
)


def run(*command: str) -> str:
    return subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
        cwd=Path(__file__).parents[2],
    ).stdout


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """A network namespace of a computer with loopback and one LAN interface."""
    name = f"hpco{os.getpid()}"
    try:
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "link", "add", "wlan8", "type", "veth", "peer", "name", "other8")
        run("ip", "-n", name, "addr", "add", f"{LAN4}/24", "dev", "wlan8")
        run("ip", "-n", name, "addr", "add", f"{LAN6}/64", "dev", "wlan8", "nodad")
        for end in ("wlan8", "other8"):
            run("ip", "-n", name, "link", "set", end, "up")
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)


def spec(
    address: tuple[str, bool],
    options: str = "",
    *,
    nobody: bool = False,
    device: str | None = None,
) -> Spec:
    return {
        "ip": address[0],
        "v6only": address[1],
        "address_reuse": "A" in options,
        "port_reuse": "P" in options,
        "nobody": nobody,
        "device": device,
    }


def results(home: str, folder: Path, pairs: Iterable[tuple[Spec, Spec]]) -> list[Spec]:
    cases = folder / "cases.json"
    cases.write_text(json.dumps({"pairs": list(pairs), "ips": ASKED}))
    child = ("-m", "tests.host.coexistence_children", str(cases))
    found: list[Spec] = json.loads(run("ip", "netns", "exec", home, sys.executable, *child))
    return found


def as_socket(made: Spec) -> Socket:
    return Socket(
        address=Address(ip=made["ip"], port=1),
        v6only=made["v6only"],
        options=Options(reuse_address=made["address_reuse"], reuse_port=made["port_reuse"]),
        user="nobody" if made["nobody"] else "root",
        device=made["device"],
    )


def as_listener(row: Spec) -> Listener:
    return Listener(**row | {"address": Address.parse(row["address"])})


def surprises(result: Spec) -> list[str]:
    """Where what happened is not what was predicted."""
    first, second = result["first"], result["second"]
    where = f"{first} then {second}"
    predicted = coexistence(System.LINUX, as_socket(first), as_socket(second))
    found = []
    if predicted.value != result["result"]:
        found.append(f"{where}: {predicted.value} was predicted, {result['result']} happened")
    if is_like_ours(second):
        before = [as_listener(row) for row in result["before"]]
        blocked = in_the_way(second["ip"], before, System.LINUX) != ()
        if blocked is (result["result"] == "allowed"):
            found.append(f"{where}: in_the_way {blocked}, {result['result']} happened")
    after = [as_listener(row) for row in result.get("after", ())]
    for ip, winners in result["answers"].items():
        by = "wlan8" if ip in (LAN4, LAN6) else None
        said = answer(ip, after, System.LINUX, by)
        inodes = sorted(each.inode or 0 for each in said.winners)
        if not said.certain or inodes != winners:
            found.append(f"{where}: {ip} answered by {winners}, predicted {said}, {after}")
    return found


def is_like_ours(second: Spec) -> bool:
    """The kind of socket that `in_the_way` speaks of."""
    single = ":" not in second["ip"] or (second["v6only"] and "ffff" not in second["ip"])
    return bool(single and not second["port_reuse"] and not second["device"])


def test_two_sockets_on_one_port_do_what_the_rules_say(home: str, tmp_path: Path) -> None:
    pairs = [
        (spec(one, first), spec(other, second, nobody=nobody))
        for one, other in itertools.product(ADDRESSES, repeat=2)
        for first, second in itertools.product(("", "A", "P"), repeat=2)
        for nobody in (False, True)
    ]
    found = results(home, tmp_path, pairs)
    assert [line for result in found for line in surprises(result)] == []
    assert len(found) == 81 * 18
    assert {each["result"] for each in found} == {"allowed", "in-use"}


def test_sockets_bound_to_a_device_do_what_the_rules_say(home: str, tmp_path: Path) -> None:
    places = list(itertools.product(ADDRESSES, DEVICES))
    pairs = [
        (spec(one, options, device=here), spec(other, options, device=there))
        for (one, here), (other, there) in itertools.product(places, repeat=2)
        for options in ("", "P")
        if here or there
    ]
    found = results(home, tmp_path, pairs)
    real = [each for each in found if each["result"] not in ("no-first", "no-address")]
    assert [line for result in real for line in surprises(result)] == []
    assert len(real) > len(found) / 2
    assert any(len(set(map(str, each["answers"].values()))) > 2 for each in real)
