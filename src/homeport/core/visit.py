"""One request as the rules see it. Here only what the pages need of it."""

from enum import Enum


class PassKind(Enum):
    """What a visitor brought."""

    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    WRONG = "wrong"
    CODE = "code"
    """A one-time code in the query of the pairing path."""
    CODE_USED = "code-used"
