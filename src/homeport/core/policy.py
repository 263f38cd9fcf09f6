"""The rules of a door. Here only what the pages need of them."""

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
