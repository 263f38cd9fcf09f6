"""Where the server is that is called so, proven (docs/adr/0017).

Whatever is in the registry's files, only what is heard from the running server counts:

* that it runs: it holds its entry and answers with its instance on its control socket, which nobody
  but this user can have put there;
* that an address is its own: the answer comes from the process that holds the listening sockets,
  and the kernel gives an address to one holder per network namespace. So a server in ours owns what
  it says it listens on, be its app busy, starting, or broken;
* where that cannot be seen (a container that shares the runtime folder, a system without
  namespaces), whoever answers at the address has to know the server's secret (core/proof).
"""

import os
from collections.abc import Mapping
from typing import Any

from homeport.core import client_words, lookup
from homeport.core.entry import Entry
from homeport.core.errors import NothingThereError
from homeport.core.lookup import Found, Place, Source
from homeport.engine import control_client, registry

_TRIES = 3
"""A server may be replaced between being found and being asked."""


def find(name: str, url: str | None = None, environment: Mapping[str, str] = os.environ) -> Found:
    """The server of that name (or on that port), or the one that is said to be it.

    Raises NothingThereError with those that run, UsageError for what is no name or no URL or a
    registry that is not safe to read, HomeportError for a server of another version.
    """
    if not isinstance(name, str):
        raise client_words.not_a_name(name)
    origin = "the URL given"
    if url is None:
        url, origin = lookup.said_in(environment, name), lookup.variable_of(name)
    if url is None:
        return in_registry(name, environment)
    place = lookup.read_url(url)
    if place is None:
        raise client_words.not_a_url(url, origin)
    source = Source.ENVIRONMENT if origin == lookup.variable_of(name) else Source.GIVEN
    return Found(name=name, url=place.url, port=place.port, source=source, urls=(place.url,))


def in_registry(name: str, environment: Mapping[str, str] = os.environ) -> Found:
    """The running server of that name, or on that port. Raises as `find`."""
    for _ in range(_TRIES):
        entry = registry.find(name, environment)
        try:
            return proven(entry)
        except NothingThereError as error:
            if error.code != "server-gone":
                raise
    return proven(registry.find(name, environment))


def proven(entry: Entry) -> Found:
    """What a server of the registry says of itself now. NothingThereError as `find`."""
    answer = control_client.ask(entry, {"ask": "who"})
    if answer.get("instance") != entry.instance:
        from homeport.core.registry_words import server_gone

        raise server_gone(entry.name)
    addresses, urls = (_texts(answer.get(field)) for field in ("addresses", "urls"))
    place = lookup.own_url(addresses, urls)
    if place is None:
        raise client_words.nowhere(entry.name)
    _prove(entry, place, answer.get("network"))
    return Found(
        name=entry.name,
        url=place.url,
        port=place.port,
        source=Source.REGISTRY,
        urls=urls,
        instance=entry.instance,
        project=entry.project,
        app=entry.app,
        since=entry.started,
    )


def _prove(entry: Entry, place: Place, network: object) -> None:
    from homeport.host.me import network_id

    here = network_id()
    if here is None or network != here:
        from homeport.engine.challenge import objection

        reason = objection(place, entry.instance, registry.secret(entry))
        if reason is not None:
            raise client_words.not_proven(entry.name, place.url, reason)


def _texts(value: Any) -> tuple[str, ...]:
    is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return tuple(value) if is_list else ()
