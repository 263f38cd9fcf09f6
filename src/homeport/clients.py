"""Clients that find their server by name and follow it: `homeport.connect`, `homeport.aconnect`.

Before a connection is opened the server is looked up, which takes about a millisecond: after a
restart somebody else may have its old port. When it is elsewhere by then, or cannot be connected
to, the request goes to where it is now. Nothing of a request has been sent at that point, so no
request is ever sent twice; what fails later is raised as httpx raises it.
"""

import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio.to_thread
import httpx

from homeport.core.address import is_ip, is_loopback
from homeport.core.errors import HomeportError, NothingThereError
from homeport.core.lookup import Found, Source
from homeport.engine.certificates.trusted import OwnContext, client_context, trust_local_cas
from homeport.engine.find import find, in_registry

PATIENCE = 5.0
"""Seconds that a request waits for its server to come back, where it has no connect timeout."""
_PAUSE = 0.05
_OPENING = "connection.connect_tcp.started"
_OF_TRANSPORT = ("verify", "cert", "trust_env", "http1", "http2", "limits")


def connect(name: str, *, url: str | None = None, **options: Any) -> httpx.Client:
    """See `homeport.connect`."""
    found = find(name, url)
    if found.source is not Source.REGISTRY:
        return httpx.Client(base_url=found.url, **_at_a_fixed_place(found.url) | options)
    inner = options.pop("transport", None)
    if inner is None:
        inner = httpx.HTTPTransport(**_transport_options(options))
    route = Route(found)
    client = httpx.Client(transport=Following(route, inner), base_url=found.url, **options)
    route.moved = lambda place: _move(client, options, place)
    return client


def aconnect(name: str, *, url: str | None = None, **options: Any) -> httpx.AsyncClient:
    """See `homeport.aconnect`."""
    found = find(name, url)
    if found.source is not Source.REGISTRY:
        return httpx.AsyncClient(base_url=found.url, **_at_a_fixed_place(found.url) | options)
    inner = options.pop("transport", None)
    if inner is None:
        inner = httpx.AsyncHTTPTransport(**_transport_options(options))
    route = Route(found)
    following = AsyncFollowing(route, inner)
    client = httpx.AsyncClient(transport=following, base_url=found.url, **options)
    route.moved = lambda place: _move(client, options, place)
    return client


def _move(client: httpx.Client | httpx.AsyncClient, options: dict[str, Any], url: str) -> None:
    here = httpx.URL(url)  # a path below it, should the caller have set one, stays
    client.base_url = client.base_url.copy_with(scheme=here.scheme, host=here.host, port=here.port)
    context = options.get("verify")
    if url.startswith("https:") and isinstance(context, OwnContext):
        trust_local_cas(context)  # perhaps made only now, or renewed


def client_for(url: str) -> httpx.Client:
    """An ordinary client with a base URL; what is on this computer is asked without a proxy."""
    return httpx.Client(base_url=url, **_at_a_fixed_place(url))


def _at_a_fixed_place(url: str) -> dict[str, Any]:
    """On this computer no proxy is asked, and our own certificates count."""
    host = httpx.URL(url).host
    if host != "localhost" and not (is_ip(host) and is_loopback(host)):
        return {}
    own = {"verify": client_context()} if url.startswith("https:") else {}
    return {"trust_env": False, **own}


def _transport_options(options: dict[str, Any]) -> dict[str, Any]:
    """What a client would have passed on; a server that speaks http now may speak https later."""
    if options.get("verify", True) is True:
        options["verify"] = client_context()
    return {key: options[key] for key in _OF_TRANSPORT if key in options}


class Moved(Exception):
    """The server is elsewhere: said before a connection to its old place is opened."""


class Route:
    """Where the server is now, and which requests are meant for it.

    `moved` is told the URL when another server has its place, be it at the same one.
    """

    def __init__(self, found: Found, look: Callable[[str], Found] = in_registry) -> None:
        self.found = found
        self.moved: Callable[[str], None] = lambda place: None
        self._look = look
        self._origins = {_origin(httpx.URL(found.url))}

    def leads(self, request: httpx.Request) -> bool:
        """Whether the request is for the server, at a place where it is or was."""
        return _origin(request.url) in self._origins

    def look(self) -> None:
        """Find it anew. Raises as `homeport.find`."""
        found = self._look(self.found.name)
        before, self.found = self.found, found
        if found.instance != before.instance or found.url != before.url:
            self._origins.add(_origin(httpx.URL(found.url)))
            self.moved(found.url)

    def look_again(self) -> None:
        """After a failure: where it is now, if it is anywhere."""
        with suppress(HomeportError):
            self.look()

    def is_towards(self, request: httpx.Request) -> bool:
        """Whether the request would go to where the server is now."""
        return _origin(request.url) == _origin(httpx.URL(self.found.url))

    def lead(self, request: httpx.Request) -> None:
        """Send it to where the server is now."""
        here = httpx.URL(self.found.url)
        if not self.is_towards(request):
            before = request.url
            request.url = before.copy_with(scheme=here.scheme, host=here.host, port=here.port)
            if request.headers.get("Host") == before.netloc.decode("ascii"):
                request.headers["Host"] = request.url.netloc.decode("ascii")


class _Patience:
    """How long one request waits for its server."""

    def __init__(self, request: httpx.Request) -> None:
        self._timeout = request.extensions.get("timeout", {})
        connect = self._timeout.get("connect")
        self._ends = time.monotonic() + (PATIENCE if connect is None else connect)

    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def extensions(self, opening: object, before: dict[str, Any]) -> dict[str, Any]:
        """For one attempt: told before a connection is opened, which may take what is left."""
        left = max(self._ends - time.monotonic(), 0.001)
        timeout = self._timeout
        if timeout.get("connect") is not None:
            timeout = {**timeout, "connect": left}
        return {**before, "timeout": timeout, "trace": opening}


class Following(httpx.BaseTransport):
    """A transport that follows one server; requests for others just pass."""

    def __init__(self, route: Route, inner: httpx.BaseTransport) -> None:
        self.route = route
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx has it. httpx.ConnectError when the server does not come back in time."""
        if not self.route.leads(request):
            return self._inner.handle_request(request)
        patience, given = _Patience(request), request.extensions
        theirs = given.get("trace")

        def trace(event: str, info: dict[str, Any]) -> None:
            if theirs is not None:
                theirs(event, info)
            if event == _OPENING:
                self.route.look()
                if not self.route.is_towards(request):
                    raise Moved

        while True:
            self.route.lead(request)
            request.extensions = patience.extensions(trace, given)
            try:
                return self._inner.handle_request(request)
            except Moved:
                continue
            except (httpx.ConnectError, httpx.ConnectTimeout, HomeportError) as error:
                _raise_unless_it_may_come_back(error, patience, request)
                time.sleep(_PAUSE)
                self.route.look_again()
            finally:
                request.extensions = given

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()


class AsyncFollowing(httpx.AsyncBaseTransport):
    """The same for asynchronous clients; looking up is done in a thread."""

    def __init__(self, route: Route, inner: httpx.AsyncBaseTransport) -> None:
        self.route = route
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx has it. httpx.ConnectError when the server does not come back in time."""
        if not self.route.leads(request):
            return await self._inner.handle_async_request(request)
        patience, given = _Patience(request), request.extensions
        theirs: Callable[[str, dict[str, Any]], Awaitable[None]] | None = given.get("trace")

        async def trace(event: str, info: dict[str, Any]) -> None:
            if theirs is not None:
                await theirs(event, info)
            if event == _OPENING:
                await anyio.to_thread.run_sync(self.route.look)
                if not self.route.is_towards(request):
                    raise Moved

        while True:
            self.route.lead(request)
            request.extensions = patience.extensions(trace, given)
            try:
                return await self._inner.handle_async_request(request)
            except Moved:
                continue
            except (httpx.ConnectError, httpx.ConnectTimeout, HomeportError) as error:
                _raise_unless_it_may_come_back(error, patience, request)
                await anyio.sleep(_PAUSE)
                await anyio.to_thread.run_sync(self.route.look_again)
            finally:
                request.extensions = given

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()


def _raise_unless_it_may_come_back(
    error: Exception, patience: _Patience, request: httpx.Request
) -> None:
    comes_back = isinstance(error, NothingThereError) or getattr(error, "code", "") == "no-answer"
    refused = isinstance(error, HomeportError) and not comes_back
    if not (refused or patience.is_over() or _is_about_tls(error)):
        return
    if isinstance(error, HomeportError):
        raise httpx.ConnectError(str(error), request=request) from error
    raise error


def _is_about_tls(error: BaseException | None) -> bool:
    """A certificate that is not trusted is not trusted a moment later either."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
