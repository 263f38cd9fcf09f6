"""Everything about one port: is it free, who occupies it, who answers each destination."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from homeport.core.address import LOOPBACK, Address, Interface, InterfaceKind, is_link_local
from homeport.core.availability import Availability
from homeport.core.facts import Listener, Namespace, Remnant, System
from homeport.core.occupants import Occupant
from homeport.core.overlap import Answer, answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A URL that a client on this computer may type, and who answers there.

    A name stands for several addresses (`localhost` for ::1 and 127.0.0.1): then there is one
    `Answer` for each, and it depends on the client which one it gets.
    """

    url: str
    answers: tuple[Answer, ...]

    @property
    def winners(self) -> tuple[Listener, ...]:
        """Every listener that may answer, each once."""
        found = [listener for each in self.answers for listener in each.winners]
        return tuple(dict.fromkeys(found))

    def in_tls(self, pids: AbstractSet[int]) -> "Destination":
        """By https, if all who may answer are processes that speak it."""
        if not self.winners or not all(each.is_held_by(pids) for each in self.winners):
            return self
        return replace(self, url=self.url.replace("http:", "https:", 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class PortReport:
    """What is known of one port. `elsewhere`: who listens on it in other network namespaces."""

    port: int
    availability: Availability
    occupants: tuple[Occupant, ...]
    destinations: tuple[Destination, ...]
    remnants: tuple[Remnant, ...]
    elsewhere: tuple[Namespace, ...]

    def in_tls(self, pids: AbstractSet[int]) -> "PortReport":
        """With https in the links to servers that speak it: processes, by their ids."""
        found = tuple(each.in_tls(pids) for each in self.destinations)
        return replace(self, destinations=found)


def destinations(
    port: int,
    listeners: Sequence[Listener],
    interfaces: Sequence[Interface],
    system: System,
    own_name: tuple[str, tuple[str, ...]] = ("", ()),
) -> tuple[Destination, ...]:
    """`localhost`, the loopback addresses there are, and each own one that somebody answers.

    `own_name` is the name of this computer with its addresses, if they are known.
    """
    here = {ip for each in interfaces if each.up for ip in each.ips}
    loopback = [ip for ip in reversed(LOOPBACK) if ip in here or not here]
    local = tuple(answer(ip, listeners, system) for ip in loopback)
    found = [Destination(url=f"http://localhost:{port}", answers=local)] if local else []
    found += [_destination(port, each) for each in reversed(local)]
    name, ips = own_name
    if ips:
        own = tuple(answer(ip, listeners, system) for ip in ips)
        found.append(Destination(url=f"http://{name}:{port}", answers=own))
    for interface in interfaces:
        if interface.up and interface.kind is not InterfaceKind.LOOPBACK:
            others = [
                answer(ip, listeners, system, interface.name)
                for ip in interface.ips
                if not is_link_local(ip)
            ]
            found += [_destination(port, each) for each in others if each.winners]
    return tuple(found)


def _destination(port: int, each: Answer) -> Destination:
    return Destination(url=Address(ip=each.ip, port=port).url(), answers=(each,))
