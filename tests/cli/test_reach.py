"""`homeport reach`: the table, the answers and the drawings."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from homeport.core.errors import ExitCode
from tests.cli.command import ended
from tests.cli.servers import server
from tests.cli.test_port import free_port, project, told
from tests.engine.live import homeport

__all__ = ["project"]


def test_a_server_on_localhost_is_for_this_computer(project: Path) -> None:
    with server(project, "127.0.0.1,::1") as held:
        end = ended(project, "reach", str(held.port), "--json")
        text = told(ended(project, "reach", str(held.port)))
    (one,) = json.loads(end.out)["servers"]
    verdicts = {each["audience"]["kind"]: each["verdict"] for each in one["findings"]}
    assert verdicts["this-computer"] == "yes"
    assert verdicts["internet"] == "no"
    assert verdicts.get("network", "no") == "no"
    assert "this does not depend on a firewall" in text or "network" not in verdicts
    assert f"A browser on this computer: yes, http://localhost:{held.port}" in text
    assert "A phone on the same network: no" in text
    for title in ("--host localhost", "--host 0.0.0.0"):
        assert title in text
    assert "//0.0.0.0" not in text


def test_the_page_fits_eighty_columns_and_ascii(project: Path) -> None:
    with server(project, "0.0.0.0") as held:
        wide = told(ended(project, "reach", str(held.port)))
        plain = told(ended(project, "reach", str(held.port), "--ascii"))
        locale = told(ended(project, "reach", str(held.port), env={"PYTHONIOENCODING": "ascii"}))
    assert max(map(len, wide.splitlines())) <= 80
    assert "│" in wide
    assert plain.isascii()
    assert locale.isascii() and locale == plain


def test_the_drawing_is_written_as_svg_and_printed_as_mermaid(project: Path) -> None:
    with server(project) as held:
        end = ended(project, "reach", str(held.port), "--svg", "reach.svg")
        mermaid = told(ended(project, "reach", str(held.port), "--mermaid"))
        nowhere = ended(project, "reach", str(held.port), "--svg", "none/reach.svg")
    assert end.code == ExitCode.OK
    for name in ("reach.svg", "reach-way.svg"):
        root = ElementTree.fromstring((project / name).read_text("utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert name in end.out
    assert "\nflowchart " in mermaid
    assert nowhere.code == ExitCode.USAGE
    assert "cannot be written" in nowhere.err
    assert "none/reach.svg" in nowhere.err


def test_a_file_that_is_no_drawing_of_ours_is_kept(project: Path) -> None:
    with server(project) as held:
        port = str(held.port)
        (project / "x-way.svg").write_text("<svg>mine</svg>")
        for name in ("main.py", "x.svg"):
            end = ended(project, "reach", port, "--svg", name)
            assert end.code == ExitCode.USAGE
            assert "another file" in end.err
        assert ended(project, "reach", port, "--svg", "y.svg").code == ExitCode.OK
        assert ended(project, "reach", port, "--svg", "y.svg").code == ExitCode.OK
    assert "FastAPI" in (project / "main.py").read_text()
    assert (project / "x-way.svg").read_text() == "<svg>mine</svg>"
    assert not (project / "x.svg").exists()


def test_two_servers_behind_localhost_are_told_and_drawn_side_by_side(
    project: Path, tmp_path: Path
) -> None:
    with server(project) as one, server(tmp_path, "::1", str(one.port)) as other:
        text = told(ended(project, "reach", str(one.port)))
        drawn = ended(project, "reach", str(one.port), "--svg", "both.svg")
        stopped = ended(project, "stop", str(one.port), "--yes", str(other.pid))
        assert (stopped.code, one.process.poll()) == (ExitCode.OK, None)
    assert text.count("A browser on this computer: yes") == 2
    assert "Localhost" in text and "another server has one of its two addresses" in " ".join(
        text.split()
    )
    assert text.count(" now ") == 2
    assert drawn.code == ExitCode.OK


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
def test_another_locale_than_utf8_gets_ascii(project: Path, locale: str) -> None:
    with server(project, "0.0.0.0") as held:
        end = ended(project, "reach", str(held.port), env={"LC_ALL": locale})
    assert told(end).isascii()


def test_without_a_port_it_is_about_the_server_of_this_project(
    project: Path, tmp_path: Path
) -> None:
    with homeport(project) as running, server(project, "0.0.0.0") as exposed:
        running.ready()
        own = json.loads(ended(project, "reach", "--json").out)["servers"]
        others = json.loads(ended(tmp_path, "reach", "--json").out)["servers"]
    assert [each["port"] for each in own] == [running.port]
    ports = [each["port"] for each in others]
    assert running.port not in ports
    outside = {f["audience"]["kind"] for f in own[0]["findings"]} - {"this-computer", "other-users"}
    assert (exposed.port in ports) is ("network" in outside)


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_port_without_a_server_is_said_to_be_so(project: Path, how: tuple[str, ...]) -> None:
    port = free_port()
    end = ended(project, "reach", str(port), *how)
    assert end.code == ExitCode.NOTHING_THERE
    assert f"Nothing listens on port {port}." in end.out + end.err
