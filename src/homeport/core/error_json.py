"""Refusals ⇄ JSON, for a refusal that is made in one process and told in another."""

from typing import Any

from homeport.core import errors
from homeport.core.errors import HomeportError

_KINDS: dict[str, type[HomeportError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, HomeportError)
}


def error_to_json(error: HomeportError) -> dict[str, Any]:
    """`kind` is the class."""
    return {
        "kind": type(error).__name__,
        "code": error.code,
        "message": error.message,
        "next_steps": list(error.next_steps),
        "facts": error.facts,
    }


def error_from_json(data: object) -> HomeportError:
    """The same error again; a class that is not known here becomes a plain HomeportError."""
    fields = data if isinstance(data, dict) else {}
    steps, facts = fields.get("next_steps"), fields.get("facts")
    return _KINDS.get(str(fields.get("kind")), HomeportError)(
        str(fields.get("message", "The server refused without a reason.")),
        code=str(fields.get("code", "refused")),
        next_steps=tuple(map(str, steps)) if isinstance(steps, list) else (),
        facts=facts if isinstance(facts, dict) else {},
    )
