"""A service for Compose (compose-spec), with every text as a double-quoted scalar of YAML.

`$` is doubled: Compose replaces variables in all texts. The project's folder is /app inside.
"""

import json
import re

from homeport.core import export_words
from homeport.core.address import WILDCARD
from homeport.core.exports.launch import Launch

INSIDE = "/app"
LEAST = 11
"""The oldest Python 3 that homeport runs on."""

_ASK = (
    "import http.client as h, ssl; "
    "c = {kind}('127.0.0.1', {port}, timeout=3{more}); c.request('GET', '/'); c.getresponse()"
)
_PATHS = ("--app-dir=", "--env-file=", "--tls-cert=", "--tls-key=")


def service(launch: Launch, image: str, install: str | None) -> str:
    """`compose.yaml`. `install` is a shell command that installs what the project needs."""
    words = ("python", "-m", "homeport", *(_inside(word, launch) for word in launch.words))
    words = (*words, "--host=all", f"--port={launch.port}", "--allow-host=localhost")
    if install is not None:
        words = ("sh", "-c", f'{install} && exec "$@"', "sh", *words)
    folder = INSIDE + launch.folder[len(launch.project.rstrip("/")) :].rstrip("/")
    lines = [
        f"# compose.yaml, then:  docker compose up {launch.name}",
        "# homeport has to be among what the project needs"
        + ("." if install is not None else "; the image has to bring it: nothing here says what."),
        "services:",
        f"  {_text(launch.name)}:",
        f"    image: {_text(image)}",
        f"    working_dir: {_text(folder)}",
        f"    command: [{', '.join(map(_text, words))}]",
        "    ports:",
        *(f"      - {_text(port)}" for port in _published(launch)),
        "    volumes:",
        "      - type: bind",
        f"        source: {_text(launch.project)}",
        f"        target: {_text(INSIDE)}",
        "    healthcheck:",
        f'      test: ["CMD", "python", "-c", {_text(_question(launch))}]',
        "      interval: 10s",
        "      timeout: 5s",
        "      start_period: 60s",
        f"    stop_grace_period: {_text(f'{round(2 * launch.stop_timeout + 5)}s')}",
        "    restart: unless-stopped",
    ]
    return "\n".join(lines) + "\n"


def image(requires_python: object, running: int) -> str:
    """The oldest Python that the project allows; without a word of it the minor one `running`."""
    found = re.search(r"(?:>=|~=|==)\s*3\.(\d{1,2})\b", str(requires_python or ""))
    return f"python:3.{max(int(found[1]), LEAST) if found else running}-slim"


def _published(launch: Launch) -> list[str]:
    """On this computer only, unless the server itself is open to others."""
    ips = [address.ip for address in launch.addresses] if launch.is_open else ["127.0.0.1"]
    if any(ip in WILDCARD for ip in ips):
        return [f"{launch.port}:{launch.port}"]
    return [f"[{ip}]:{launch.port}:{launch.port}" if ":" in ip else f"{ip}:{launch.port}:"
            f"{launch.port}" for ip in ips]  # fmt: skip


def _question(launch: Launch) -> str:
    kind, more = ("h.HTTPConnection", "")
    if launch.tls:
        kind, more = "h.HTTPSConnection", ", context=ssl._create_unverified_context()"
    return _ASK.format(kind=kind, port=launch.port, more=more)


def _inside(word: str, launch: Launch) -> str:
    """Paths as the container sees them; UsageError for one that it cannot see."""
    flag = next((flag for flag in _PATHS if word.startswith(flag)), None)
    path = word if flag is None and word.startswith("/") else word[len(flag or word) :]
    if ".." in path.split("/"):
        raise export_words.outside(path, launch.project)
    if not path.startswith("/"):
        return word
    top = launch.project.rstrip("/")
    if path != top and not path.startswith(f"{top}/"):
        raise export_words.outside(path, launch.project)
    return (flag or "") + INSIDE + path[len(top) :]


def _text(text: str) -> str:
    """JSON strings are YAML 1.2 scalars, as long as nothing needs a pair of surrogates."""
    return json.dumps(text.replace("$", "$$"), ensure_ascii=False)
