"""How a server is started for good: its program, its folder, its words, its addresses."""

from dataclasses import dataclass, fields
from typing import Any

from homeport.core import export_words
from homeport.core.address import Address, is_loopback
from homeport.core.options import OPTIONS, Kind, Settings

_NOT_FOR_GOOD = (
    *("host", "port", "name", "reload", "reload-dir", "reload-include", "reload-exclude"),
    *("warm", "warm-exclude", "open", "json"),
)
"""Said in another way, or about watching files, which a server in production does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A server to be started by others.

    `python` is the interpreter, `folder` where it is started, `project` the top of the project
    (`folder` or above it). `words` follow `python -m homeport`, `listening` those that say where
    it listens. `addresses` are what that comes to. `stop_timeout` is in seconds.
    """

    name: str
    python: str
    folder: str
    project: str
    words: tuple[str, ...]
    listening: tuple[str, ...]
    addresses: tuple[Address, ...]
    tls: bool = False
    trusts_proxy: bool = False
    stop_timeout: float = 5.0

    @property
    def command(self) -> tuple[str, ...]:
        """The whole of it."""
        return (self.python, "-m", "homeport", *self.words, *self.listening)

    @property
    def port(self) -> int:
        """Of all addresses."""
        return self.addresses[0].port

    @property
    def is_open(self) -> bool:
        """Whether more than this computer can come in."""
        return not all(is_loopback(address.ip) for address in self.addresses)


def settings_from(data: dict[str, Any]) -> Settings:
    """As a server tells them; what this version does not know is left out."""
    known = {field.name for field in fields(Settings)}
    told: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in data.items()
        if key in known
    }
    return Settings(**told)


def words(settings: Settings, project: Settings, name: str) -> tuple[str, ...]:
    """What has to be said besides pyproject.toml, which says `project` by itself.

    UsageError for a setting that no flag can say.
    """
    said = [settings.app] if settings.app is not None and settings.app != project.app else []
    said += [f"--name={name}", "--no-reload"]
    for option in OPTIONS:
        value, without = getattr(settings, option.field), getattr(project, option.field)
        if option.name in _NOT_FOR_GOOD or value == without:
            continue
        said += _flag(option.name, option.kind, value)
    return tuple(said)


def listening(settings: Settings, project: Settings, port: int) -> tuple[str, ...]:
    """Where it listens, in words."""
    hosts = settings.host
    silent = hosts == project.host == Settings().host
    return (*(() if silent else (f"--host={host}" for host in hosts)), f"--port={port}")


def _flag(name: str, kind: Kind, value: Any) -> list[str]:
    if kind is Kind.SWITCH:
        if not value and name != "access-log":
            raise export_words.no_flag(name)
        return [f"--{name}" if value else f"--no-{name}"]
    if kind is Kind.LIST:
        if not value:
            raise export_words.no_flag(name)
        return [f"--{name}={each}" for each in value]
    if value is None:
        raise export_words.no_flag(name)
    return [f"--{name}={value:g}" if kind is Kind.SECONDS else f"--{name}={value}"]


def check(launch: Launch) -> None:
    """UsageError for text that no unit file can hold: control characters, broken UTF-8."""
    for text in (launch.folder, launch.project, *launch.command):
        if not all(character == " " or character.isprintable() for character in text):
            raise export_words.unprintable(text)
