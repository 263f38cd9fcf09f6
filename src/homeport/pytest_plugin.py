"""The pytest plugin: `homeport_server`, one per test run, and `homeport_client`, one per test.

    def test_items(homeport_client):
        assert homeport_client.get("/items").json() == []

The app is that of `homeport_app` in the ini file of pytest (`homeport_app = shop.main:app`), else
that of `[tool.homeport]`, else it is found as `homeport` finds it from pytest's root folder. With
pytest-xdist every worker process has a server of its own. A project that wants another one, such as
an app object with overridden dependencies, defines a fixture `homeport_server` itself.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    from homeport.testing import Server

APP = "homeport_app"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The setting of the ini file."""
    parser.addini(APP, "the app that homeport_server serves, such as main:app", default=None)


@pytest.fixture(scope="session")
def homeport_server(request: pytest.FixtureRequest) -> "Iterator[Server]":
    """The project's app behind a real server (`homeport.testing.Server`): `.url`, `.port`."""
    from homeport.testing import serve_project

    with serve_project(request.config.getini(APP) or None, request.config.rootpath) as server:
        yield server


@pytest.fixture
def homeport_client(homeport_server: "Server") -> "Iterator[httpx.Client]":
    """An `httpx.Client` for it, with its URL as base URL and no cookies of other tests."""
    from homeport.clients import client_for

    with client_for(homeport_server.url) as client:
        yield client
