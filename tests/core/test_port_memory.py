import json
import random
from typing import Any

import pytest

from homeport.core.port_claims import MOST_CLAIMS, Claim, Owner
from homeport.core.port_memory import LARGEST, OtherVersion, read_claims, to_text

SHOP, BLOG = Owner("/home/ada/shop", "shop"), Owner("/home/ada/bl\udcffog", "blog")
FULL = (
    Claim(SHOP, 8000, 1_800_000_000.0, instead=8417, went_to=BLOG),
    Claim(BLOG, 8983, 1_800_000_001.0),
)


def test_what_is_written_is_read_again() -> None:
    assert read_claims(to_text(FULL)) == FULL
    assert read_claims(to_text(())) == ()


def test_a_person_finds_a_line_for_each_project() -> None:
    assert [json.loads(line.strip(","))["name"] for line in to_text(FULL).splitlines()[1:-1]] == [
        "shop",
        "blog",
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "{}", "{", '{"version": 1}', '{"version": "x"}', '{"ports": []}'),
        *('{"version": "1.0"}', '{"version": "1.0", "ports": {}}', "[" * 100_000),
        to_text(FULL) + " " * LARGEST,
    ],
)
def test_garbage_is_nothing(text: str) -> None:
    assert read_claims(text) is None


def test_another_major_version_is_told_from_garbage_and_a_minor_one_is_read() -> None:
    assert read_claims(to_text(FULL).replace('"1.0"', '"2.3"')) == OtherVersion("2.3")
    more = json.loads(to_text(FULL)) | {"version": "1.9", "new": 1}
    assert read_claims(json.dumps(more)) == FULL


@pytest.mark.parametrize(
    "change",
    [
        {"port": "8000"},
        {"port": 80},
        {"port": 65536},
        {"port": True},
        {"port": None},
        {"instead": 1},
        {"instead": "8000"},
        {"used": None},
        {"used": True},
        {"used": -1},
        {"used": 1e300},
        {"used": float("inf")},
        {"used": float("nan")},
        {"project": None},
        {"name": 1},
    ],
)
def test_a_claim_that_is_none_is_left_out(change: dict[str, Any]) -> None:
    data = json.loads(to_text(FULL))
    data["ports"][0] |= change
    data["ports"].append("x")
    assert read_claims(json.dumps(data)) == FULL[1:]


def test_a_wrong_went_to_is_none_and_the_last_claim_of_an_owner_counts() -> None:
    data = json.loads(to_text(FULL))
    data["ports"][0]["went_to"] = "blog"
    data["ports"].append(data["ports"][1] | {"port": 9999})
    found = read_claims(json.dumps(data))
    assert found == (FULL[0]._replace(went_to=None), FULL[1]._replace(port=9999))


def test_no_more_is_read_than_is_ever_written() -> None:
    many = tuple(Claim(Owner("/p", str(n)), 9000, 1.0) for n in range(MOST_CLAIMS + 9))
    assert read_claims(to_text(many)) == many[:MOST_CLAIMS]


def test_no_damage_raises() -> None:
    generator = random.Random(3)
    good = to_text(FULL)
    for _ in range(3000):
        text = list(good)
        for _ in range(generator.randint(1, 4)):
            text[generator.randrange(len(text))] = generator.choice('{}[]",:0e-x')
        found = read_claims("".join(text))
        if isinstance(found, tuple) and not isinstance(found, OtherVersion):
            assert read_claims(to_text(found)) is not None
