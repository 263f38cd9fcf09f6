"""The pytest plugin: `homeport_server`, one per test run, and `homeport_client`, one per test.

    def test_items(homeport_client):
        assert homeport_client.get("/items").json() == []

The app is that of `homeport_app` in the ini file of pytest (`homeport_app = shop.main:app`), else
that of `[tool.homeport]`, else it is found as `homeport` finds it from pytest's root folder. With
pytest-xdist the first worker process that needs it starts it, and all use that one. A project that
wants another one, such as an app object with overridden dependencies, or one for each worker
process, defines a fixture `homeport_server` itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    from homeport.core.lookup import Place

APP = "homeport_app"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The setting of the ini file."""
    parser.addini(APP, "the app that homeport_server serves, such as main:app", default=None)


@pytest.fixture(scope="session")
def homeport_server(request: pytest.FixtureRequest) -> "Iterator[Place]":
    """The project's app behind a real server, one for the whole run: `.url`, `.port`."""
    from homeport.core.lookup import read_url

    with _running(request) as url:
        place = read_url(url)
        assert place is not None
        yield place


@contextmanager
def _running(request: pytest.FixtureRequest) -> Iterator[str]:
    worker = getattr(request.config, "workerinput", None)
    if worker is None:
        with _begun(request.config) as url:
            yield url
        return
    from homeport.engine.one_for_all import one_for_all

    # As pytest-xdist advises: the folders of the workers of one run are in one folder.
    folder = request.getfixturevalue("tmp_path_factory").getbasetemp().parent
    path = folder / f"homeport-{worker['testrunuid']}"
    with one_for_all(path, lambda: _begun(request.config)) as url:
        yield url


@contextmanager
def _begun(config: pytest.Config) -> Iterator[str]:
    from homeport.testing import serve_project

    with serve_project(config.getini(APP) or None, config.rootpath) as server:
        yield server.url


@pytest.fixture
def homeport_client(homeport_server: "Place") -> "Iterator[httpx.Client]":
    """An `httpx.Client` for it, with its URL as base URL and no cookies of other tests."""
    from homeport.clients import client_for

    with client_for(homeport_server.url) as client:
        yield client
