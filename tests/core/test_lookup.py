"""Which URL is meant: pure."""

import pytest

from homeport.core.lookup import Found, Place, Source, own_url, read_url, said_in, variable_of


def test_the_variable_of_a_name_is_one_that_shells_can_set() -> None:
    assert variable_of("shop") == "HOMEPORT_URL_SHOP"
    assert variable_of(" Shop-api ") == "HOMEPORT_URL_SHOP_API"
    assert variable_of("branch.shop-2") == "HOMEPORT_URL_BRANCH_SHOP_2"


def test_an_empty_variable_says_nothing() -> None:
    assert said_in({"HOMEPORT_URL_SHOP": "http://a"}, "shop") == "http://a"
    assert said_in({"HOMEPORT_URL_SHOP": ""}, "shop") is None
    assert said_in({}, "shop") is None


@pytest.mark.parametrize(
    ("text", "url", "port"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", 8000),
        (" http://127.0.0.1:8000/ ", "http://127.0.0.1:8000", 8000),
        ("http://[::1]:8000", "http://[::1]:8000", 8000),
        ("http://[::1]", "http://[::1]", 80),
        ("HTTPS://shop.example", "HTTPS://shop.example", 443),
        ("https://shop.example/api//", "https://shop.example/api", 443),
        ("http://shop:", "http://shop:", 80),
    ],
)
def test_a_url_is_read(text: str, url: str, port: int) -> None:
    assert read_url(text) == Place(url=url, port=port)


@pytest.mark.parametrize(
    "text",
    [
        *("", "8000", "127.0.0.1:8000", "localhost:8000", "ftp://a", "http:/a", "http://"),
        *("http://:80", "http://a:0", "http://a:65536", "http://a:x", "http://a:٨", "http://a:-1"),
        *("http://a:123456", "http://[::1", "http://[::1]8000", "http://[]:1", "http://[a]:1"),
        *("http://user@a", "http://a?b", "http://a#b", "http://a b", "http://a\nb", "http://ä"),
        *("http://a\\b", "javascript://a", "http://a:8000:9000"),
    ],
)
def test_what_is_no_url_of_a_server_is_none(text: str) -> None:
    assert read_url(text) is None


@pytest.mark.parametrize(
    ("addresses", "url"),
    [
        (["127.0.0.1:8000", "[::1]:8000"], "http://127.0.0.1:8000"),
        (["[::1]:8000", "127.0.0.1:8000"], "http://127.0.0.1:8000"),
        (["0.0.0.0:8000", "[::]:8000"], "http://127.0.0.1:8000"),
        (["192.168.1.5:8000", "[::]:8001"], "http://[::1]:8001"),
        (["192.168.1.5:8000"], "http://192.168.1.5:8000"),
        (["[fe80::1%eth0]:8000"], "http://[fe80::1%eth0]:8000"),
        (["127.0.0.2:8000"], "http://127.0.0.2:8000"),
        (["nonsense", "127.0.0.1:8000"], "http://127.0.0.1:8000"),
    ],
)
def test_the_url_is_an_address_that_the_server_listens_on(addresses: list[str], url: str) -> None:
    place = own_url(addresses, ["http://localhost:8000"])
    assert place is not None
    assert place.url == url
    assert url.endswith(f":{place.port}")


def test_the_scheme_is_that_of_its_links() -> None:
    place = own_url(["127.0.0.1:8000"], ["https://localhost:8000"])
    assert place == Place(url="https://127.0.0.1:8000", port=8000)
    assert own_url(["127.0.0.1:80"], []) == Place(url="http://127.0.0.1:80", port=80)


def test_without_an_address_there_is_no_url() -> None:
    assert own_url([], ["http://localhost:8000"]) is None
    assert own_url(["x"], []) is None


def test_what_was_found_cannot_be_changed_and_is_json_ready() -> None:
    found = Found(name="a", url="http://a", port=80, source=Source.GIVEN, urls=("http://a",))
    with pytest.raises(AttributeError):
        found.url = "http://b"  # type: ignore[misc]
    assert found.to_json()["source"] == "given"
    assert set(found.to_json()) == set(Found._fields)
