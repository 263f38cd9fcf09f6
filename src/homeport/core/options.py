"""The settings of `homeport [APP]`: one table for flags, environment, pyproject.toml and `run()`.

Priority: flag or argument, then `HOMEPORT_` and its name (for the port also `PORT`), then
`[tool.homeport]` in pyproject.toml, then the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, NamedTuple

from homeport.core import refusals, server_name


class Kind(Enum):
    """How the value of a setting is written; the value is said in error messages."""

    TEXT = "a text"
    LIST = "a text or a list of texts, not empty"
    PORT = "a whole number from 0 to 65535"
    SECONDS = "a number of seconds, 0 or more"
    SWITCH = "true or false"
    NAME = server_name.WANTED
    LEVEL = "one of debug, info, warning, error"


APPS = "apps"
"""The key in `[tool.homeport]` that is no setting: the table of `homeport up` (core/apps_table)."""
LEVELS = ("debug", "info", "warning", "error")


class Option(NamedTuple):
    """A setting: `name` as in pyproject (`reload-dir`), a word for its value, and its help."""

    name: str
    kind: Kind
    value: str
    help: str

    @property
    def field(self) -> str:
        """Its name in Python."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return "HOMEPORT_" + self.field.upper()


OPTIONS = (
    Option("host", Kind.LIST, "HOST", "localhost, all, an IP address or an interface; repeatable"),
    Option("port", Kind.PORT, "PORT", "0 = any free one  [8000, else one of the project's own]"),
    Option("name", Kind.NAME, "NAME", "what others find it by  [the project's name]"),
    Option("restart", Kind.SWITCH, "", "take the place of the one of this name that runs"),
    Option("reload", Kind.SWITCH, "", "load the app again when its files change  [on]"),
    Option("reload-dir", Kind.LIST, "DIR", "watch this folder instead of the project's"),
    Option("reload-include", Kind.LIST, "GLOB", "files that matter besides *.py"),
    Option("reload-exclude", Kind.LIST, "GLOB", "files that do not matter"),
    Option("warm", Kind.SWITCH, "", "import packages anew on every reload"),
    Option("warm-exclude", Kind.LIST, "MODULE", "never keep this one ready for reloads"),
    Option("app-dir", Kind.TEXT, "DIR", "where the app's module is found  [.]"),
    Option("env-file", Kind.TEXT, "FILE", "variables for the app; a change reloads"),
    Option("factory", Kind.SWITCH, "", "APP is a function that returns the app"),
    Option("root-path", Kind.TEXT, "PATH", "the path a proxy in front has removed"),
    Option("allow-host", Kind.LIST, "NAME", "answer to this name too; * = to any"),
    Option(
        "allow-origin", Kind.LIST, "ORIGIN", "let pages of this origin in, as https://a.example"
    ),
    Option("strict-origins", Kind.SWITCH, "", "let no page in of another server on this computer"),
    Option("tls", Kind.SWITCH, "", "https, with a certificate of your own CA (homeport trust)"),
    Option("tls-cert", Kind.TEXT, "FILE", "https with this certificate"),
    Option("tls-key", Kind.TEXT, "FILE", "the key of that certificate"),
    Option("trust-proxy", Kind.LIST, "CIDR", "believe forwarded headers from this network"),
    Option("access-log", Kind.SWITCH, "", "a line for every request  [on]"),
    Option("log-level", Kind.LEVEL, "LEVEL", "debug, info, warning, error  [info]"),
    Option("single-lifespan", Kind.SWITCH, "", "end the old app before the new one starts up"),
    Option("stop-timeout", Kind.SECONDS, "SEC", "let requests finish for so long  [5]"),
    Option("open", Kind.SWITCH, "", "open the browser when ready"),
    Option("force-port", Kind.SWITCH, "", "take a port that browsers refuse"),
    Option("json", Kind.SWITCH, "", "one JSON object per line instead of text"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The merged settings. `port_origin` names where the port comes from, for messages; so does
    `host_origin`, None when nobody has asked for a host.

    `app_in_project`: the app is named by pyproject.toml, so relative to its folder.
    `name_in_project`: the name is said there, so it is the same in every git worktree.
    """

    app: str | None = None
    app_in_project: bool = False
    host: tuple[str, ...] = ("localhost",)
    host_origin: str | None = None
    port: int | None = None
    port_origin: str = "--port"
    name: str | None = None
    name_in_project: bool = False
    restart: bool = False
    reload: bool = True
    reload_dir: tuple[str, ...] = ()
    reload_include: tuple[str, ...] = ()
    reload_exclude: tuple[str, ...] = ()
    warm: bool = True
    warm_exclude: tuple[str, ...] = ()
    app_dir: str | None = None
    env_file: str | None = None
    factory: bool = False
    root_path: str = ""
    allow_host: tuple[str, ...] = ()
    allow_host_origin: str = "--allow-host"
    allow_origin: tuple[str, ...] = ()
    allow_origin_origin: str = "--allow-origin"
    strict_origins: bool = False
    tls: bool = False
    tls_cert: str | None = None
    tls_key: str | None = None
    trust_proxy: tuple[str, ...] = ()
    access_log: bool = True
    log_level: str = "info"
    single_lifespan: bool = False
    stop_timeout: float = 5.0
    open: bool = False
    force_port: bool = False
    json: bool = False


class Source(NamedTuple):
    """Settings from one place: field → raw value, and how a field is called there."""

    values: Mapping[str, object]
    origins: Mapping[str, str]
    is_project: bool = False


def merge(sources: tuple[Source, ...]) -> Settings:
    """One `Settings` from several sources, the first one that has a field wins.

    Raises UsageError for a value of the wrong kind, naming where it came from.
    """
    merged: dict[str, Any] = {}
    for source in reversed(sources):
        for name, raw in source.values.items():
            merged[name] = _read(name, raw, source.origins[name])
            if name in ("app", "name"):
                merged[f"{name}_in_project"] = source.is_project
            if name in ("host", "port", "allow_host", "allow_origin"):
                merged[f"{name}_origin"] = source.origins[name]
    return Settings(**merged)


_BY_FIELD = {option.field: option for option in OPTIONS}
_DERIVED = tuple(
    f"{name}_{what}"
    for what, names in (
        ("origin", ("host", "port", "allow_host", "allow_origin")),
        ("in_project", ("app", "name")),
    )
    for name in names
)
FIELDS = tuple(field.name for field in fields(Settings) if field.name not in _DERIVED)


def _read(name: str, raw: object, origin: str) -> object:
    """A raw value (text from a flag or the environment, anything from TOML) as its kind."""
    kind = Kind.TEXT if name == "app" else _BY_FIELD[name].kind
    value = _READERS[kind](raw)
    if value is None:
        shown = ", ".join(map(str, raw)) if isinstance(raw, list) else str(raw)
        raise refusals.not_a(shown, origin, kind.value)
    return value


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) else None


def _list(raw: object) -> tuple[str, ...] | None:
    items = [raw] if isinstance(raw, str) else raw
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        return None
    return tuple(part.strip() for item in items for part in item.split(",") if part.strip()) or None


def _port(raw: object) -> int | None:
    if isinstance(raw, str):
        digits = raw.strip().removeprefix("-")
        return int(raw) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def _seconds(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    try:
        seconds = float(raw)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < 1e9 else None


_SWITCHES = {"1": True, "true": True, "yes": True, "on": True} | {
    "0": False, "false": False, "no": False, "off": False, "": False,
}  # fmt: skip


def switch(raw: object) -> bool | None:
    """True or False as people write it; None for anything else."""
    return raw if isinstance(raw, bool) else _SWITCHES.get(str(raw).lower())


def _name(raw: object) -> str | None:
    return server_name.given(raw) if isinstance(raw, str) else None


def _level(raw: object) -> str | None:
    return raw.lower() if isinstance(raw, str) and raw.lower() in LEVELS else None


_READERS = {
    Kind.TEXT: _text,
    Kind.LIST: _list,
    Kind.PORT: _port,
    Kind.SECONDS: _seconds,
    Kind.SWITCH: switch,
    Kind.NAME: _name,
    Kind.LEVEL: _level,
}
