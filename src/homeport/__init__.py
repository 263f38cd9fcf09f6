"""homeport: serve a FastAPI or any ASGI app to the programs on this computer.

import homeport

if __name__ == "__main__":
    homeport.run("main:app", port=8000, reload=True)

Other programs find it by name:

    with homeport.connect("shop") as client:
        client.get("/items")

And tests start one for themselves:

    with homeport.serve(app) as server:
        httpx.get(server.url)
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import httpx

    from homeport.core.audience import Reach
    from homeport.core.errors import (
        AppFailedError,
        AppNotFoundError,
        BindError,
        HomeportError,
        NameTakenError,
        NothingThereError,
        NotStoppedError,
        PortBusyError,
        UsageError,
    )
    from homeport.core.facts import Listener
    from homeport.core.lookup import Found
    from homeport.core.port_report import PortReport
    from homeport.engine.guarding.guard import Guard
    from homeport.testing import Server

__all__ = [
    "AppFailedError",
    "AppNotFoundError",
    "BindError",
    "Found",
    "Guard",
    "HomeportError",
    "NameTakenError",
    "NotStoppedError",
    "NothingThereError",
    "PortBusyError",
    "UsageError",
    "aconnect",
    "connect",
    "find",
    "listeners",
    "port",
    "reach",
    "run",
    "serve",
]

_HOMES = {"Found": "homeport.core.lookup", "Guard": "homeport.engine.guarding.guard"}


def __getattr__(name: str) -> "Any":
    """Classes are imported when they are asked for: most programs never do."""
    if name in __all__:  # a class with no home of its own is an error
        from importlib import import_module

        return getattr(import_module(_HOMES.get(name, "homeport.core.errors")), name)
    raise AttributeError(f"module 'homeport' has no attribute {name!r}")


def run(
    app: "Any",
    *,
    host: "str | Sequence[str] | None" = None,
    port: int | None = None,
    name: str | None = None,
    reload: bool | None = None,
    reload_dir: "str | Sequence[str] | None" = None,
    reload_include: "str | Sequence[str] | None" = None,
    reload_exclude: "str | Sequence[str] | None" = None,
    warm: bool | None = None,
    warm_exclude: "str | Sequence[str] | None" = None,
    app_dir: str | None = None,
    env_file: str | None = None,
    factory: bool | None = None,
    root_path: str | None = None,
    trust_proxy: "str | Sequence[str] | None" = None,
    access_log: bool | None = None,
    log_level: str | None = None,
    single_lifespan: bool | None = None,
    stop_timeout: float | None = None,
    open: bool | None = None,
    force_port: bool | None = None,
    json: bool | None = None,
) -> None:
    """Serve an app until it is stopped (Ctrl-C, SIGTERM); like `homeport APP` in a terminal.

    `app` is a name such as `"main:app"`, or an ASGI app object, which is then served by this very
    process and cannot be reloaded. Whatever is None comes from `HOMEPORT_…`, `[tool.homeport]` in
    pyproject.toml, or the defaults of `homeport --help`.

    Raises SystemExit with an exit code of `homeport.core.errors.ExitCode` when it cannot serve;
    the reason has been printed then.
    """
    options = dict(locals())
    del options["app"]
    from homeport.ui.cli.run import run_app

    run_app(app, options)


def find(name: str, *, url: str | None = None) -> "Found":
    """Where the server is that is called so: `homeport.find("shop").url`.

    In this order: `url`, if the caller knows one; the environment variable `HOMEPORT_URL_<NAME>`
    (`HOMEPORT_URL_SHOP_API` for shop-api); the servers that run here now, by name or by port. Those
    are proven: the server has answered just now, and the URL, an address and no name, is its own.

    Raises NothingThereError with the names of those that run, UsageError for what is no name or no
    URL.
    """
    from homeport.engine.find import find as look

    return look(name, url)


def connect(name: str, *, url: str | None = None, **options: "Any") -> "httpx.Client":
    """An `httpx.Client` for the server that is called so, which follows it.

    Its base URL is the server's, so `client.get("/items")` is enough. When the server was restarted
    on another port, the next connection goes there; while it restarts, a request waits for it, as
    long as the client's connect timeout says (httpx: 5 s; 5 s too where that is switched off). No
    request is sent twice: what fails after a connection was there is raised as httpx raises it.

    `options` are those of `httpx.Client`. Its certificate is trusted if it speaks https. A `url`,
    or `HOMEPORT_URL_<NAME>`, is taken as it is: then this is an ordinary client.

    Raises as `find`. Requests raise httpx.ConnectError when the server does not come back.
    """
    from homeport.clients import connect as open_client

    return open_client(name, url=url, **options)


def aconnect(name: str, *, url: str | None = None, **options: "Any") -> "httpx.AsyncClient":
    """As `connect`, an `httpx.AsyncClient`: `async with homeport.aconnect("shop") as client:`.

    Not a coroutine itself: it looks the server up before it comes back, about a millisecond.
    """
    from homeport.clients import aconnect as open_client

    return open_client(name, url=url, **options)


def serve(
    app: "Any" = None,
    *,
    name: str | None = None,
    port: int = 0,
    app_dir: str | None = None,
    env_file: str | None = None,
    factory: bool | None = None,
    root_path: str | None = None,
    trust_proxy: "str | Sequence[str] | None" = None,
    allow_host: "str | Sequence[str] | None" = None,
    allow_origin: "str | Sequence[str] | None" = None,
    tls: bool = False,
    start_timeout: float = 30.0,
    stop_timeout: float = 5.0,
) -> "Server":
    """A server for a test: `with homeport.serve(app) as server: httpx.get(server.url)`.

    `app` is an ASGI app object, served by a thread of this process, or a name such as `"main:app"`
    (None: found as `homeport` finds it), served by a process of its own. Real sockets on both
    loopback addresses, a free port, the same guard as ever. It answers when the block begins, and
    is gone when it ends, however it ends. It prints nothing and does not reload; it is in the
    registry only under a `name`. Other options are those of `run`.

    `with` waits where it stands: in a coroutine the loop stands still for as long as the app takes
    to start and to end. `async with` does the same and lets the loop go on.

    Entering raises AppFailedError, with the app's traceback or when it is not ready within
    `start_timeout` seconds (an object that hangs then has some seconds more to end, for a thread
    cannot be killed), or what `homeport` refuses with: NameTakenError, PortBusyError, …, all of
    them HomeportError. Leaving lets requests finish for `stop_timeout` seconds; it raises
    AppFailedError when the app's process had died, NotStoppedError when its thread hangs, neither
    in the place of an error of the block.
    """
    options = dict(locals())
    del options["app"]
    from homeport.testing import serve as server_of

    return server_of(app, **options)


def listeners() -> "tuple[Listener, ...]":
    """Every TCP socket that listens on this computer, with the processes that hold it.

    `holders` of a `Listener` is empty where they are not visible to this user, which is not the
    same as nobody. Raises OSError when the system does not show its sockets.
    """
    from homeport import host

    return host.listeners()


def port(number: int) -> "PortReport":
    """Is a port free for a server on localhost, who occupies it, who answers there.

    Like `homeport port NUMBER`: `port(8000).availability.bindable`. Binds the port for a moment to
    be sure. Raises ValueError for what is no TCP port, OSError as `listeners`.
    """
    _check(number)
    from homeport.engine.roll_call import tls_servers
    from homeport.host.survey import port_report

    return port_report(number).in_tls(tls_servers())


def reach(number: int) -> "tuple[Reach, ...]":
    """Who can reach the servers on a port: one `Reach` for each, with a verdict per audience.

    Like `homeport reach NUMBER`; empty when nothing listens there. Raises as `port`.
    """
    _check(number)
    from homeport.host.survey import facts, reaches

    return tuple(found for found in reaches(facts()) if found.port == number)


def _check(number: int) -> None:
    if type(number) is not int or not 1 <= number <= 65535:
        raise ValueError(f"{number!r} is not a TCP port: those are numbers from 1 to 65535")
