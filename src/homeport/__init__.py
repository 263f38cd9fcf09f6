"""homeport: serve a FastAPI or any ASGI app to the programs on this computer.

import homeport

if __name__ == "__main__":
    homeport.run("main:app", port=8000, reload=True)
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["run"]


def run(
    app: "Any",
    *,
    host: "str | Sequence[str] | None" = None,
    port: int | None = None,
    reload: bool | None = None,
    reload_dir: "str | Sequence[str] | None" = None,
    reload_include: "str | Sequence[str] | None" = None,
    reload_exclude: "str | Sequence[str] | None" = None,
    app_dir: str | None = None,
    env_file: str | None = None,
    factory: bool | None = None,
    root_path: str | None = None,
    trust_proxy: "str | Sequence[str] | None" = None,
    access_log: bool | None = None,
    log_level: str | None = None,
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
