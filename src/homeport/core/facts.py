"""What was seen on this computer, as frozen values."""

from dataclasses import dataclass

from homeport.core.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that has a listening socket open.

    `started` is seconds since the epoch. `command` is the command line with secrets redacted and
    control characters removed. A field that this user may not read is None.
    """

    pid: int
    started: float | None
    command: str
    user: str | None
    folder: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A TCP socket in LISTEN as the system reports it.

    `v6only` is None when the source does not tell. `user` is the owner of the socket. `holders` is
    empty when its processes are not visible to us: that is not the same as nobody.
    """

    address: Address
    v6only: bool | None
    user: str | None
    holders: tuple[Holder, ...] = ()

    def covers(self, ip: str) -> bool:
        """Whether a connection to `ip` on this port could arrive here."""
        version = 6 if ":" in ip else 4
        if self.address.is_wildcard:
            dual_stack = self.address.version == 6 and self.v6only is not True
            return self.address.version == version or dual_stack
        return self.address.ip == ip
