"""Which names and addresses a certificate of ours bears, and which it never may.

The CA carries critical name constraints (RFC 5280, 4.2.1.10), so a stolen key cannot vouch for any
site of the Internet. A DNS constraint without a leading dot permits the name and all below it; with
one, OpenSSL would refuse plain `localhost` and RFC 5280 does not define it for DNS names at all.
"""

from ipaddress import ip_address, ip_network
from typing import NamedTuple

PERMITTED_DOMAINS = ("localhost", "local")
PERMITTED_NETWORKS = (
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    "169.254.0.0/16",  # a cable between two computers
    "100.64.0.0/10",  # RFC 6598: not on the Internet either; addresses of Tailscale
    *("::1/128", "fc00::/7", "fe80::/10"),
)
_NETWORKS = tuple(ip_network(text) for text in PERMITTED_NETWORKS)


class Names(NamedTuple):
    """The DNS names and IP addresses of one listener, for the certificate's SAN."""

    dns: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()


def names_of_loopback(name: str | None, ip: str = "127.0.0.1") -> Names:
    """What a loopback listener is called; `ip` when it is another one of 127.0.0.0/8."""
    dns = ("localhost", *([f"{name}.localhost"] if name else []))
    return Names(dns, tuple(dict.fromkeys(("127.0.0.1", "::1", ip))))


def names_of_share(name: str | None, ip: str) -> Names:
    """What a shared address is called."""
    return Names((f"{name}.local",) if name else (), (ip,))


def names_of_open(name: str | None, ips: tuple[str, ...]) -> Names:
    """What a listener of `--host` is called; `ips` are the addresses it is reached by.

    For a wildcard that is all addresses of the interfaces, public ones among them: see `permitted`.
    """
    here = names_of_loopback(name)
    return Names(here.dns, tuple(dict.fromkeys((*here.ips, *ips))))


def permitted(names: Names) -> tuple[Names, tuple[str, ...]]:
    """What the CA may sign of it, and what it may not."""
    dns = tuple(name for name in names.dns if _is_permitted_name(name))
    ips = tuple(ip for ip in names.ips if _is_permitted_ip(ip))
    left = tuple(each for each in (*names.dns, *names.ips) if each not in (*dns, *ips))
    return Names(dns, ips), left


def _is_permitted_name(name: str) -> bool:
    return any(name == domain or name.endswith("." + domain) for domain in PERMITTED_DOMAINS)


def _is_permitted_ip(text: str) -> bool:
    try:
        ip = ip_address(text)
    except ValueError:
        return False
    # A zone (fe80::1%eth0) has no place in a certificate.
    return "%" not in text and any(ip in network for network in _NETWORKS)
