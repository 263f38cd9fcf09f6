"""`homeport ls`: one row per server, and nothing left out in silence."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from homeport.core.errors import ExitCode
from tests.cli.command import NOBODY, ended
from tests.cli.servers import server
from tests.cli.test_port import as_others, project, told
from tests.cli.test_stop import uvicorn_reload
from tests.engine.live import homeport

__all__ = ["project"]


def only_row(folder: Path, port: int, **how: Any) -> dict[str, Any]:
    """That of a port. (On others there may be two servers: of other tests, at this moment.)"""
    listed = json.loads(ended(folder, "ls", "--json", **how).out)["servers"]
    (found,) = (row for row in listed if row["port"] == port)
    assert isinstance(found, dict)
    return found


def test_a_homeport_server_comes_first_with_project_and_branch(project: Path) -> None:
    with ExitStack() as cleanup:
        running = cleanup.enter_context(homeport(project))
        running.ready()
        other = cleanup.enter_context(server(project))
        while other.port > running.port:  # the order of ports would put it first
            other = cleanup.enter_context(server(project))
        listed = json.loads(ended(project, "ls", "--json").out)["servers"]
        text = told(ended(project, "ls", env={"COLUMNS": "200"}))
    ours = next(row for row in listed if row["port"] == running.port)
    assert listed.index(ours) < [row["port"] for row in listed].index(other.port)
    assert ours["homeport"] is True
    assert ours["project"]["name"] == "shop"
    assert ours["listens_on"] == "localhost"
    assert ours["reach"] == "this computer"
    assert len(ours["holders"]) == 2
    (line,) = (line for line in text.splitlines() if f"  {running.port}  " in line)
    assert "homeport" in line and "shop, branch checkout" in line and "localhost" in line


def test_a_server_with_a_reload_child_is_one_row(project: Path) -> None:
    with uvicorn_reload(project) as (pid, port):
        row = only_row(project, port)
    assert row["program"] == "uvicorn"
    assert row["holders"][0]["pid"] == pid


@as_others
def test_what_is_hidden_is_listed_and_counted(project: Path) -> None:
    with server(project) as held:
        row = only_row(project, held.port, user=NOBODY)
        end = ended(project, "ls", user=NOBODY, env={"COLUMNS": "200"})
    assert (row["holders"], row["user"]) == ([], "root")
    assert "not visible to you; sudo homeport ls shows more" in told(end)


@pytest.mark.parametrize("columns", ["40", "60", "80", "200"])
def test_the_table_fits_the_page(project: Path, columns: str) -> None:
    with server(project, "0.0.0.0"):
        end = ended(project, "ls", env={"COLUMNS": columns})
    assert end.code == ExitCode.OK
    assert max(map(len, told(end).splitlines())) <= int(columns)
