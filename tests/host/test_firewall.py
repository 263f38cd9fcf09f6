"""Reading the firewall: made-up files and answers of the kernel, then the real one."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.core.address import Interface, InterfaceKind
from homeport.core.firewall import FirewallHint, FrontEnd
from homeport.core.ruleset import Ruleset
from homeport.host import nftables
from homeport.host.firewall import firewall, hints, other_routing, route_localnet
from tests.host.lan import needs_namespaces

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the firewall of Linux")

LO = Interface(name="lo", kind=InterfaceKind.LOOPBACK, up=True, addresses=("127.0.0.1/8",))
ETH = Interface(name="eth0", kind=InterfaceKind.ETHERNET, up=True, addresses=())
WLAN = Interface(name="wlan0", kind=InterfaceKind.WIFI, up=True, addresses=())

# Recorded on Linux 6.18: `ip rule` of a fresh system, and one of its rules for multicast routing.
RULES = [
    bytes.fromhex(text)
    for text in (
        "02000000ff00000000000000 08000f00ff000000",
        "02000000fe00000000000000 08000600fe7f0000 08000f00fe000000",
        "80000000fd00000000000000 08000600ff7f0000 08000f00fd000000",
        "81000000fe00000000000000 08000600ff7f0000 08000f00fe000000",
        "0a000000fe00000000000000 08000600fe7f0000 08000f00fe000000",
    )
]


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_system_without_front_ends_gives_no_hints(tmp_path: Path) -> None:
    assert hints(tmp_path) == ()


def test_ufw_is_read_from_its_files(tmp_path: Path) -> None:
    write(tmp_path / "etc/ufw/ufw.conf", "ENABLED=yes\n")
    assert hints(tmp_path) == (FirewallHint(front_end=FrontEnd.UFW, on=True),)
    write(tmp_path / "etc/default/ufw", 'DEFAULT_INPUT_POLICY="DROP"\n')
    assert hints(tmp_path) == (FirewallHint(front_end=FrontEnd.UFW, on=True, denies=True),)


def test_firewalld_is_on_when_it_runs_and_nftables_when_it_is_enabled(tmp_path: Path) -> None:
    (tmp_path / "sys/fs/cgroup/system.slice/firewalld.service").mkdir(parents=True)
    wants = tmp_path / "etc/systemd/system/sysinit.target.wants"
    wants.mkdir(parents=True)
    (wants / "nftables.service").symlink_to("/nowhere/nftables.service")
    assert [hint.front_end for hint in hints(tmp_path)] == [FrontEnd.FIREWALLD, FrontEnd.NFTABLES]


def test_route_localnet_is_the_switch_of_one_or_of_all(tmp_path: Path) -> None:
    conf = tmp_path / "proc/sys/net/ipv4/conf"
    write(conf / "all/route_localnet", "0\n")
    write(conf / "eth0/route_localnet", "1\n")
    write(conf / "wlan0/route_localnet", "0\n")
    assert route_localnet((LO, ETH, WLAN), tmp_path) == ("eth0",)
    write(conf / "all/route_localnet", "1\n")
    assert route_localnet((LO, ETH, WLAN), tmp_path) == ("eth0", "wlan0")


def test_a_routing_rule_of_ones_own_is_noticed() -> None:
    own = bytes.fromhex("02000000fe00000000000000 0800060063000000")
    assert not other_routing(lambda *_: RULES)
    assert other_routing(lambda *_: [*RULES, own])
    assert other_routing(lambda *_: [b"\x02\x00"])


def refuse(code: int) -> Iterator[None]:
    raise OSError(code, os.strerror(code))


def test_what_may_not_be_read_is_not_taken_for_empty() -> None:
    assert nftables.ruleset(lambda *_: list(refuse(errno.EPERM))) == (None, nftables.NEEDS_ROOT)
    rules, why = nftables.ruleset(lambda *_: list(refuse(errno.EINVAL)))
    assert rules is None
    assert "Invalid argument" in why
    assert not other_routing(lambda *_: list(refuse(errno.EPERM)))


def test_chains_that_nothing_is_hooked_to_are_no_filter() -> None:
    jumped_to = bytes(4) + bytes.fromhex("0900030073756200000000")
    assert nftables.ruleset(lambda *_: [jumped_to]) == (Ruleset(), "")


def test_the_older_iptables_is_noticed_by_its_tables(tmp_path: Path) -> None:
    assert nftables.legacy(tmp_path) == ()
    write(tmp_path / "proc/net/ip_tables_names")
    assert nftables.legacy(tmp_path) == ()
    write(tmp_path / "proc/net/ip6_tables_names", "filter\n")
    assert nftables.legacy(tmp_path) == ("iptables (legacy)",)


def test_this_computer_is_read_without_an_error() -> None:
    found = firewall((LO, ETH))
    assert found.rules_readable or found.why_unreadable or found.uninterpreted


CHAIN = "table ip t {\nchain c {\ntype filter hook input priority 0\n}\n}"
LOOK = """
import os, sys
from homeport.host.firewall import firewall
def look():
    found = firewall(())
    chains = None if found.rules is None else [chain.name for chain in found.rules.chains]
    print(chains, found.why_unreadable, found.uninterpreted, sep="|", flush=True)
look()
os.environ["PATH"] = "/nowhere"
look()
os.setgroups([]); os.setgid(65534); os.setuid(65534)
look()
"""


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"hpf{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield name
    subprocess.run(["ip", "netns", "del", name], check=True)


def inside(name: str, *command: str) -> list[str]:
    done = subprocess.run(
        ["ip", "netns", "exec", name, *command],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.splitlines()


@needs_namespaces
def test_rules_are_read_by_root_and_said_to_be_unread_by_others(namespace: str) -> None:
    needs_root = f"None|{nftables.NEEDS_ROOT}|()"
    assert inside(namespace, sys.executable, "-c", LOOK) == ["[]||()", "[]||()", needs_root]
    inside(namespace, "nft", CHAIN)
    assert inside(namespace, sys.executable, "-c", LOOK) == ["['c']||()", "['c']||()", needs_root]


@needs_namespaces
def test_rules_that_cannot_be_shown_are_not_taken_for_none(
    namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside(namespace, "nft", CHAIN)
    broken = tmp_path / "nft"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    [first, *_] = inside(namespace, sys.executable, "-c", LOOK)
    assert first == "None|there are rules, and nft did not show them|()"


@needs_namespaces
def test_the_iptables_of_today_writes_rules_that_are_read(namespace: str) -> None:
    inside(namespace, "sh", "-c", "command -v iptables-nft >/dev/null || exit 0; "
           "iptables-nft -A INPUT -p tcp --dport 8000 -j DROP")  # fmt: skip
    [first, *_] = inside(namespace, sys.executable, "-c", LOOK)
    assert first in ("['INPUT']||()", "[]||()")
