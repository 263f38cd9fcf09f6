"""What a worker is told of a visitor's question."""

from typing import Any

import pytest

from homeport.core.pairing import Why
from homeport.core.share_actions import Admitted, Knocked, Refused, StillWaiting, Unclear
from homeport.core.visitor_answers import Answer, facts_of


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (
            Admitted(device="d1", token="t", seconds=5.0),
            {"kind": "admitted", "token": "t", "seconds": 5.0},
        ),
        (Knocked(number=42), {"kind": "knocked", "number": "0042"}),
        (StillWaiting(), {"kind": "waiting"}),
        (
            Refused(why=Why.BLOCKED, retry_after=3.0),
            {"kind": "refused", "reason": "blocked", "retry_after": 3.0},
        ),
    ],
)
def test_each_answer_has_its_facts(answer: Answer, facts: dict[str, Any]) -> None:
    assert facts_of(answer) == facts


def test_what_only_the_person_at_the_computer_is_told_is_no_answer() -> None:
    with pytest.raises(AssertionError, match="no answer to a visitor"):
        facts_of(Unclear(which="x", found=(), candidates=()))
