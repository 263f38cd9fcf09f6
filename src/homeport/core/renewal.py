"""When the certificate of a running server is made anew."""

LOOK = 3600.0
"""Seconds between two looks at the wall clock, which also goes on while a computer sleeps."""
LOOK_AT_ADDRESSES = 10.0
"""The same where the certificate is for all addresses of the computer, which come and go."""


def renew_at(since: float, until: float) -> float:
    """After two thirds of its life; all are Unix times."""
    return since + (until - since) * 2 / 3


def patience(now: float, at: float, *, all_addresses: bool) -> float:
    """Seconds until the next look."""
    most = LOOK_AT_ADDRESSES if all_addresses else LOOK
    return min(max(at - now, 1.0), most)
