import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from homeport.host import windows
from homeport.host.windows import excluded_ports, parse_excluded_ports, parse_netstat
from tests.host.garbage import garbage

RECORDED = Path(__file__).parent / "recorded"
FILES = sorted(RECORDED.glob("windows_*.txt"))


def recorded(name: str) -> str:
    return (RECORDED / name).read_text("utf-8")


def test_the_ports_that_windows_keeps_are_ranges() -> None:
    assert parse_excluded_ports(recorded("windows_excluded.txt")) == (
        range(80, 81),
        range(5986, 5987),
        range(47001, 47002),
        range(56638, 56738),
    )


def test_headings_in_another_language_do_not_matter() -> None:
    text = recorded("windows_excluded_es.txt")
    assert parse_excluded_ports(text) == (range(1025, 1125), range(8884, 8885))


def test_what_an_administrator_reserved_can_be_had_by_number() -> None:
    assert parse_excluded_ports("  50000   50059   *\r\n  50060   50061   \r\n") == (
        range(50060, 50062),
    )


@pytest.mark.parametrize("line", ["0 80", "81 80", "80 65536", "80", "80 80 80", "a b", "٣ ٤"])
def test_a_line_that_is_no_range_is_left_out(line: str) -> None:
    assert parse_excluded_ports(line) == ()


def test_a_listening_socket_is_one_without_another_end() -> None:
    rows = parse_netstat(recorded("windows_netstat.txt"))
    assert [(str(row.address), row.pid) for row in rows] == [
        ("0.0.0.0:135", 1096),
        ("127.0.0.1:8000", 7420),
        ("192.168.1.20:139", 4),
        ("[::]:135", 1096),
        ("[::1]:8000", 7420),
        ("[fe80::1%12]:9000", 900),
    ]


def test_the_word_for_listening_may_be_in_any_language() -> None:
    rows = parse_netstat(recorded("windows_netstat_de.txt"))
    assert [(str(row.address), row.pid) for row in rows] == [("0.0.0.0:8000", 3308)]


@pytest.mark.parametrize(
    "line",
    [
        "TCP 127.0.0.1:0 0.0.0.0:0 LISTENING 1",
        "TCP 127.0.0.1:80 0.0.0.0:0 LISTENING x",
        "TCP 127.0.0.1:80 0.0.0.0:0 LISTENING 12345678901",
        "TCP 127.0.0.1:80 0.0.0.0:0",
        "TCP nonsense:80 0.0.0.0:0 LISTENING 1",
    ],
)
def test_a_row_that_does_not_fit_is_left_out(line: str) -> None:
    assert parse_netstat(line) == ()


def test_both_families_are_asked_and_each_range_is_told_once() -> None:
    def run(command: Sequence[str]) -> str:
        assert command[0] == "netsh"
        return {"ipv4": "1 2\r\n5 6\r\n", "ipv6": "5 6\r\n8 9\r\n"}[command[2]]

    assert excluded_ports(run) == (range(1, 3), range(5, 7), range(8, 10))


def test_a_command_that_is_missing_or_fails_is_an_oserror() -> None:
    with pytest.raises(OSError):
        windows._run(("/nowhere/netsh",))
    with pytest.raises(OSError, match="ended with 3"):
        windows._run((sys.executable, "-c", "raise SystemExit(3)"))
    words = "import sys; sys.stdout.buffer.write(b'\\x8e 80 81\\n')"
    assert windows._run((sys.executable, "-c", words)).split()[1:] == ["80", "81"]


def test_garbage_raises_nothing() -> None:
    for text in garbage(*(path.read_text("utf-8") for path in FILES)):
        for found in parse_excluded_ports(text):
            assert 0 < found[0] <= found[-1] <= 65535
        for row in parse_netstat(text):
            assert 0 < row.address.port <= 65535
