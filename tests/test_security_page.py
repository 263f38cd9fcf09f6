"""docs/security.md says which tests prove it: they exist, and no refusal is missing."""

import re
from pathlib import Path

from homeport.core.decision import Fault
from tests.attacks.browser import DEEDS

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "security.md").read_text()


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`((?:core|engine|host|cli|attacks)/\w+)`", PAGE)
    assert len(named) > 15
    assert [name for name in named if not (TESTS / f"{name}.py").exists()] == []
    assert "tests/data/guard-cases-more.csv" in PAGE and (TESTS / "data/guard-cases.csv").exists()


def test_every_rule_is_explained() -> None:
    rules = {fault.rule for fault in Fault} | {"R0", "R8"}
    assert rules == {f"R{number}" for number in range(10)}
    assert [rule for rule in sorted(rules) if not re.search(rf"\b{rule}\b", PAGE)] == []


def test_the_table_is_what_the_browser_tests_assert() -> None:
    for deed in DEEDS:
        ours = "yes | works | works" if deed.wanted else "no | works | refused"
        assert f"| {deed.words} | {ours} |" in PAGE
