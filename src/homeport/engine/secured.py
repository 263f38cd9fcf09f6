"""What TLS adds to a door of a worker: its context, and what plain http gets on the same port."""

from typing import Any

from homeport.core.opened_door import OpenedDoor
from homeport.engine.certificates.context import context_of, load
from homeport.engine.guarding.plain_http import PlainHttp


class Secured:
    """For one door. `refuse` answers plain http that is not helped on."""

    def __init__(self, opened: OpenedDoor, refuse: Any) -> None:
        assert opened.certificate is not None, "a door without TLS"
        self.context = context_of(*opened.certificate)
        self.plain = PlainHttp(opened, refuse)

    def renew(self, opened: OpenedDoor) -> None:
        """Another certificate: connections that are open keep theirs."""
        if opened.certificate is not None:
            load(self.context, *opened.certificate)
            self.plain.renew(opened)
