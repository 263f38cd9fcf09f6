"""The links of the chain that `core/reach` is made of: is it listening there, is the network there,
what do the rules say, is there a way for the answers.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from homeport.core.address import Interface, InterfaceKind, is_link_local, is_loopback, network_of
from homeport.core.audience import Reason, ReasonCode, Verdict
from homeport.core.facts import Facts, Listener
from homeport.core.overlap import answer
from homeport.core.packet_filter import Visitor, admits

TAILNET = ("100.64.0.0/10", "fd7a:115c:a1e0::/48")
"""The addresses of a Tailscale network (tailscale.com/kb/1015, RFC 6598)."""
ANYWHERE = {4: ("0.0.0.0/0",), 6: ("::/0",)}
_NEIGHBOURS = ("fe80::/10",)


def version_of(ip: str) -> int:
    """4 or 6, without parsing."""
    return 6 if ":" in ip else 4


def is_scoped(ip: str) -> bool:
    """fe80::/10: an address that is only valid on its own interface."""
    return version_of(ip) == 6 and is_link_local(ip)


def reason(code: ReasonCode, verdict: Verdict = Verdict.UNKNOWN, about: str = "") -> Reason:
    """A short way to write one."""
    return Reason(code=code, verdict=verdict, about=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One server among what else listens on its port, on this computer."""

    ours: tuple[Listener, ...]
    on_port: tuple[Listener, ...]
    facts: Facts

    @property
    def port(self) -> int:
        """The port of the server."""
        return self.ours[0].address.port

    @property
    def loopback(self) -> str:
        """The name of the loopback interface."""
        kinds = (one for one in self.facts.interfaces if one.kind is InterfaceKind.LOOPBACK)
        return next((one.name for one in kinds), "lo")

    @property
    def own(self) -> tuple[str, ...]:
        """All addresses of this computer."""
        return tuple(ip for one in self.facts.interfaces for ip in one.ips)

    def listening(self, ip: str, device: str) -> Reason:
        """Whether a connection to `ip` that comes in by `device` arrives at our server."""
        found = answer(ip, self.on_port, self.facts.system, device)
        covering = (*found.winners, *found.shadowed)
        ours = [listener for listener in covering if listener in self.ours]
        winners = [listener for listener in found.winners if listener in self.ours]
        if not found.certain and ours:
            unknown = any(one.address.ip == "::" and one.v6only is None for one in covering)
            code = ReasonCode.V6ONLY_UNKNOWN if unknown else ReasonCode.WINNER_UNKNOWN
            return reason(code, about=ip)
        if winners:
            alone = len(winners) == len(found.winners)
            code = ReasonCode.LISTENING if alone else ReasonCode.SHARED_PORT
            return reason(code, Verdict.YES if alone else Verdict.UNKNOWN, ip)
        if ours:
            return reason(ReasonCode.SHADOWED, Verdict.NO, ip)
        return self.elsewhere()

    def elsewhere(self) -> Reason:
        """That it does not listen there, and where it does."""
        ips = tuple(dict.fromkeys(listener.address.ip for listener in self.ours))
        only = all(map(is_loopback, ips))
        code = ReasonCode.LOOPBACK_ONLY if only else ReasonCode.NOT_LISTENING
        return reason(code, Verdict.NO, " and ".join(ips))

    def filtering(self, interface: Interface, ip: str, sources: Iterable[str]) -> Reason:
        """What the packet filter does with devices that come by `interface` from `sources`.

        A neighbour may also use a link-local address: its drop is needed for a NO as well.
        """
        firewall = self.facts.firewall
        if firewall.rules is None:
            return self._not_readable()
        if firewall.uninterpreted:
            about = " and ".join(firewall.uninterpreted)
            return reason(ReasonCode.FILTER_UNREAD, about=about)
        if not firewall.rules.chains and not firewall.rules.broken:
            return reason(ReasonCode.FILTER_EMPTY, Verdict.YES)
        usual = self._admits(interface.name, ip, tuple(sources))
        if usual.verdict is Verdict.NO and version_of(ip) == 6:
            neighbours = self._admits(interface.name, ip, _NEIGHBOURS)
            if neighbours.verdict is not Verdict.NO:
                return reason(ReasonCode.FILTER_DEPENDS, about=usual.about)
        return usual

    def _admits(self, name: str, ip: str, sources: tuple[str, ...], local: bool = False) -> Reason:
        rules = self.facts.firewall.rules
        assert rules is not None
        visitor = Visitor(
            interface=name, sources=sources, destination=ip, port=self.port, local=local
        )
        return admits(rules, visitor, self.own)

    def _not_readable(self) -> Reason:
        firewall = self.facts.firewall
        on = [hint for hint in firewall.hints if hint.on]
        denying = [hint for hint in on if hint.denies]
        if denying:
            return reason(ReasonCode.FRONT_END_DENIES, about=denying[0].front_end.value)
        if on:
            return reason(ReasonCode.FRONT_END_ON, about=on[0].front_end.value)
        return reason(ReasonCode.FILTER_UNREAD, about=firewall.why_unreadable)

    def filtering_here(self, ip: str) -> tuple[Reason, ...]:
        """The same for a program on this computer.

        Rules against oneself are rare: that they were not read is said, and no reason to doubt.
        """
        if not self.facts.firewall.rules_readable:
            return (reason(ReasonCode.FILTER_UNREAD, Verdict.YES),)
        first = "127.0.0.1" if version_of(ip) == 4 and is_loopback(ip) else ip
        found = self._admits(self.loopback, ip, (first,), local=True)
        return () if found.verdict is Verdict.YES else (found,)

    def answers(self, interface: Interface, ip: str) -> tuple[Reason, ...]:
        """What may lead the answers to the network of `interface` astray."""
        found = []
        if self.facts.firewall.other_routing:
            found.append(reason(ReasonCode.OTHER_ROUTING))
        for detour in interface.detours:
            if version_of(detour.partition("/")[0]) == version_of(ip):
                found.append(reason(ReasonCode.DETOUR, about=detour))
        twin = self._twin(interface, version_of(ip))
        if twin:
            found.append(reason(ReasonCode.SAME_NETWORK, about=twin))
        return tuple(found)

    def _twin(self, interface: Interface, version: int) -> str | None:
        """Another interface whose network is inside that of this one: routes may prefer it."""
        for other in self.facts.interfaces:
            if other.up and other.name != interface.name:
                for mine in _networks(interface, version):
                    if any(its.subnet_of(mine) for its in _networks(other, version)):  # type: ignore[arg-type]
                        return other.name
        return None


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(interface: Interface, version: int) -> list[Network]:
    """Those that stand for a network, in one family: no single addresses, nothing scoped."""
    found = [ipaddress.ip_network(network_of(address)) for address in interface.addresses]
    return [
        one
        for one in found
        if one.version == version
        and one.num_addresses > 1
        and not is_scoped(str(one.network_address))
    ]


def sources(interface: Interface, ip: str) -> tuple[str, ...]:
    """Where the devices on the network of `interface` connect to `ip` from.

    An address without a network (a VPN's /32, a rented server's) tells nothing about its peers.
    """
    version = version_of(ip)
    if is_scoped(ip):
        return _NEIGHBOURS
    mine = [one for one in interface.ips if version_of(one) == version and not is_scoped(one)]
    if any(_in_tailnet(one) for one in mine):
        return tuple(one for one in TAILNET if version_of(one) == version)
    found = tuple(str(one) for one in _networks(interface, version))
    return found if found and len(found) == len(mine) else ANYWHERE[version]


def _in_tailnet(ip: str) -> bool:
    address = ipaddress.ip_address(ip)
    return any(address in ipaddress.ip_network(network) for network in TAILNET)


def is_tailnet(networks: Iterable[str]) -> bool:
    """Whether one of `networks` is part of a Tailscale network."""
    return any(_in_tailnet(network.partition("/")[0]) for network in networks)
