"""A user unit for systemd, and a socket unit: systemd.service(5), systemd.socket(5).

A word of a command line is put in double quotes, where only the backslash and the quote are
special; `%` begins a specifier and is doubled. The prefix `:` turns `$` into a plain character.
"""

import re

from homeport.core.exports.launch import Launch

WATCHDOG = 60
"""Seconds. The app may be busy for half of it with something that keeps its loop from turning."""

_PLAIN = re.compile(r"[A-Za-z0-9_@=+,./:-]+")


def unit(launch: Launch, *, socket: bool = False) -> str:
    """`NAME.service`; with `socket` it gets its listeners from `NAME.socket`."""
    words = launch.command if not socket else (launch.python, "-m", "homeport", *launch.words)
    name = launch.name
    needs = [f"Requires={name}.socket", f"After={name}.socket"] if socket else []
    install = [] if socket else ["", "[Install]", "WantedBy=default.target"]
    starts = f"{name}.socket" if socket else f"{name}.service"
    lines = [
        f"# ~/.config/systemd/user/{name}.service",
        f"# then:  systemctl --user daemon-reload && systemctl --user enable --now {starts}",
        "# without a login too:  loginctl enable-linger",
        "[Unit]",
        f"Description={name} (homeport)",
        *needs,
        "",
        "[Service]",
        "Type=notify",
        f"ExecStart={command(words)}",
        "ExecReload=/bin/kill -HUP $MAINPID",
        f"WorkingDirectory={folder(launch.folder)}",
        "Restart=on-failure",
        "RestartPreventExitStatus=2",
        "KillMode=mixed",
        f"TimeoutStopSec={2 * launch.stop_timeout + 5:g}",
        f"WatchdogSec={WATCHDOG}",
        "NoNewPrivileges=yes",
        "LockPersonality=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "SystemCallArchitectures=native",
        *install,
    ]
    return "\n".join(lines) + "\n"


def socket_unit(launch: Launch) -> str:
    """`NAME.socket`: systemd listens, so that a restart refuses nobody."""
    lines = [
        f"# ~/.config/systemd/user/{launch.name}.socket",
        "[Unit]",
        f"Description={launch.name} (homeport), where it listens",
        "",
        "[Socket]",
        *(f"ListenStream={address}" for address in launch.addresses),
        "BindIPv6Only=ipv6-only",
        "",
        "[Install]",
        "WantedBy=sockets.target",
    ]
    return "\n".join(lines) + "\n"


def command(words: tuple[str, ...]) -> str:
    """For `ExecStart=`. A program whose path has quotes or backslashes is refused there."""
    if re.search(r"[\\\"']", words[0]):
        words = ("/bin/sh", "-c", 'exec "$0" "$@"', *words)
    prefix = ":" if any("$" in word for word in words) else ""
    return prefix + " ".join(map(_word, words))


def folder(path: str) -> str:
    """For `WorkingDirectory=`, where nothing is quoted.

    What a line may not end with (a space is cut off, a backslash joins lines) gets a slash after
    it.
    """
    ends_badly = path.endswith((" ", "\\"))
    return path.replace("%", "%%") + ("/" if ends_badly else "")


def _word(word: str) -> str:
    doubled = word.replace("%", "%%")
    if _PLAIN.fullmatch(word):
        return word
    return '"' + doubled.replace("\\", "\\\\").replace('"', '\\"') + '"'
