"""Ports of programs that are told theirs by $PORT, and of exported units."""

import socket
from pathlib import Path

from homeport.engine.port_ahead import port_ahead
from tests.engine.runtime import Environment, home


def here(tmp_path: Path) -> Environment:
    return home(tmp_path / "run") | {"XDG_STATE_HOME": str(tmp_path / "state")}


def test_each_program_has_its_own_and_the_same_again(tmp_path: Path) -> None:
    environment = here(tmp_path)
    names = ("api", "web", "jobs")
    first = [port_ahead(name, "/shop", environment).port for name in names]
    assert len(set(first)) == 3
    assert [port_ahead(name, "/shop", environment).port for name in names] == first
    assert port_ahead("web", "/other", environment).port not in first


def test_one_that_somebody_has_is_not_given_and_that_is_said(tmp_path: Path) -> None:
    environment = here(tmp_path)
    port_ahead("api", "/shop", environment)
    port = port_ahead("web", "/shop", environment).port
    with socket.create_server(("0.0.0.0", port)):
        other = port_ahead("web", "/shop", environment)
    assert other.port != port
    assert f"port {port} is in use by pid" in other.notes[0]
    assert port_ahead("web", "/shop", environment).port == port


def test_without_a_memory_there_is_a_port_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "homeport").write_text("no folder")
    given = port_ahead("web", "/shop", here(tmp_path))
    assert given.port > 0
    assert "not remembered" in given.notes[-1]
