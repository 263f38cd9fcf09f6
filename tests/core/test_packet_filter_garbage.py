"""Text that is no ruleset, and a ruleset with everything in it."""

import random
from pathlib import Path

import pytest

from homeport.core.audience import ReasonCode, Verdict
from homeport.core.nft_json import parse
from homeport.core.packet_filter import admits
from tests.core.ruleset_scene import HERE, PHONE, PHONE6, code

RECORDED = Path(__file__).parent.parent / "host" / "fixtures" / "nft-1.0.6.json"
UNCLEAR = ReasonCode.FILTER_UNCLEAR


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"nftables": 1}', '{"nftables": [1]}', '{"nftables": [{"chain": {}}]}',
     '{"nftables": [{"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [{}]}}]}',
     "[" * 100_000,
     '{"nftables": [{"chain": {"family": "ip", "table": "t", "name": "c", "prio": 1e999}}]}'],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_what_is_no_ruleset_says_nothing(text: str) -> None:
    assert parse(text).broken
    assert admits(parse(text), PHONE).verdict is Verdict.UNKNOWN


def test_a_recorded_ruleset_with_everything_in_it_is_read() -> None:
    rules = parse(RECORDED.read_text())
    assert not rules.broken
    assert len(rules.chains) == 5
    assert code(rules) is UNCLEAR


def test_damage_never_raises_and_never_makes_a_promise_of_nothing() -> None:
    text = RECORDED.read_text()
    chance = random.Random(7)
    for _ in range(300):
        at = chance.randrange(len(text))
        damaged = text[:at] + chance.choice(['"', "{", "]", "x", "", "9"]) + text[at + 1 :]
        admits(parse(damaged), chance.choice([PHONE, PHONE6, HERE]))
