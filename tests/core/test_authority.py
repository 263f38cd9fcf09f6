import random

import pytest

from homeport.core.authority import (
    Authority,
    Origin,
    read_authority,
    read_origin,
    url_host,
)


@pytest.mark.parametrize(
    ("raw", "host", "port"),
    [
        (b"localhost", "localhost", None),
        (b"LocalHost:8000", "localhost", 8000),
        (b"my_service:1", "my_service", 1),
        (b"a-b.c1.example:65535", "a-b.c1.example", 65535),
        (b"127.0.0.1:8000", "127.0.0.1", 8000),
        (b"255.255.255.255", "255.255.255.255", None),
        (b"[::1]", "[::1]", None),
        (b"[2001:DB8::20]:8000", "[2001:db8::20]", 8000),
        (b"xn--nxasmq6b.example", "xn--nxasmq6b.example", None),
        (b"a" * 63 + b".example", "a" * 63 + ".example", None),
        (b"1.a", "1.a", None),
    ],
)
def test_a_host_is_read_with_or_without_a_port(raw: bytes, host: str, port: int | None) -> None:
    assert read_authority(raw) == Authority(host=host, port=port)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b":", b":80", b"a:", b"a:b", b"a:0", b"a:080", b"a:65536", b"a:-1", b"a:1 ", b" a"),
        *(b"a b", b"a\tb", b"a\n", b"a,b", b"a/b", b"a?b", b"a#b", b"a@b", b"a%41", b"a\\b", b"*"),
        *(b".", b"a.", b".a", b"a..b", b"-a", b"a-", b"a.-b", b"a-.b", b"a" * 64, b"[]", b"[:]"),
        *(b"1", b"127.1", b"1.2.3", b"1.2.3.4.5", b"256.0.0.1", b"01.2.3.4", b"1.2.3.4.", b"0x1"),
        *(b"a.1", b"a.0x1f", b"a.0x", b"::1", b"[::1", b"::1]", b"[::1]x", b"[::1]:", b"[::1%lo]"),
        *(
            b"[::1%25lo]",
            b"[::ffff:1.2.3.4]",
            b"[::ffff:102:304]",
            b"[1.2.3.4]",
            b"[v1.a]",
            b"[[::1]]",
        ),
        *(
            b"[12345::]",
            b"[::1]:[::1]",
            "ä".encode(),
            b"\xff",
            b"a\x00",
            b".".join([b"a" * 50] * 6),
        ),
    ],
)
def test_anything_else_is_no_authority(raw: bytes) -> None:
    assert read_authority(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "http://localhost",
            "http://localhost:8000",
            "https://shop.example",
            "https://[::1]:8443",
        ),
        *("chrome-extension://abcdefgh", "tauri://localhost", "http://localhost:443"),
        *("moz-extension://6a1e-11", "https://127.0.0.1:80", "app+x.y://a"),
    ],
)
def test_an_origin_is_written_as_it_is_read(raw: str) -> None:
    assert str(read_origin(raw.encode())) == raw


@pytest.mark.parametrize(
    "raw",
    [
        *("", "null", "http://", "://a", "a", "a:80", "//a", "http:/a", "http:a", "http//a"),
        *("http://a/", "http://a/b", "http://a?b", "http://a#b", "http://u@a", "http://a:80"),
        *("https://a:443", "HTTP://a", "http://A", "1http://a", "http ://a", "http://a http://b"),
        *(
            "http://a.",
            "http://[::1",
            "http://[0:0:0:0:0:0:0:1]",
            "http://[2001:DB8::1]",
            "http://*",
        ),
        *("http://127.1", "http://a:0", "http://ä", "http://a,http://b", "http://http://a"),
    ],
)
def test_anything_else_is_no_serialised_origin(raw: str) -> None:
    assert read_origin(raw.encode()) is None


def test_without_a_port_the_one_of_the_scheme_is_meant() -> None:
    bare = Authority(host="a")
    assert (bare.port_under("http"), bare.port_under("https"), bare.port_under("x")) == (
        80,
        443,
        None,
    )
    assert Authority(host="a", port=1).port_under("http") == 1


def test_an_origin_knows_its_authority() -> None:
    assert Origin(scheme="http", host="a", port=1).authority == Authority(host="a", port=1)


def test_an_ip_address_in_a_url_has_brackets_when_it_is_ipv6() -> None:
    assert url_host("127.0.0.1") == "127.0.0.1"
    assert url_host("0:0::1") == "[::1]"
    with pytest.raises(ValueError):
        url_host("localhost")


def test_random_bytes_never_raise_and_what_is_read_is_stable() -> None:
    chance = random.Random(5)
    pieces = [b"localhost", b"127.0.0.1", b"[::1]", b"[", b"]", b":", b".", b"-", b"8000", b"http"]
    pieces += [b"://", b"%", b"@", b"/", b"\x00", b"\xff", b" ", b",", b"0x", b"::ffff:", b"a"]
    read = 0
    for _ in range(30_000):
        parts = chance.choices(pieces, k=chance.randint(0, 6))
        raw = b"".join(parts) if chance.random() < 0.7 else chance.randbytes(chance.randint(0, 12))
        authority, origin = read_authority(raw), read_origin(raw)
        if authority is not None:
            read += 1
            assert read_authority(str(authority).encode()) == authority
            assert str(authority) == raw.decode().lower()
        if origin is not None:
            assert str(origin).encode() == raw
    assert read > 500
