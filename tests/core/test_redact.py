import time

import pytest

from homeport.core.plain import plain, plain_line
from homeport.core.redact import MAX_LENGTH, command_line

TOKEN = "sk-abcdefghijklmnopqrstuvwxyz0123456789"
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6Ik1lIn0.c2ln"

SHOWN_AS_IS = [
    "python -m uvicorn main:app --reload --port 8000",
    "uvicorn auth:app --ssl-keyfile key.pem --reload-dir=/srv/auth",
    "gunicorn --token-file /run/secrets/token session:app",
    "x --no-auth main:app",
    "x --token --reload main:app",
    "x TOKEN= y",
    "ssh -p 22 -L 8000:localhost:8000 me@host",
    "vite http://localhost:8000/@vite/client",
    "x ssh://user@host/path",
    "/nix/store/3b4nabcdefghijklmnopqrstuvwxyz01-python3-3.11/bin/python x",
    "x src/homeport/core_v2/some-long-module-name-2/x.py",
    "x https://files/some/folder/index.html",
    "x --name=a-very-long-name-without-any-number-in-it",
    "x --id=1234567890123456789012345678901234567890",
]

HIDDEN = [
    # named by the word itself
    (["x", "--api-key=abc"], "x --api-key=***"),
    (["x", "--apiKey=abc", "a"], "x --apiKey=*** a"),
    (["x", "--ssl-keyfile-password=abc"], "x --ssl-keyfile-password=***"),
    (["env", "API_KEY=a b", "run"], "env API_KEY=*** run"),
    (["x", "AWS_ACCESS_KEY_ID=AKIA"], "x AWS_ACCESS_KEY_ID=***"),
    (["x", "PGPASSWORD=abc"], "x PGPASSWORD=***"),
    (["x", "password2=abc"], "x password2=***"),
    (["x", "--env=API_KEY=abc"], "x --env=API_KEY=***"),
    (["x", "host=h,password=y"], "x host=h,password=***"),
    (["x", "https://h/?a=b&token=abc"], "x 'https://h/?a=b&token=***'"),
    (["x", "--tok\u200ben=abc"], "x --token=***"),
    # announced by the word before
    (["x", "--api-key", "abc", "main:app"], "x --api-key *** main:app"),
    (["x", "-token", "abc"], "x -token ***"),
    (["x", "Bearer", "abc"], "x Bearer ***"),
    (["x", "Authorization:", "Basic", "abc", "y"], "x Authorization: Basic *** y"),
    (["mysql", "-pabc", "-h", "db"], "mysql -p*** -h db"),
    (["/usr/bin/sshpass", "-p", "abc", "ssh"], "/usr/bin/sshpass -p *** ssh"),
    # headers
    (["x", "-H", "Authorization: Bearer abc"], "x -H 'Authorization: ***'"),
    (["x", "-HX-Api-Key:abc"], "x '-HX-Api-Key: ***'"),
    (["x", "--header=X-Api-Key: abc"], "x '--header=X-Api-Key: ***'"),
    (["x", "-H", "Accept: text/html"], "x -H 'Accept: text/html'"),
    # inside a script or JSON
    (["sh", "-c", "run --token abc main:app"], "sh -c 'run --token *** main:app'"),
    (["sh", "-c", "run  x && TOKEN='a b' y"], "sh -c 'run  x && TOKEN=*** y'"),
    (["sh", "-c", 'c -H "Cookie: a=b; c=d" h'], "sh -c 'c -H \"Cookie:***\" h'"),
    (["sh", "-c", 'c -H "Accept: a b" h'], "sh -c 'c -H \"Accept: a b\" h'"),
    (["x", '{"password": 1, "a": 1}'], 'x \'{"password": *** "a": 1}\''),
    (["x", '{"password": "p q", "user": "u"}'], 'x \'{"password":***, "user": "u"}\''),
    # URLs
    (["x", "postgresql://me:pa@ss/w@db:1/x"], "x postgresql://me:***@db:1/x"),
    (["x", "https://abc@h/p", "redis://abc@h"], "x https://***@h/p redis://***@h"),
    (["x", "https://abc:def@h"], "x https://***@h"),
    (["x", "xoxb-12-34-ab", "AKIAIOSFODNN7EXAMPLE", "ghp_a1"], "x *** *** ***"),
    (["ngrok", "authtoken", "abc"], "ngrok authtoken ***"),
    (["x", "--access_key:abc", "my_auth:app"], "x '--access_key: ***' my_auth:app"),
    (["x", "--url=redis://:abc@h"], "x --url=redis://***@h"),
    (["x", "a://u:abc@h/?password=abc"], "x 'a://u:***@h/?password=***'"),
    # nothing but their looks
    (["x", TOKEN], "x ***"),
    (["x", "id," + TOKEN], "x id,***"),
    (["x", JWT], "x ***"),
    (["x", "QUJD/REVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3ODk"], "x ***"),
    (["x", "https://hooks/x/" + TOKEN], "x https://hooks/x/***"),
]


@pytest.mark.parametrize("line", SHOWN_AS_IS)
def test_an_ordinary_command_is_shown_as_it_is(line: str) -> None:
    assert command_line(line.split()) == line


@pytest.mark.parametrize(("argv", "line"), HIDDEN)
def test_a_secret_is_hidden_and_the_rest_is_shown(argv: list[str], line: str) -> None:
    assert command_line(argv) == line
    assert "abc" not in line


@pytest.mark.parametrize("path", ["/opt/", "./", "../", "~/", "C:\\keys\\", "lib\\"])
def test_a_path_with_a_long_name_is_shown(path: str) -> None:
    assert TOKEN in command_line(["x", path + TOKEN])


def test_words_are_quoted_as_in_a_shell() -> None:
    assert command_line(["a", "", "b c", "it's", "$x"]) == "a '' 'b c' 'it'\"'\"'s' '$x'"


def test_the_reload_child_of_uvicorn_is_shown_in_full() -> None:
    code = "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=5, pipe_handle=7)"
    line = command_line(["/venv/bin/python", "-c", code, "--multiprocessing-fork"])
    assert line == f"/venv/bin/python -c '{code}' --multiprocessing-fork"


def test_a_title_written_over_argv_is_read_as_words() -> None:
    assert command_line(["gunicorn: master [main:app]"]) == "gunicorn: master [main:app]"
    assert command_line(["serve --token abc"]) == "serve --token ***"


def test_nothing_gives_nothing() -> None:
    assert command_line([]) == command_line([""]) == ""


@pytest.mark.parametrize("argv", [["x"] * 500, ["x" * 500], ["x", "--token=" + "y" * 5000]])
def test_a_long_line_is_cut_and_says_so(argv: list[str]) -> None:
    line = command_line(argv)
    assert len(line) <= MAX_LENGTH
    assert line.endswith("…")


def test_a_line_of_full_length_is_not_cut() -> None:
    assert command_line(["x" * MAX_LENGTH]) == "x" * MAX_LENGTH


def test_a_secret_is_hidden_before_the_line_is_cut() -> None:
    for padding in range(MAX_LENGTH - 30, MAX_LENGTH):
        assert "hunter" not in command_line(["x" * padding, "--password", "hunter2", "y" * 99])


@pytest.mark.parametrize("bait", ["a=", "://a:", "'k: ", "a-", "key='", "\x1b]", "Az/", "--key "])
def test_hostile_input_costs_little(bait: str) -> None:
    start = time.process_time()
    command_line([bait * 100_000] * 10)
    assert time.process_time() - start < 1  # seconds; about 0.01 when measured


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("a\x9b31mred", "ared"),
        ("a\x1b]0;title\x07b\x1b]0;title\x1b\\c", "abc"),
        ("a\x1b]0;never ended", "a0;never ended"),
        ("a\x1b(0b\x1bMc", "abc"),
        ("a\x1b", "a"),
        ("a\r\nb\tc\u2028d", "a b c d"),
        ("a\x00\x07\x7f\x85b", "a b"),
        ("\u202egnp.exe\u2066\u200f\u061c", "gnp.exe"),
        ("a\u200b\ufeff\xad\U000e0041b", "ab"),
        ("caf\udce9", "caf\N{REPLACEMENT CHARACTER}"),
        ("naïve 名前 🐍", "naïve 名前 🐍"),
    ],
)
def test_plain_text_cannot_play_with_the_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown
    shown.encode()


def test_a_line_of_a_traceback_keeps_its_indentation_and_nothing_else() -> None:
    assert plain_line("    raise \x1b[31mError\x1b[0m\x07") == "    raise Error"
