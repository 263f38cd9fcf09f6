"""homeport: serve a FastAPI or any ASGI app to the programs on this computer.

import homeport

if __name__ == "__main__":
    homeport.run("main:app", port=8000, reload=True)
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from homeport.core.audience import Reach
    from homeport.core.facts import Listener
    from homeport.core.port_report import PortReport
    from homeport.engine.guarding.guard import Guard

__all__ = ["Guard", "listeners", "port", "reach", "run"]


def __getattr__(name: str) -> "Any":
    """`Guard` is imported when it is asked for: most programs never do."""
    if name == "Guard":
        from homeport.engine.guarding.guard import Guard

        return Guard
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
    from homeport.host.survey import port_report

    return port_report(number)


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
