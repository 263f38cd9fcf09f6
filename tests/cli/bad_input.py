"""The table of bad input: what is wrong, what homeport says about it, and how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.core.errors import ExitCode

GOOD = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"good"})
"""
ODDITIES = """
number = 7
nothing = None


class Flask:
    def wsgi_app(self, environ, start_response): ...

    def __call__(self, environ, start_response): ...


flask = Flask()


def create_app(): ...


def with_settings(settings): ...


def plain_wsgi(environ, start_response): ...


async def two(scope, receive): ...


async def create_async(): ...


def failing():
    raise RuntimeError("no database")
"""
LIFESPAN = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
from database import connect


@asynccontextmanager
async def lifespan(app):
    connect()
    yield


app = FastAPI(lifespan=lifespan)
"""
FILES: dict[str, str | bytes] = {
    "main.py": GOOD,
    "odd.py": ODDITIES,
    "empty.py": "",
    "broken.py": "from helper import load\n\napp = load()\n",
    "helper.py": "def load():\n    return {}['nope']\n",
    "syntax.py": "import os\n\n\nif True:\n    def app(:\n        pass\n",
    "imports_syntax.py": "import syntax\n",
    "lonely.py": "import yaml_is_not_here.parts\n",
    "typo.py": "import helpr\n",
    "relative.py": "from . import helper\n",
    "leaves.py": "raise SystemExit(4)\n",
    "starts.py": LIFESPAN,
    "database.py": "def connect():\n    raise ConnectionError('the database is down')\n",
    "folder/notes.txt": "",
    "nothing/notes.txt": "",
    "toml/pyproject.toml": "[tool.homeport]\nport = = 3\n",
    "latin/pyproject.toml": b"[tool.homeport]\n# caf\xe9\n",
    "key/pyproject.toml": "[tool.homeport]\nreloaddir = 'src'\n",
    "kind/pyproject.toml": "[tool.homeport]\nport = '8k'\n",
    "table/pyproject.toml": "[tool]\nhomeport = 3\n",
    "latin.env": b"A=1\nB=caf\xe9\n",
}
"""What is in the folder of every row."""


def fill(folder: Path) -> None:
    """Write `FILES`."""
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`says`: texts that must all be on the screen; `then`: the next step, if there is one."""

    command: str
    says: tuple[str, ...]
    then: str
    exit_code: ExitCode
    code: str
    folder: str = "."
    env: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The row's name among the tests."""
        given = " ".join(f"{name}={text}" for name, text in self.env.items())
        return f"{given} homeport {self.command} in {self.folder}".strip()


def usage(command: str, code: str, *says: str, then: str, **more: str) -> Row:
    """A command line that cannot be meant: nothing is started."""
    folder, env = more.pop("folder", "."), more
    return Row(
        command=command,
        code=code,
        says=says,
        then=then,
        exit_code=ExitCode.USAGE,
        folder=folder,
        env=env,
    )


def name(command: str, code: str, *says: str, then: str) -> Row:
    """A name that leads to no app: found out by the worker."""
    return usage(command + " --port 0", code, *says, then=then)


def app(command: str, code: str, *says: str, then: str = "") -> Row:
    """An app that does not start."""
    return Row(
        command=command + " --port 0 --no-reload",
        code=code,
        says=says,
        then=then,
        exit_code=ExitCode.APP,
    )


HELP = "homeport --help"

WRONG_NAMES = (
    name("mian:app", "module-missing", "no module 'mian'", then="homeport main:app"),
    name("no.such:app", "module-missing", "no module 'no'", then="--app-dir DIR"),
    name("main.app", "module-missing", "main is a module, not a pack", then="homeport main:app"),
    name("main:ap", "attribute-missing", "main has no 'ap'", then="homeport main:app"),
    name("main.py:ap", "attribute-missing", "main has no 'ap'", then="homeport main:app"),
    name("odd:flask.ap", "attribute-missing", "odd:flask has no 'ap'", then="odd:flask.NAME"),
    name("empty:app", "attribute-missing", "empty has no 'app'", then="homeport empty:NAME"),
    name("empty", "attribute-missing", "neither app nor api", then="homeport empty:NAME"),
    name("odd:number", "not-asgi", "odd:number is an int, not an ASGI app", then="FastAPI()"),
    name("odd:nothing", "not-asgi", "odd:nothing is None", then="FastAPI()"),
    name("odd:flask", "not-asgi", "looks like a WSGI app (Flask)", then="a2wsgi"),
    name("odd:plain_wsgi", "not-asgi", "looks like a WSGI app", then="a2wsgi"),
    name("odd:create_app", "not-asgi", "like a factory", then="homeport odd:create_app --factory"),
    name("odd:two", "not-asgi", "odd:two takes 2 arguments", "three", then="FastAPI()"),
    name("main:app --factory", "not-asgi", "main:app takes 3 arg", then="homeport main:app"),
    name("odd:with_settings --factory", "not-asgi", "takes 1 argument;", then="itself"),
    name("odd:number --factory", "not-asgi", "is an int, not a function", then="FastAPI()"),
)

BROKEN_APPS = (
    app("broken:app", "import-failed", "broken cannot be", "broken.py:3", "helper.py:2 in load"),
    app("syntax:app", "import-failed", "syntax.py has a syntax error in line 5", "syntax.py:5"),
    app("imports_syntax", "import-failed", "syntax.py has a", "imports_syntax.py:1", "syntax.py:5"),
    app(
        "lonely:app",
        "import-failed",
        "no module 'yaml_is",
        "lonely.py:1",
        then="pip install yaml_is_not_here",
    ),
    app("typo:app", "import-failed", "no module 'helpr'", then="did you mean helper?"),
    app("relative.py", "import-failed", "relative cannot", "relative.py:1", then="__init__.py"),
    app("leaves:app", "import-failed", "leaves ended the program", "leaves.py:1"),
    app("odd:failing --factory", "factory-failed", "odd:failing() raised", "no database"),
    app("odd:create_app --factory", "factory-failed", "returns is None", then="return app"),
    app("odd:create_async --factory", "factory-failed", "a coroutine", then="not async def"),
    app("starts:app", "startup-failed", "startup failed", "starts.py:9", "database.py:2", "down"),
)

WRONG_SETTINGS = (
    usage("main:app --port 70000", "port-out-of-range", "70000", then="main:app --port 8000"),
    usage("main:app --port -1", "port-out-of-range", "--port is -1", then="--port 8000"),
    usage("main:app --port abc", "bad-value", "'abc'", "whole number", then=HELP),
    usage("main:app", "port-out-of-range", "PORT in the env", then="--port 8000", PORT="70000"),
    usage("main:app --port 6000", "port-refused-by-browsers", "6000", then="--force-port"),
    usage("main:app --host 999.1.1.1", "no-such-host", "999.1.1.1", then="--host localhost"),
    usage("main:app --host nosuchhost", "no-such-host", "nosuchhost", "lo", then="--host all"),
    usage("main:app --host=", "bad-value", "--host is ''", then=HELP),
    usage("main:app --reload-dir gone", "no-such-folder", "no folder", "/gone", then="ls -ld"),
    usage("main:app --app-dir gone", "no-such-folder", "no folder", "/gone", then="ls -ld"),
    usage("main:app --trust-proxy nonsense", "bad-value", "'nonsense'", "10.0.0.0/8", then=HELP),
    usage("main:app --log-level loud", "bad-value", "'loud'", "debug, info", then=HELP),
    usage("main:app --stop-timeout x", "bad-value", "'x'", "seconds", then=HELP),
    usage("main:app --prot 80", "bad-arguments", "no option --prot", then="did you mean --port?"),
    usage("main:app --port", "bad-arguments", "--port needs a value", then=HELP),
    usage("main:app --reload=yes", "bad-arguments", "takes no value", "'yes'", then=HELP),
    usage("dev main.py", "bad-arguments", "dev and main.py", then="homeport main.py"),
    usage("main:app", "unknown-variable", "HOMEPORT_PRT", then="HOMEPORT_PORT?", HOMEPORT_PRT="1"),
    usage("main:app", "bad-value", "HOMEPORT_RELOAD in", "'so'", then=HELP, HOMEPORT_RELOAD="so"),
    usage("main:app --env-file gone.env", "unreadable-file", "gone.env", "No such", then="ls -ld"),
    usage("main:app --env-file folder", "unreadable-file", "Is a directory", then="ls -ld"),
    usage("main:app --env-file latin.env", "malformed-file", "line 2 is not UTF-8", then="mend"),
    usage("", "malformed-file", "not valid TOML", "line 2", then="mend", folder="toml"),
    usage("", "malformed-file", "line 2 is not UTF-8", then="mend", folder="latin"),
    usage("", "malformed-file", "[tool.homeport] is not a table", then="mend", folder="table"),
    usage("", "unknown-setting", "'reloaddir'", then="did you mean reload-dir?", folder="key"),
    usage("", "bad-value", "port in ", "pyproject.toml is '8k'", then=HELP, folder="kind"),
)

WRONG_FILES = (
    usage("", "no-app", "No app was named", "main.py, app.py", then="main:app", folder="nothing"),
    usage("folder", "no-app-in-folder", "folder", "none of main.py", then="homeport FILE.py"),
    usage("./folder", "no-app-in-folder", "folder", "none of main.py", then="homeport FILE.py"),
    usage("man.py", "no-such-file", "/man.py", then="did you mean:  homeport main.py"),
    usage("./man.py:app", "no-such-file", "/man.py", then="homeport ./main.py"),
    usage("gone/main.py", "no-such-folder", "no folder", "/gone", then="ls -ld"),
    usage("main.py:", "bad-app-name", "no object after the colon", then="perhaps:  homeport main."),
    usage(":app", "bad-app-name", "before the colon", then="for instance:  main:app"),
    usage("my-app", "bad-app-name", "neither a module nor a file", then="for instance:  main:app"),
    usage("main:app:x", "bad-app-name", "'app:x'", then="perhaps:  homeport main"),
)
