"""The words of an exported server, and the files with every branch; see also tests/cli."""

from dataclasses import asdict, replace

import pytest

from homeport.core import export_words
from homeport.core.address import Address
from homeport.core.errors import UsageError
from homeport.core.exports import caddy, compose, launchd, systemd
from homeport.core.exports.launch import (
    Launch,
    check,
    listening,
    settings_from,
    words,
)
from homeport.core.options import Settings

NONE = Settings()
SHOP = Launch(
    name="shop",
    python="/venv/bin/python",
    folder="/srv/shop/api",
    project="/srv/shop",
    words=("--name=shop", "--no-reload"),
    listening=("--port=8000",),
    addresses=(Address(ip="127.0.0.1", port=8000), Address(ip="::1", port=8000)),
)


def test_only_what_differs_from_the_project_is_said() -> None:
    settings = Settings(
        app="main:app", factory=True, allow_host=("a", "b"), access_log=False, stop_timeout=2.5,
        log_level="debug", reload_dir=("x",), open=True, json=True,
    )  # fmt: skip
    said = words(settings, NONE, "shop")
    assert said[:3] == ("main:app", "--name=shop", "--no-reload")
    assert sorted(said[3:]) == sorted(
        [
            *("--factory", "--allow-host=a", "--allow-host=b", "--no-access-log"),
            *("--log-level=debug", "--stop-timeout=2.5"),
        ]
    )
    assert words(settings, settings, "shop") == ("--name=shop", "--no-reload")


@pytest.mark.parametrize(
    "project", [Settings(tls=True), Settings(allow_host=("a",)), Settings(env_file="e")]
)
def test_what_no_flag_undoes_is_refused(project: Settings) -> None:
    with pytest.raises(UsageError, match="undone by an environment variable"):
        words(NONE, project, "shop")


def test_where_it_listens_is_always_said() -> None:
    assert listening(NONE, NONE, 8001) == ("--port=8001",)
    opened = Settings(host=("all", "lo"))
    assert listening(opened, NONE, 1) == ("--host=all", "--host=lo", "--port=1")
    assert listening(NONE, opened, 1) == ("--host=localhost", "--port=1")


def test_settings_come_back_from_what_a_server_tells() -> None:
    settings = Settings(host=("all",), port=8000)
    told = asdict(settings) | {"host": ["all"], "of_a_later_version": 1}
    assert settings_from(told) == settings


@pytest.mark.parametrize("folder", ["/a\nb", "/a\tb", "/a\udc80b", "/a\x85b"])
def test_text_that_no_file_can_hold_is_refused(folder: str) -> None:
    check(SHOP)
    with pytest.raises(UsageError, match="cannot be written"):
        check(replace(SHOP, folder=folder))


def test_a_unit_with_a_socket_says_nothing_of_addresses() -> None:
    alone, with_socket = systemd.unit(SHOP), systemd.unit(SHOP, socket=True)
    assert "--port=8000" in alone and "WantedBy=default.target" in alone
    assert "--port" not in with_socket and "Requires=shop.socket" in with_socket
    assert "[Install]" not in with_socket
    assert "ListenStream=[::1]:8000\n" in systemd.socket_unit(SHOP)


def test_a_line_never_ends_in_a_backslash_or_a_space() -> None:
    assert systemd.folder("/a \\") == "/a \\/"
    assert systemd.folder("/a ") == "/a /"
    assert systemd.folder("/100%") == "/100%%"


def test_a_program_with_quotes_in_its_path_is_started_by_a_shell() -> None:
    assert systemd.command(("/a'b", "c")).startswith(':/bin/sh -c "exec \\"$0\\" \\"$@\\""')
    assert systemd.command(("/a", "b")) == "/a b"


def test_a_launch_agent_keeps_its_markup() -> None:
    assert "<string>/a&lt;&amp;&gt;</string>" in launchd.plist(replace(SHOP, folder="/a<&>"), "/h")


@pytest.mark.parametrize(
    ("requires", "image"),
    [
        (">=3.12,<4", "python:3.12-slim"),
        ("~= 3.13", "python:3.13-slim"),
        (">=3.9", "python:3.11-slim"),
        (None, "python:3.14-slim"),
        (7, "python:3.14-slim"),
    ],
)
def test_the_image_is_the_oldest_python_that_the_project_allows(
    requires: object, image: str
) -> None:
    assert compose.image(requires, 14) == image


def test_a_container_is_shown_the_project_and_nothing_else() -> None:
    inside = replace(SHOP, words=("--app-dir=/srv/shop", "--env-file=vars", "/srv/shop/a.py"))
    text = compose.service(inside, "i", None)
    assert '"--app-dir=/app", "--env-file=vars", "/app/a.py"' in text
    assert 'working_dir: "/app/api"' in text and "the image has to bring it" in text
    for word in ("--env-file=/srv/shop2/x", "--env-file=../../x", "/etc/main.py"):
        with pytest.raises(UsageError, match="all that the container sees"):
            compose.service(replace(SHOP, words=(word,)), "i", None)


def test_dollars_are_doubled_for_compose() -> None:
    text = compose.service(replace(SHOP, project="/a $b", folder="/a $b"), "i", "pip x")
    assert 'source: "/a $$b"' in text and 'pip x && exec \\"$$@\\"' in text


def test_an_open_server_is_published_where_it_listens() -> None:
    def ports(*ips: str) -> str:
        addresses = tuple(Address(ip=ip, port=80) for ip in ips)
        return compose.service(replace(SHOP, addresses=addresses, tls=True), "i", None)

    assert '- "127.0.0.1:80:80"' in ports("::1")
    assert '- "80:80"' in ports("0.0.0.0", "::")
    text = ports("192.0.2.1", "2001:db8::1")
    assert '- "192.0.2.1:80:80"' in text and '- "[2001:db8::1]:80:80"' in text
    assert "HTTPSConnection" in text


def test_a_site_says_what_the_server_should_believe() -> None:
    assert "--trust-proxy 127.0.0.1" in caddy.site(SHOP)
    assert "--trust-proxy" not in caddy.site(replace(SHOP, trusts_proxy=True))
    wild = replace(SHOP, addresses=(Address(ip="::", port=8000),), tls=True)
    assert "\treverse_proxy https://[::1]:8000 {\n" in caddy.site(wild)


def test_refusals_say_what_to_do() -> None:
    for error in (export_words.no_command("shop"), export_words.any_port("shop")):
        assert "shop" in error.message and error.next_steps
