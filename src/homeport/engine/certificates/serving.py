"""The certificate that a server is started with: `--tls`, or `--tls-cert` and `--tls-key`."""

import os
from pathlib import Path

from homeport import host
from homeport.core import trust_words
from homeport.core.address import WILDCARD, is_loopback
from homeport.core.certificate_names import Names, names_of_loopback, names_of_open, permitted
from homeport.core.certificates import Leaf
from homeport.engine.certificates.given import given_leaf
from homeport.engine.certificates.leaf import issue
from homeport.engine.front import Front
from homeport.engine.runtime_folder import state_folder
from homeport.engine.trust_stores import system_trusts


def certificate_for(front: Front, now: float) -> tuple[Leaf, tuple[str, ...]]:
    """It, and what has to be said about it. `now` is the Unix time.

    UsageError, HomeportError when there can be none.
    """
    if front.entrance.certificate_files is not None:
        cert, key = map(Path, front.entrance.certificate_files)
        leaf = given_leaf(cert, key, now)
        return leaf, leaf.warnings
    names, left_out = permitted(names_of(front))
    with state_folder(os.environ, make=True) as folder:
        leaf = issue(Path(folder.path), names, now)
    notes = [*leaf.warnings]
    if leaf.ca is not None and (news := trust_words.ca_news(leaf.ca)):
        notes.append(news)
    elif leaf.ca is not None and system_trusts(leaf.ca) is False:
        notes.append(trust_words.not_trusted_here())
    if left_out:
        notes.append(trust_words.not_named(left_out))
    return leaf, tuple(notes)


def is_for_all_addresses(front: Front) -> bool:
    """Whether the names of its certificate change with the network."""
    return front.entrance.certificate_files is None and any(ip in WILDCARD for ip in front.ips)


def names_of(front: Front) -> Names:
    """What the certificate of a server is for: all its addresses, one stands for every door."""
    if all(is_loopback(ip) for ip in front.ips):
        names = names_of_loopback(front.name)
        return Names(names.dns, tuple(dict.fromkeys((*names.ips, *front.ips))))
    ips = tuple(ip for ip in front.ips if ip not in WILDCARD)
    if len(ips) < len(front.ips):
        own = (ip for each in host.interfaces() for ip in each.ips if "%" not in ip)
        ips = (*ips, *own)
    return names_of_open(front.name, ips)
