import pytest

from homeport.core.allowed import allowed_host, allowed_origin
from homeport.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        *(("*", "*"), ("shop.example", "shop.example"), ("Shop.Example:8080", "shop.example:8080")),
        *(("[2001:0DB8::1]", "[2001:db8::1]"), ("[::1]:80", "[::1]:80"), ("10.0.0.1", "10.0.0.1")),
    ],
)
def test_a_host_to_allow_is_a_name_with_or_without_a_port(text: str, entry: str) -> None:
    assert allowed_host(text) == entry


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("https://shop.example/", "shop.example"),
        ("shop.example.", "shop.example"),
        ("http://shop.example:8000/path", "shop.example:8000"),
        *(("*.example", None), ("0.0.0.0", None), ("[::]:8000", None), ("", None), ("ä", None)),
        *(("\udcff", None), ("shop example", None), ("2001:db8::1", None)),
    ],
)
def test_what_is_no_host_is_refused_with_a_guess(text: str, guess: str | None) -> None:
    with pytest.raises(UsageError, match=r"--allow-host is .* must be a name") as caught:
        allowed_host(text)
    assert any("did you mean" in step for step in caught.value.next_steps) is (guess is not None)
    if guess:
        assert caught.value.next_steps[0] == f"did you mean {guess}?"


@pytest.mark.parametrize("text", ["null", "https://shop.example", "tauri://localhost"])
def test_an_origin_to_allow_is_as_browsers_send_it(text: str) -> None:
    assert allowed_origin(text) == text


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("https://shop.example/", "https://shop.example"),
        ("HTTPS://Shop.example:443", "https://shop.example"),
        ("http://shop.example:80/", "http://shop.example"),
        *(("shop.example", None), ("*", None), ("", None), ("http://a/b", None), ("\udcff", None)),
    ],
)
def test_what_is_no_origin_is_refused_with_a_guess(text: str, guess: str | None) -> None:
    with pytest.raises(UsageError, match=r"allow_origins is .* must be an origin") as caught:
        allowed_origin(text, "allow_origins")
    steps = caught.value.next_steps
    assert (steps[0] == f"did you mean {guess}?") is (guess is not None)
