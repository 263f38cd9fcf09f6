"""`homeport export`: files that the programs they are for accept, with what was meant in them."""

import json
import os
import plistlib
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from homeport.core.address import Address
from homeport.core.exports import caddy, launchd, systemd
from homeport.core.exports.launch import Launch
from tests.cli.command import ended
from tests.core.systemd_reader import exec_words, working_directory
from tests.engine.live import HELLO, homeport
from tests.engine.service_manager import activated, listening

NASTY = "a \"b\" 'c' $d ${PATH} %h %% \\x \\\\ ; # é=&<>"

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd")
needs_compose = pytest.mark.skipif(not shutil.which("docker-compose"), reason="no compose")
needs_caddy = pytest.mark.skipif(not shutil.which("caddy"), reason="no caddy")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nrequires-python = ">=3.12"\n[tool.homeport]\nport = 8123\n'
    )
    (tmp_path / "main.py").write_text(HELLO)
    return tmp_path


def exported(folder: Path, *arguments: str, **how: Any) -> dict[str, str]:
    end = ended(folder, "export", *arguments, "--json", **how)
    assert end.code == 0, end.err + end.out
    return {file["name"]: file["text"] for file in json.loads(end.out)["files"]}


def lines_of(unit: str, key: str) -> list[str]:
    return [line.partition("=")[2] for line in unit.splitlines() if line.startswith(key + "=")]


def verify(folder: Path, *names: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *(f"./{name}" for name in names)],
        cwd=folder,
        env=os.environ | {"XDG_RUNTIME_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")


def test_a_unit_of_this_folder_has_its_port_and_what_production_needs(project: Path) -> None:
    unit = exported(project, "systemd")["shop.service"]
    (command,) = lines_of(unit, "ExecStart")
    words = [sys.executable, "-m", "homeport", "--name=shop", "--no-reload", "--port=8123"]
    assert exec_words(command) == words
    assert lines_of(unit, "WorkingDirectory") == [str(project)]


def test_a_unit_of_a_running_server_has_its_settings(project: Path) -> None:
    (project / "vars").write_text("A=1\n")
    flags = ("main:app", "--name", "till", "--env-file", "vars", "--host", "127.0.0.1")
    with homeport(project, *flags, "--no-access-log", "--stop-timeout", "2.5") as server:
        server.ready()
        unit = exported(project, "systemd", "till")["till.service"]
        (site,) = exported(project, "caddy", "till").values()
    (command,) = lines_of(unit, "ExecStart")
    assert exec_words(command)[3:] == [
        *("main:app", "--name=till", "--no-reload", "--env-file=vars", "--no-access-log"),
        *("--stop-timeout=2.5", "--host=127.0.0.1", f"--port={server.port}"),
    ]
    assert f"reverse_proxy 127.0.0.1:{server.port}\n" in site


def test_the_command_of_a_unit_starts_the_server_on_the_sockets_of_the_other(
    project: Path,
) -> None:
    files = exported(project, "systemd", "--socket")
    streams = [Address.parse(each) for each in lines_of(files["shop.socket"], "ListenStream")]
    assert [str(each) for each in streams] == ["127.0.0.1:8123", "[::1]:8123"]
    (command,) = lines_of(files["shop.service"], "ExecStart")
    words = exec_words(command)
    assert words[0] == sys.executable
    assert not any(word.startswith(("--port", "--host")) for word in words)
    (project / "pyproject.toml").write_text('[project]\nname = "shop"\n')  # 8123 may be taken
    with listening() as sock, activated(project, [sock], *words[1:], "--json", command=()) as it:
        it.until("ready")
        assert it.end(signal.SIGTERM) == 0


@needs_systemd
def test_systemd_accepts_the_units(project: Path) -> None:
    for name, text in exported(project, "systemd", "--socket").items():
        (project / name).write_text(text)
    assert verify(project, "shop.socket", "shop.service") == ""
    (project / "shop.service").write_text("[Service]\nExecStart=relative\n")
    assert verify(project, "shop.service") != ""  # it does look


@needs_systemd
@pytest.mark.parametrize("name", [NASTY, "with space", "$HOME", "100%", "ends in \\", "it's"])
def test_systemd_accepts_nasty_paths(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    python = folder / "python"
    python.symlink_to(sys.executable)
    launch = launch_of(str(folder), str(python), (name,))
    (tmp_path / "shop.service").write_text(systemd.unit(launch))
    assert verify(tmp_path, "shop.service") == ""


def launch_of(folder: str, python: str, words: tuple[str, ...]) -> Launch:
    return Launch(
        name="shop",
        python=python,
        folder=folder,
        project=folder,
        words=words,
        listening=("--port=8000",),
        addresses=(Address(ip="127.0.0.1", port=8000),),
    )


def test_nasty_texts_are_read_back_as_they_were() -> None:
    chance = random.Random(5)
    for _ in range(3000):
        text = "".join(chance.choices("ab \"'$%\\{};#é=&<>-:@", k=chance.randrange(1, 12)))
        launch = launch_of(f"/srv/{text}", f"/srv/{text}/python", (text, f"--env-file={text}"))
        unit = systemd.unit(launch)
        (command,) = lines_of(unit, "ExecStart")
        words = exec_words(command)
        if words[0] == "/bin/sh":
            assert words[1:3] == ["-c", 'exec "$0" "$@"']
            words = words[3:]
        assert words == list(launch.command)
        assert working_directory(unit) == launch.folder
        plist = plistlib.loads(launchd.plist(launch, "/Users/a & b").encode())
        assert plist["ProgramArguments"] == list(launch.command)
        assert plist["WorkingDirectory"] == launch.folder
        assert plist["StandardOutPath"] == "/Users/a & b/Library/Logs/homeport.shop.log"


def test_a_path_that_no_unit_can_hold_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "two\nlines"
    folder.mkdir()
    (folder / "main.py").write_text(HELLO)
    end = ended(folder, "export", "systemd", "--json")
    assert end.code == 2
    assert json.loads(end.out)["code"] == "not-exportable"


def test_a_server_of_a_script_is_refused(project: Path) -> None:
    (project / "script.py").write_text(
        HELLO + "\nimport homeport\nhomeport.run(app, port=0, json=True)\n"
    )
    from tests.engine.live import Homeport, environment

    server = Homeport([sys.executable, "script.py"], project, environment())
    try:
        server.until("ready")
        end = ended(project, "export", "systemd")
    finally:
        server.kill()
    assert end.code == 2 and "started by a script" in end.err


def test_a_name_that_is_neither_running_nor_here_is_refused(project: Path) -> None:
    end = ended(project, "export", "systemd", "nowhere")
    assert end.code == 5


def test_a_port_of_chance_is_refused(project: Path) -> None:
    end = ended(project, "export", "systemd", env={"HOMEPORT_PORT": "0"})
    assert end.code == 2 and "port 0" in end.err


@needs_caddy
def test_caddy_accepts_the_site(project: Path) -> None:
    (project / "Caddyfile").write_text(exported(project, "caddy")["Caddyfile"])
    tls = Launch(
        name="api",
        python="/p",
        folder="/f",
        project="/f",
        words=(),
        listening=(),
        addresses=(Address(ip="::1", port=8443),),
        tls=True,
    )
    with (project / "Caddyfile").open("a") as file:
        file.write(caddy.site(tls))
    subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", "Caddyfile"],
        cwd=project,
        env=os.environ | {"HOME": str(project)},
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_a_service_for_compose_is_published_to_this_computer_only(project: Path) -> None:
    yaml = pytest.importorskip("yaml")
    text = exported(project, "compose")["compose.yaml"]
    service = yaml.safe_load(text)["services"]["shop"]
    assert service["image"] == "python:3.12-slim"
    assert service["ports"] == ["127.0.0.1:8123:8123"]
    assert service["volumes"] == [{"type": "bind", "source": str(project), "target": "/app"}]
    shell, rest = service["command"][:4], service["command"][4:]
    assert shell[:2] == ["sh", "-c"] and shell[2].endswith('&& exec "$$@"')
    assert rest[:3] == ["python", "-m", "homeport"]
    assert {"--no-reload", "--host=all", "--port=8123"} <= set(rest)


@needs_compose
def test_compose_itself_reads_the_same(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("odd") / "a $HOME 'name'"
    folder.mkdir()
    (folder / "main.py").write_text((project / "main.py").read_text())
    (folder / "compose.yaml").write_text(
        exported(folder, "compose", env={"HOMEPORT_NAME": "shop"})["compose.yaml"]
    )
    done = subprocess.run(
        ["docker-compose", "config"], cwd=folder, check=True, capture_output=True, timeout=60
    )
    yaml = pytest.importorskip("yaml")
    service = yaml.safe_load(done.stdout)["services"]["shop"]
    (volume,) = service["volumes"]
    assert volume["source"].replace("$$", "$") == str(folder)
    assert "--no-reload" in service["command"]
    assert service["stop_grace_period"]


def test_a_compose_service_refuses_what_the_container_cannot_see(project: Path) -> None:
    (project.parent / "vars").write_text("A=1\n")
    outside = {"HOMEPORT_ENV_FILE": str(project.parent / "vars")}
    end = ended(project, "export", "compose", env=outside)
    assert end.code == 2 and "all that the container sees" in end.err
    (project / "vars").write_text("A=1\n")
    inside = {"HOMEPORT_ENV_FILE": str(project / "vars")}
    text = exported(project, "compose", env=inside)["compose.yaml"]
    assert '"--env-file=/app/vars"' in text


def test_an_open_server_is_published_as_it_listens(project: Path) -> None:
    text = exported(project, "compose", env={"HOMEPORT_HOST": "all"})["compose.yaml"]
    assert re.search(r'^      - "8123:8123"$', text, re.M)
