"""Why nothing is shared, and what to type instead."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from homeport.core.address import Interface, is_link_local
from homeport.core.errors import BindError, HomeportError, UsageError

if TYPE_CHECKING:
    from homeport.core.share_choice import Choice

_WHAT_IS_THERE = "what this computer has:  homeport reach"


def several(choices: "tuple[Choice, ...]") -> UsageError:
    """More than one address is as good as the others."""
    places = ", ".join(_place(choice) for choice in choices)
    return UsageError(
        f"There is more than one address to share: {places}. One has to be named.",
        code="several-networks",
        next_steps=tuple(
            f"{_place(choice)}:  homeport share --on {choice.ip}" for choice in choices
        ),
        facts={"choices": [_facts(choice) for choice in choices]},
    )


def nothing_to_share(interfaces: tuple[Interface, ...]) -> BindError:
    """No Wi-Fi and no Ethernet with an IPv4 address and a link."""
    seen = "; ".join(_seen(each) for each in interfaces) or "no network interface"
    return BindError(
        f"No Wi-Fi or Ethernet with an IPv4 address is connected. Seen: {seen}.",
        code="no-network",
        next_steps=(
            "connect to the network of the other device and try again",
            "or name what you mean:  homeport share --on INTERFACE",
        ),
        facts={"interfaces": [each.name for each in interfaces]},
    )


def no_such_place(on: str, interfaces: tuple[Interface, ...]) -> UsageError:
    """Neither an interface nor an address of this computer."""
    own = "; ".join(_seen(each) for each in interfaces) or "no network interface"
    return UsageError(
        f"--on {on} is neither a network interface nor an address of this computer. Seen: {own}.",
        code="no-such-interface",
        next_steps=("without a name, the usual one:  homeport share", _WHAT_IS_THERE),
        facts={"on": on, "interfaces": [each.name for each in interfaces]},
    )


def not_a_network(on: str) -> UsageError:
    """Loopback is there already; all networks at once are not shared."""
    return UsageError(
        f"--on {on} is not one network: a share opens one address for the devices around it.",
        code="not-a-network",
        next_steps=("the usual one:  homeport share", "a certain one:  homeport share --on wlan0"),
        facts={"on": on},
    )


def unusable(ip: str) -> UsageError:
    """Link-local, or IPv4 written as IPv6."""
    return UsageError(
        f"--on {ip}: no browser can open a link to such an address "
        "(it is link-local, or IPv4 in the form of IPv6).",
        code="unusable-address",
        next_steps=("the usual address:  homeport share",),
        facts={"ip": ip},
    )


def nothing_on(interface: Interface) -> BindError:
    """The interface was named, but there is nothing to open on it."""
    if not interface.up:
        why = "is switched off"
    elif not interface.running:
        why = "has no link"
    else:
        why = "has no IPv4 address that others can use"
    v6 = [ip for ip in interface.ips if ":" in ip and not is_link_local(ip)]
    named = tuple(f"by IPv6, on purpose:  homeport share --on {ip}" for ip in v6)
    return BindError(
        f"Network interface {interface.name} {why}.",
        code="interface-not-usable",
        next_steps=(*named, f"see its state:  ip addr show {interface.name}"),
        facts={"interface": interface.name, "up": interface.up, "running": interface.running},
    )


def already_open_to_all(choices: "Iterable[Choice]") -> UsageError:
    """The server was started with `--host all` or `0.0.0.0`."""
    audiences = [f"{choice.interface} ({choice.network})" for choice in choices]
    who = ", ".join(audiences) or "any network this computer joins"
    return UsageError(
        "This server was started for every network: devices on "
        f"{who} can try to connect already, for as long as it runs and without a code.",
        code="already-open",
        next_steps=(
            "for this computer first:  homeport --host localhost",
            "then, for a while:  homeport share",
        ),
        facts={"networks": audiences},
    )


def already_open(choice: "Choice") -> UsageError:
    """The server was started with `--host` and this address."""
    return UsageError(
        f"This server was started on {choice.ip}: devices on {_place(choice)} can try to connect "
        "already, for as long as it runs and without a code.",
        code="already-open",
        next_steps=(
            "for this computer first:  homeport --host localhost",
            f"then, for a while:  homeport share --on {choice.ip}",
        ),
        facts={"networks": [f"{choice.interface} ({choice.network})"]},
    )


def _place(choice: "Choice") -> str:
    return f"{choice.kind.value} {choice.interface} ({choice.ip}, {choice.network})"


def _facts(choice: "Choice") -> dict[str, object]:
    return {"interface": choice.interface, "kind": choice.kind.value, "ip": choice.ip}


def _seen(interface: Interface) -> str:
    state = "off" if not interface.up else "no link" if not interface.running else ""
    addresses = ", ".join(ip for ip in interface.ips if not is_link_local(ip)) or "no address"
    return f"{interface.name} ({', '.join(filter(None, (interface.kind.value, state, addresses)))})"


def still_open(url: str, port: int, name: str) -> HomeportError:
    """The server has ended the share, and something listens at its address all the same."""
    return HomeportError(
        f"The share has ended, but something still listens at {url}.",
        code="still-open",
        next_steps=(
            f"who that is:  homeport port {port}",
            f"end the server:  homeport stop {name}",
        ),
        facts={"url": url},
    )
