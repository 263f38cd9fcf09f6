"""Processes that hold a port for someone else: for whom, and what to type instead of a kill.

Killing such a process frees the port for a moment or breaks more than was meant; what runs behind
it goes on. The words of their command lines are those of ssh(1), docker-proxy, conmon(8) and
kubectl.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from homeport.core.plain import plain
from homeport.core.redact import MASK

_LONGEST = 120  # characters of a target
_WORDS, _LETTERS = 500, 4096  # of a command line that are looked at: keeps hostile ones cheap
_QUOTED = re.compile(r"(?:'[^']*'|[^\s'])+")  # a word of a line that `command_line` made
_DOCKER_API = frozenset({2375, 2376})


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """`target` is who is behind it, as a noun phrase; `next_step` what to type to close it.

    A word in capitals in `next_step` (NAME, UNIT) is for the reader to fill in.
    """

    target: str
    next_step: str


@dataclass(frozen=True, slots=True)
class _Process:
    words: list[str]
    pid: int
    port: str  # a number, or PORT when it is not known

    def after(self, *options: str) -> str:
        """The word behind the first of `options`, without control characters, or nothing."""
        for at, word in enumerate(self.words[:-1]):
            if word in options:
                return self.words[at + 1]
        return ""


def relay(
    program: str, command: str | Sequence[str], pid: int, port: int | None = None
) -> Relay | None:
    """For whom this process holds a port, or None when it is a server of its own.

    `program` is the name that `program_of` gave, `command` the command line as words or as the one
    line of a `Holder`, `port` the port in question. Never raises.
    """
    if isinstance(command, str):
        words = [word.replace("'", "") for word in _QUOTED.findall(command[:_LETTERS])]
    else:
        words = list(command)
    words = [plain(word[:_LETTERS]) for word in words[:_WORDS]]
    process = _Process(words, pid, str(port) if port is not None else "PORT")
    if program == "dockerd" and port in _DOCKER_API:
        return None
    describe = _KNOWN.get(program)
    found = describe(process) if describe else None
    return found and Relay(target=found.target[:_LONGEST], next_step=found.next_step)


def _docker(process: _Process) -> Relay:
    """docker-proxy names both ends; Docker's other processes do not."""
    ip, inner = process.after("-container-ip"), process.after("-container-port")
    published = process.after("-host-port") or process.port
    return Relay(
        target=f"container {_joined(ip, inner)}" if ip and inner else "a container",
        next_step=f"docker ps --filter publish={published}, then docker stop NAME",
    )


def _podman(process: _Process) -> Relay:
    return Relay(
        target="a container",
        next_step=f"podman ps (the one with {process.port} under PORTS), then podman stop NAME",
    )


def _conmon(process: _Process) -> Relay:
    name = process.after("-n", "--name")
    if not re.fullmatch(r"[\w.-]+", name):
        return _podman(process)
    return Relay(target=f"container {name}", next_step=f"podman stop {name}")


def _ssh(process: _Process) -> Relay:
    title = re.fullmatch(r"ssh: (\S+) \[mux\]", " ".join(process.words))
    forwards = _forwards(process.words)
    host = "" if title else _ssh_host(process.words)
    via = f" by way of {host}" if host else ""
    wanted = [forward for forward in forwards if _listens_on(forward[1], process.port)]
    kind, spec = (wanted or forwards or [("", "")])[0]
    to = _far_end(spec)
    target = {
        "D": f"whatever programs ask this SOCKS proxy for{via}",
        "L": f"{to}{via}",
        "R": f"{to} here, for programs on {host or 'another computer'}",
    }.get(kind, f"an ssh tunnel{via}")
    shared = title or any(word == "-M" or "ControlMaster" in word for word in process.words)
    step = f"kill {process.pid}"
    if title:
        step = f"ssh -S {title[1]} -O exit HOST"
    elif shared and host:
        step = f"ssh -O exit {host}"
    return Relay(target=target, next_step=step)


_SSH_VALUES = "BbcDEeFIiJLlmOopQRSWw"  # options of ssh(1) that take a value


def _forwards(words: Sequence[str]) -> list[tuple[str, str]]:
    """Every forward as (L, R or D, what follows it), also `-NL…` and `-o LocalForward=…`."""
    found = []
    for at, word in enumerate(words):
        if match := re.fullmatch(rf"-[^{_SSH_VALUES}-]*([LRD])(.*)", word):
            found.append((match[1], match[2] or "".join(words[at + 1 : at + 2])))
        elif match := re.search(r"(Local|Remote|Dynamic)Forward[= ]+(\S.*)", word):
            found.append((match[1][0], match[2].replace(" ", ":")))
    return found


def _listens_on(spec: str, port: str) -> bool:
    """Whether `[address:]port[:host:hostport]` (ssh(1), -L) listens on `port`."""
    return port in _split_spec(spec)[:2]


def _far_end(spec: str) -> str:
    return ":".join(_split_spec(spec)[-2:])


def _split_spec(spec: str) -> list[str]:
    return re.findall(r"\[[^\]]*\]|[^:]+", spec)


def _ssh_host(words: Sequence[str]) -> str:
    """The first word that is no option and no value of one."""
    at = 1
    while at < len(words):
        option = re.fullmatch(rf"-[^{_SSH_VALUES}-]*([{_SSH_VALUES}]?)(.*)", words[at])
        if option is None:
            return words[at]
        at += 2 if option[1] and not option[2] else 1
    return ""


def _sshd(process: _Process) -> Relay | None:
    """The server itself listens for logins; a session of it listens for `ssh -R` of the client."""
    title = " ".join(process.words)
    session = re.match(r"sshd(?:-session)?: (?!/)([\w.-]+|\*\*\*)", title)
    if not session or "[listener]" in title:
        return None
    # `command_line` takes what follows "session:" for a secret.
    user = session[1] if session[1] != MASK else "somebody"
    return Relay(
        target=f"a program on the computer from which {user} logged in with ssh -R",
        next_step=f"kill {process.pid} (ends that login of {user})",
    )


def _kubectl(process: _Process) -> Relay | None:
    if "port-forward" not in process.words:
        return None
    rest = process.words[process.words.index("port-forward") + 1 :]
    what = next((word for word in rest if re.fullmatch(r"[a-z][\w.-]*(?:/[\w.-]+)?", word)), "")
    ports = [word.partition(":") for word in rest if re.fullmatch(r"\d*:?\d+", word)]
    inner = next((p[2] or p[0] for p in ports if process.port in (p[0], "PORT")), "")
    return Relay(
        target=f"{what or 'something'} in Kubernetes" + (f", port {inner}" if inner else ""),
        next_step=f"kill {process.pid}",
    )


def _wsl(process: _Process) -> Relay:
    return Relay(
        target="a program inside WSL",
        next_step=f'wsl -- ss -ltnp "sport = :{process.port}", then stop that program in WSL',
    )


def _systemd(process: _Process) -> Relay:
    user = "" if process.pid == 1 else "--user "
    return Relay(
        target="a unit that systemd starts when somebody connects",
        next_step=f"systemctl {user}list-sockets (the one with {process.port}), "
        f"then systemctl {user}stop UNIT.socket",
    )


def _launchd(process: _Process) -> Relay:
    return Relay(
        target="a service that launchd starts when somebody connects",
        next_step="sudo launchctl list, then sudo launchctl bootout system/NAME",
    )


def _joined(ip: str, port: str) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


_KNOWN: Mapping[str, Callable[[_Process], Relay | None]] = {
    **dict.fromkeys(("docker-proxy", "dockerd", "rootlesskit", "com.docker.backend"), _docker),
    **dict.fromkeys(("com.docker.vpnkit", "vpnkit", "OrbStack Helper"), _docker),
    **dict.fromkeys(("rootlessport", "rootlessport-child", "slirp4netns", "gvproxy"), _podman),
    **dict.fromkeys(("pasta", "pasta.avx2", "passt"), _podman),
    **dict.fromkeys(("wslrelay", "wslhost"), _wsl),
    "conmon": _conmon,
    "kubectl": _kubectl,
    "launchd": _launchd,
    "ssh": _ssh,
    "sshd": _sshd,
    "systemd": _systemd,
}
