"""Why a server is not stopped, and the command that is right instead."""

from homeport.core.errors import NothingThereError, NotStoppedError
from homeport.core.facts import Holder, Listener
from homeport.core.occupants import Occupant
from homeport.core.relays import Relay
from homeport.core.words import who_holds


def nothing_listens(port: int) -> NothingThereError:
    """`stop` and `reach` of a port without a listener."""
    return NothingThereError(
        f"Nothing listens on port {port}.",
        code="nothing-there",
        next_steps=(f"is it free:  homeport port {port}", "what listens:  homeport ls"),
        facts={"port": port},
    )


def hidden(occupant: Occupant) -> NotStoppedError:
    """The socket is seen, its process is not."""
    return _refusal(
        occupant,
        f"Port {occupant.port} is held by {who_holds(occupant.listeners)}.",
        "hidden",
        f"as root it is visible:  sudo homeport stop {occupant.port}",
        f"or:  sudo ss -ltnp 'sport = :{occupant.port}'",
    )


def is_a_relay(occupant: Occupant, holder: Holder, relay: Relay) -> NotStoppedError:
    """docker-proxy, ssh, systemd: the server is somewhere else."""
    return _refusal(
        occupant,
        f"Port {occupant.port} is held by {holder.program} (pid {holder.pid}), "
        f"which passes connections on to {relay.target}: ending it would not end the server.",
        "relay",
        relay.next_step,
    )


def is_a_unit(occupant: Occupant, holder: Holder, unit: str) -> NotStoppedError:
    """The service manager would start it again."""
    scope = "" if holder.user == "root" else "--user "
    return _refusal(
        occupant,
        f"{holder.program} (pid {holder.pid}) on port {occupant.port} is the service {unit}: "
        "it may be started again when it ends.",
        "unit",
        f"systemctl {scope}stop {unit}",
    )


def in_a_container(occupant: Occupant, holder: Holder, container: str) -> NotStoppedError:
    """The container's own manager is the one to ask."""
    return _refusal(
        occupant,
        f"{holder.program} (pid {holder.pid}) on port {occupant.port} runs in container "
        f"{container}.",
        "container",
        f"docker stop {container}",
        f"podman stop {container}",
    )


def protected(occupant: Occupant, holder: Holder, why: str) -> NotStoppedError:
    """Never, whoever asks."""
    return _refusal(
        occupant,
        f"Port {occupant.port} is held by {holder.program or 'a process'} (pid {holder.pid}), "
        f"which {why}: it is not stopped.",
        "protected",
        "use another port:  homeport --port 0",
    )


def of_another_user(occupant: Occupant, holder: Holder) -> NotStoppedError:
    """Not ours to end."""
    return _refusal(
        occupant,
        f"{holder.program} (pid {holder.pid}) on port {occupant.port} belongs to user "
        f"{holder.user or 'unknown'}.",
        "other-user",
        "use another port:  homeport --port 0",
        f"as root:  sudo homeport stop {occupant.port}",
    )


def several(port: int, listeners: tuple[Listener, ...], pids: tuple[int, ...]) -> NotStoppedError:
    """Two servers share the number; a script has to say which."""
    where = ", ".join(sorted({str(listener.address) for listener in listeners}))
    return NotStoppedError(
        f"More than one server is on port {port}: {where}.",
        code="several",
        next_steps=tuple(f"homeport stop {port} --yes {pid}" for pid in pids),
        facts={"port": port, "pids": list(pids)},
    )


def needs_yes(occupant: Occupant) -> NotStoppedError:
    """There is nobody to ask."""
    first = occupant.holders[0]
    return _refusal(
        occupant,
        f"homeport stop {occupant.port} asks before it stops {first.program} (pid {first.pid}); "
        "without a terminal, or with --json, it needs --yes.",
        "needs-yes",
        f"homeport stop {occupant.port} --yes {first.pid}",
    )


def no_match(occupant: Occupant, given: str) -> NotStoppedError:
    """`--yes` named another process or project."""
    first = occupant.holders[0]
    project = f" of project {occupant.project.name}" if occupant.project else ""
    return _refusal(
        occupant,
        f"--yes {given} is not what holds port {occupant.port}: that is {first.program} "
        f"(pid {first.pid}){project}.",
        "no-match",
        f"homeport stop {occupant.port} --yes {first.pid}",
    )


def declined(occupant: Occupant) -> NotStoppedError:
    """The answer was no."""
    return _refusal(occupant, "Not stopped.", "declined")


def changed(occupant: Occupant, pid: int) -> NotStoppedError:
    """Between looking and acting it became another process, or let the port go."""
    return _refusal(
        occupant,
        f"Process {pid} no longer is what held port {occupant.port} a moment ago: "
        "no signal was sent to it.",
        "changed",
        f"look again:  homeport port {occupant.port}",
    )


def not_permitted(occupant: Occupant, pid: int) -> NotStoppedError:
    """EPERM."""
    return _refusal(
        occupant,
        f"The system does not let you end process {pid}.",
        "not-permitted",
        f"as root:  sudo homeport stop {occupant.port}",
    )


def still_there(occupant: Occupant, pids: tuple[int, ...]) -> NotStoppedError:
    """It was asked to end and did not."""
    numbers = " ".join(map(str, pids))
    return _refusal(
        occupant,
        f"Process {numbers} was asked to end (SIGTERM) and still holds port {occupant.port}.",
        "still-there",
        f"without asking it:  kill -9 {numbers}",
    )


def _refusal(occupant: Occupant, message: str, code: str, *steps: str) -> NotStoppedError:
    return NotStoppedError(
        message,
        code=code,
        next_steps=steps,
        facts={
            "port": occupant.port,
            "addresses": sorted(str(listener.address) for listener in occupant.listeners),
            "pids": [holder.pid for holder in occupant.holders],
        },
    )
