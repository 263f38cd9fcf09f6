"""What came of a question to the share, as facts for the worker that has asked."""

from typing import Any

from homeport.core.share_actions import (
    Admitted,
    Done,
    Knocked,
    Refused,
    StillWaiting,
    Unclear,
)

Answer = Admitted | Refused | Knocked | StillWaiting | Done | Unclear


def facts_of(answer: Answer) -> dict[str, Any]:
    """JSON for `core.wire_doors.Answered`."""
    match answer:
        case Admitted():
            return {"kind": "admitted", "token": answer.token, "seconds": answer.seconds}
        case Knocked():
            return {"kind": "knocked", "number": f"{answer.number:04}"}
        case StillWaiting():
            return {"kind": "waiting"}
        case Refused():
            reason, wait = answer.why.value, answer.retry_after
            return {"kind": "refused", "reason": reason, "retry_after": wait}
        case _:
            raise AssertionError(f"no answer to a visitor: {answer}")
