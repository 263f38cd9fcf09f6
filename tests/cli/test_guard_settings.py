"""What people may change about the guard and where they say it; what a refusal looks like."""

import http.client
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport import host
from homeport.core import words
from homeport.core.appref import AppLocation
from homeport.core.errors import ExitCode
from homeport.core.runs_in import Engine, RunsIn
from homeport.engine import start
from homeport.engine.front import Front
from tests.cli.command import ended, started
from tests.engine.live import Homeport, homeport
from tests.engine.row_on_the_wire import APP, HANDSHAKE

NAME = "shop.example"
EVIL = "http://evil.example"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    return tmp_path


Answer = tuple[int, dict[str, str], str]


def ask(server: Homeport, method: str = "GET", **headers: str) -> Answer:
    """Status, headers and body; a Host among `headers` replaces ours, `_` stands for `-`."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, "/", headers=named)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()
    finally:
        connection.close()


def status(server: Homeport, **headers: str) -> int:
    return ask(server, **headers)[0]


@pytest.mark.parametrize("place", ["flag", "variable", "pyproject"])
def test_a_name_and_an_origin_can_be_added(place: str, project: Path) -> None:
    flags, variables = [], {}
    if place == "flag":
        flags = ["--allow-host", NAME, "--allow-origin", EVIL]
    elif place == "variable":
        variables = {"HOMEPORT_ALLOW_HOST": NAME, "HOMEPORT_ALLOW_ORIGIN": EVIL}
    else:
        table = f'[tool.homeport]\nallow-host = ["{NAME}"]\nallow-origin = ["{EVIL}"]\n'
        (project / "pyproject.toml").write_text(table)
    with homeport(project, "main:app", *flags, **variables) as server:
        server.ready()
        assert status(server, Host=NAME) == status(server, Host=f"{NAME}:81") == 200
        assert status(server, Host="other.example") == 421
        assert status(server, Origin=EVIL) == 200
        assert status(server, Origin="http://other.example") == 403


def test_a_name_with_a_port_is_good_with_that_port_only(project: Path) -> None:
    with homeport(project, "main:app", "--allow-host", f"{NAME}:8443") as server:
        server.ready()
        assert status(server, Host=f"{NAME}:8443") == 200
        assert status(server, Host=NAME) == status(server, Host=f"{NAME}:8444") == 421


def test_a_star_lets_any_well_formed_name_in_and_no_page(project: Path) -> None:
    with homeport(project, "main:app", "--allow-host", "*") as server:
        server.ready()
        assert status(server, Host="whatever.example") == 200
        assert status(server, Host="u@localhost") == status(server, Host="a..b") == 400
        assert status(server, Host="0.0.0.0:8000") == 421
        assert status(server, Origin=EVIL) == 403


def test_strict_origins_let_no_other_server_of_this_computer_in(project: Path) -> None:
    page = "http://localhost:3000"
    with homeport(project, "main:app") as server:
        server.ready()
        assert status(server, Origin=page) == 200
    with homeport(project, "main:app", HOMEPORT_STRICT_ORIGINS="1") as server:
        server.ready()
        assert status(server, Origin=page) == 403
        assert status(server, Origin=f"http://127.0.0.1:{server.port}") == 200


@pytest.mark.parametrize(
    ("arguments", "guess"),
    [
        (("--allow-host", "http://shop.example/"), "shop.example"),
        (("--allow-host", "0.0.0.0"), None),
        (("--allow-host", "shop.example:0"), None),
        (("--allow-host", "*.shop.example"), None),
        (("--allow-origin", "https://shop.example/"), "https://shop.example"),
        (("--allow-origin", "shop.example"), None),
        (("--allow-origin", "*"), None),
        (("--trust-proxy", "10.0.0.0/33"), None),
        (("--trust-proxy", "localhost"), None),
    ],
)
def test_a_value_that_means_nothing_is_refused_with_what_was_wanted(
    arguments: tuple[str, str], guess: str | None, project: Path
) -> None:
    end = ended(project, "main:app", *arguments, "--json")
    assert (end.code, end.left, end.err) == (ExitCode.USAGE, (), "")
    error = end.events[-1]
    assert arguments[0] in error["message"] and arguments[1] in error["message"]
    assert "must be" in error["message"]
    assert guess is None or f"did you mean {guess}?" in error["next"]


def test_a_refusal_says_what_was_refused_and_what_would_allow_it(project: Path) -> None:
    with homeport(project, "main:app") as server:
        server.ready()
        code, headers, text = ask(server, Host="evil.example", Origin=EVIL)
        assert code == 421
        assert text == (
            'Refused by homeport (R2): the Host header "evil.example" is not one of the names of'
            " this server.\nTo allow it: --allow-host evil.example, or"
            ' allow-host = ["evil.example"] under [tool.homeport]\n'
        )
        names = {name.lower(): value for name, value in headers.items()}
        assert names["cache-control"] == "no-store" and names["x-frame-options"] == "DENY"
        assert not any("access-control" in name or name == "server" for name in names)
        refused = server.until("refused")
        assert (refused["rule"], refused["code"]) == ("R2", "foreign-host")
        assert "--allow-host evil.example" in refused["message"]

        code, headers, text = ask(server, Origin=EVIL, Accept="application/json")
        said = json.loads(text)
        assert (code, said["rule"], said["found"]) == (403, "R3", EVIL)
        assert f"--allow-origin {EVIL}" in said["help"]
        assert ask(server, "HEAD", Host="evil.example")[2] == ""

        fields = (line.split(b": ") for line in HANDSHAKE.splitlines())
        upgrade = {name.decode().replace("-", "_"): value.decode() for name, value in fields}
        code, _, text = ask(server, Connection="Upgrade", Origin=EVIL, **upgrade)
        assert code == 403 and f"--allow-origin {EVIL}" in text


def test_only_a_trusted_proxy_says_for_whom_it_asks(project: Path) -> None:
    claims = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Host": "evil.example"}
    with homeport(project, "main:app", "--trust-proxy", "127.0.0.0/8") as server:
        server.ready()
        _, _, seen = ask(server, **claims)
        assert "peer=203.0.113.9" in seen and "x-forwarded-host=evil.example" in seen
        assert status(server, Host="evil.example", **claims) == 421
    with homeport(project, "main:app") as server:
        server.ready()
        for _ in range(2):
            _, _, seen = ask(server, **claims)
            assert "peer=127.0.0.1" in seen and "forwarded" not in seen.lower()
        assert "--trust-proxy 127.0.0.1" in server.until("log", level="warning")["message"]
        server.end()
        assert sum("--trust-proxy" in str(event) for event in server.events) == 1


def test_who_opens_it_to_a_network_is_told_of_the_other_way(project: Path) -> None:
    for arguments, wanted in ((("--host", "0.0.0.0"), True), ((), False)):
        with started(project, "main:app", "--port", "0", *arguments) as running:
            lines = [running.line()]
            while "ready in" not in lines[-1]:
                lines.append(running.line())
        assert any("homeport share" in line for line in lines) is wanted, lines
        assert not any("http://0.0.0.0" in line for line in lines)


CONTAINER = RunsIn(container=Engine.DOCKER, own_network=True)
NOTE = (words.ANY_HOST_IN_CONTAINER,)


@pytest.mark.parametrize(
    ("where", "asked", "named", "any_host"),
    [
        (CONTAINER, "0.0.0.0", (), True),
        (CONTAINER, "all", (), True),
        (RunsIn(container=Engine.DOCKER, own_network=None), "0.0.0.0", (), True),
        (RunsIn(container=Engine.DOCKER, own_network=False), "0.0.0.0", (), False),
        (RunsIn(), "0.0.0.0", (), False),
        (CONTAINER, "localhost", (), False),
        (CONTAINER, "0.0.0.0", (NAME,), False),
    ],
)
def test_only_in_a_container_any_name_is_answered_unless_some_are_named(
    where: RunsIn,
    asked: str,
    named: tuple[str, ...],
    any_host: bool,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host, "runs_in", lambda: where)
    front, notes = front_of(project, asked, named)
    assert notes == (NOTE if any_host else ())
    assert ("*" in front.entrance.hosts) is any_host


def front_of(folder: Path, asked: str, named: tuple[str, ...]) -> tuple[Front, Any]:
    from homeport.core.options import Settings
    from homeport.ui.cli.sources import read_project
    from homeport.ui.cli.what_to_serve import serving_of

    settings = Settings(host=(asked,), port=0, allow_host=named)
    location = AppLocation(module="main", attribute="app", folder=str(folder))
    serving = serving_of(settings, read_project(folder), folder, location, 0.0)
    listeners, opened = start.open_for(serving)
    for sock in listeners.sockets:
        sock.close()
    return start.front_of(serving, replace(opened, name="myapp"))
