import errno
import os
import socket
from pathlib import Path

import pytest

from homeport.core.port_rules import PortRules
from homeport.host.port_space import linux_rules, may_bind_low_ports, parse_ranges, try_bind
from tests.host.damaged import damaged_texts
from tests.host.own_network import own_network, run

STATUS = "Name:\tcat\nCapInh:\t0000000000000000\nCapEff:\t{mask}\nCapBnd:\t000001ffffffffff\n"


def test_the_rules_are_read(tmp_path: Path) -> None:
    settings = tmp_path / "sys/net/ipv4"
    settings.mkdir(parents=True)
    (settings / "ip_unprivileged_port_start").write_text("0\n")
    (settings / "ip_local_port_range").write_text("40000\t40009\n")
    (settings / "ip_local_reserved_ports").write_text("8080,9000-9010\n")
    (tmp_path / "self").mkdir()
    (tmp_path / "self/status").write_text(STATUS.format(mask="0000000000000400"))
    assert linux_rules(tmp_path) == PortRules(
        first_unprivileged=0,
        privileged=True,
        ephemeral=range(40000, 40010),
        reserved=(range(8080, 8081), range(9000, 9011)),
    )


@pytest.mark.parametrize("text", [None, "", "x\n", "1 2 3\n", "-1\n", "99999999999\n"])
def test_what_is_not_readable_is_as_the_kernel_has_it_at_first(
    tmp_path: Path, text: str | None
) -> None:
    settings = tmp_path / "sys/net/ipv4"
    settings.mkdir(parents=True)
    for name in ("ip_unprivileged_port_start", "ip_local_port_range", "ip_local_reserved_ports"):
        if text is not None:
            (settings / name).write_text(text)
    assert linux_rules(tmp_path) == PortRules(
        first_unprivileged=1024, privileged=False, ephemeral=range(32768, 61000)
    )


def test_the_capability_to_have_low_ports() -> None:
    assert may_bind_low_ports(STATUS.format(mask="000001ffffffffff"))
    assert not may_bind_low_ports(STATUS.format(mask="00000000a80421fb".replace("4", "0")))
    assert not may_bind_low_ports(STATUS.format(mask="xyz"))
    assert not may_bind_low_ports("")


def test_garbage_raises_nothing() -> None:
    for text in damaged_texts([STATUS.format(mask="0" * 16), "8080,9000-9010"], seed=7):
        parse_ranges(text), may_bind_low_ports(text)
    assert parse_ranges("") == parse_ranges("\n") == ()


def test_a_trial_bind_leaves_nothing_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert try_bind("127.0.0.1", port) == errno.EADDRINUSE
        assert try_bind("::1", port) is None
        assert try_bind("::1", port) is None
    assert try_bind("127.0.0.1", port) is None
    assert try_bind("198.51.100.7", port) == errno.EADDRNOTAVAIL
    with pytest.raises(ValueError):
        try_bind("localhost", port)


@own_network
def test_a_trial_bind_has_the_options_of_a_server() -> None:
    with socket.create_server(("0.0.0.0", 8000)):
        assert try_bind("::", 8000) is None
    server = socket.create_server(("127.0.0.1", 8001))
    client = socket.create_connection(("127.0.0.1", 8001))
    server.accept()[0].close()
    server.close()
    assert client.recv(1) == b""
    client.close()
    assert try_bind("127.0.0.1", 8001) is None  # in TIME_WAIT


@own_network
def test_the_rules_of_our_own_network() -> None:
    settings = Path("/proc/sys/net/ipv4")
    (settings / "ip_local_reserved_ports").write_text("8080,9000-9010")
    (settings / "ip_unprivileged_port_start").write_text("81")
    rules = linux_rules()
    assert rules.reserved == (range(8080, 8081), range(9000, 9011))
    assert rules.first_unprivileged == 81
    assert rules.privileged
    assert try_bind("127.0.0.1", 80) is None
    os.setresuid(65534, 65534, 65534)
    assert not linux_rules().privileged
    assert try_bind("127.0.0.1", 80) == errno.EACCES
    assert try_bind("127.0.0.1", 81) is None


@own_network
def test_ipv6_that_is_switched_off_is_told_by_its_number() -> None:
    run("sysctl -q -w net.ipv6.conf.lo.disable_ipv6=1")
    assert try_bind("::1", 8000) == errno.EADDRNOTAVAIL
