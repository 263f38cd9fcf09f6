"""What is said of a share with TLS to those whose devices do not trust its certificate yet."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from homeport.core.guide_words import TrustGuide, distrusts, does_not_trust
from homeport.engine.sharing import Sharing

MOST = 64
"""Devices of one share that are told of."""


class TrustHints:
    """For the share there is, if any."""

    def __init__(self, sharing: Sharing, warn: Callable[[str], None]) -> None:
        self._sharing = sharing
        self._warn = warn
        self._told: set[str] = set()

    @property
    def guide(self) -> TrustGuide | None:
        """Where a device is guided; None without a share, or without TLS."""
        share, authority = self._sharing.state.share, self._sharing.authority
        if share is None or authority is None or not share.terms.tls:
            return None
        fingerprint = hashlib.sha256(base64.b64decode(authority)).hexdigest()
        return TrustGuide(url=share.place.address.url(), fingerprint=fingerprint)

    def added(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer to `homeport share`, with the guide."""
        guide = self.guide
        if guide is None:
            return answer | {"guide": None}
        facts = {"url": guide.url, "fingerprint": guide.fingerprint}
        return answer | {"lines": [*answer["lines"], *guide.lines], "guide": facts}

    def saw(self, peer: str, failures: Iterable[str]) -> None:
        """Handshakes of this peer failed for these reasons: say what it lacks, once."""
        guide = self.guide
        if guide is None or peer in self._told or len(self._told) >= MOST:
            return
        if any(map(distrusts, failures)):
            self._told.add(peer)
            self._warn(does_not_trust(peer, guide.url))

    def forget(self) -> None:
        """Another share begins."""
        self._told.clear()
