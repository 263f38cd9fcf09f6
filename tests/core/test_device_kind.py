import random

import pytest

from homeport.core.device_kind import DeviceKind, device_kind
from tests.core.share_story import IPHONE

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (IPHONE, "iPhone, Safari"),
        (IPHONE.replace("Version/18.5", "CriOS/140.0"), "iPhone, Chrome"),
        (IPHONE.replace("Version/18.5", "FxiOS/142.0"), "iPhone, Firefox"),
        ("Mozilla/5.0 (iPad; CPU OS 15_6 like Mac OS X) Version/15.6 Safari/604.1", "iPad, Safari"),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36",
            "Android phone, Chrome",
        ),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Safari/537.36", "Android tablet, Chrome"),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) SamsungBrowser/28.0 {CHROME} Mobile Safari/537.36",
            "Android phone, Samsung Internet",
        ),
        (
            "Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0",
            "Android phone, Firefox",
        ),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36", "Mac, Chrome"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/140.0.0.0",
            "Windows PC, Edge",
        ),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36 OPR/120.0",
            "Linux computer, Opera",
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/140.0 Safari/537.36",
            "Chromebook, Chrome",
        ),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:142.0) Firefox/142.0",
            "Linux computer, Firefox",
        ),
        ("curl/8.5.0", "script, curl"),
        ("python-httpx/0.28.1", "script, httpx"),
        ("python-requests/2.32", "script, requests"),
        ("Python/3.13 aiohttp/3.12", "script, Python"),
        ("node", "script, Node.js"),
        ("", "device"),
        ("SomethingNew/1", "device"),
    ],
)
def test_a_device_is_called_what_people_call_it(agent: str, label: str) -> None:
    assert device_kind(agent).label == label


def test_nothing_of_the_header_gets_into_a_name() -> None:
    dice = random.Random(9)
    pieces = [
        "iPhone",
        "Safari/",
        "curl/",
        "\x1b[31m",
        "Android",
        "Mobile",
        "<b>",
        "\n",
        "Linux",
        " ",
    ]
    known = {device_kind(f"{a} {b}").label for a in pieces for b in pieces}
    for _ in range(2000):
        agent = "".join(dice.choice(pieces) for _ in range(dice.randrange(9)))
        kind = device_kind(agent)
        assert kind.label.isprintable()
        assert "<" not in kind.label
    assert all(each.isprintable() for each in known)


def test_an_endless_header_is_cheap_and_cut() -> None:
    assert device_kind("x" * 600 + "iPhone") == DeviceKind(name="device")
    assert device_kind("Android " * 200_000).name == "Android tablet"
