"""Servers for tests: `homeport.serve`, with real sockets and the whole way a request takes.

The fixtures for pytest, `homeport_server` and `homeport_client`, are in `homeport.pytest_plugin`,
which pytest finds by itself.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from homeport.core import client_words, server_words
from homeport.core.errors import HomeportError, NameTakenError
from homeport.core.lookup import Place, own_url
from homeport.core.options import Settings
from homeport.engine.serve_for_tests import InABlock, open_in_a_block
from homeport.engine.start import Serving
from homeport.ui.cli.folders import current_folder
from homeport.ui.cli.sources import from_arguments, read_project, settings_of
from homeport.ui.cli.what_to_serve import app_of, importing_as_here, place_of, serving_of

__all__ = ["Server", "serve"]


class Server:
    """What `homeport.serve` gives: a server that runs as long as its with-block.

    `url` (no slash at its end) and `port` are known inside the block; `name` is what it is called
    in the registry, None for a server that was given no name.
    """

    def __init__(self, app: Any, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        self._folder: Path | None = None
        self._running: InABlock | None = None

    @property
    def url(self) -> str:
        """Where it is, such as http://127.0.0.1:41733. RuntimeError outside the block."""
        return self._place.url

    @property
    def port(self) -> int:
        """The port in `url`. RuntimeError outside the block."""
        return self._place.port

    @property
    def name(self) -> str | None:
        """Its name in the registry. RuntimeError outside the block."""
        return self._inside.name

    @property
    def _inside(self) -> InABlock:
        if self._running is None:
            raise RuntimeError(
                "the server runs inside its block:  with homeport.serve(…) as server:"
            )
        return self._running

    @property
    def _place(self) -> Place:
        front = self._inside.front
        addresses = (f"{ip}:{front.port}" for ip in front.ips)
        place = own_url(addresses, ["https:" if front.leaf else "http:"])
        assert place is not None
        return place

    def __enter__(self) -> Self:
        """Start it, and come back when it answers. Raises as `homeport.serve` says."""
        if self._running is not None:
            raise RuntimeError("this server runs already; each block has one of its own")
        given, named = self._options, isinstance(self._app, str | None)
        serving = _serving(self._app, given, self._folder)
        app = None if named else self._app
        try:
            running = open_in_a_block(serving, app, given["name"] and serving.name, os.environ)
        except NameTakenError as error:
            raise server_words.in_a_program(error) from None
        running.start(serving.job, given["start_timeout"])
        self._running = running
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it. An error of the block is never replaced by one of the end."""
        if self._running is not None:
            running, self._running = self._running, None
            try:
                running.stop(self._options["stop_timeout"])
            except HomeportError:
                if error is None:
                    raise

    async def __aenter__(self) -> Self:
        """As `with`, and the event loop of the caller goes on meanwhile."""
        starting = asyncio.ensure_future(asyncio.to_thread(self.__enter__))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            with suppress(HomeportError):
                await starting
                await asyncio.to_thread(self.__exit__, None, None, None)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """As `with`, and the event loop of the caller goes on meanwhile."""
        await asyncio.to_thread(self.__exit__, kind, error, traceback)


def serve(
    app: Any = None,
    *,
    name: str | None = None,
    port: int = 0,
    app_dir: str | None = None,
    env_file: str | None = None,
    factory: bool | None = None,
    root_path: str | None = None,
    trust_proxy: str | Sequence[str] | None = None,
    allow_host: str | Sequence[str] | None = None,
    allow_origin: str | Sequence[str] | None = None,
    tls: bool = False,
    start_timeout: float = 30.0,
    stop_timeout: float = 5.0,
) -> Server:
    """See `homeport.serve`."""
    options = dict(locals())
    del options["app"]
    return Server(app, options)


def serve_project(app: str | None, folder: Path) -> Server:
    """As `serve` without options, for a project: names and files are relative to `folder`."""
    server = serve(app)
    server._folder = folder
    return server


def _serving(app: Any, options: dict[str, Any], folder: Path | None) -> Serving:
    started = time.monotonic()
    here = folder or current_folder()
    project = read_project(here)
    first = {key: each for key, each in options.items() if key != "start_timeout"}
    if not isinstance(app, str | None):
        if options["env_file"] is not None:
            raise client_words.env_file_needs_a_name()
        first["factory"] = bool(options["factory"])  # the project's setting is about its own app
        settings = _for_a_test(settings_of(from_arguments(first), project), options)
        settings = replace(settings, env_file=None)
        serving = serving_of(settings, project, here, place_of(app, here), started)
        return replace(serving, restarts=False)
    settings = settings_of(from_arguments({**first, "app": app}), project)
    settings = _for_a_test(settings, options)
    location = app_of(settings, project, here)
    return importing_as_here(serving_of(settings, project, here, location, started))


def _for_a_test(settings: Settings, options: dict[str, Any]) -> Settings:
    """Whatever the environment and the project say of real servers."""
    return replace(
        settings,
        host=("localhost",),
        port=options["port"],
        port_origin="port",
        reload=False,
        warm=False,
        tls=options["tls"],
        tls_cert=None,
        tls_key=None,
        access_log=False,
        single_lifespan=False,
        open=False,
        json=False,
    )
