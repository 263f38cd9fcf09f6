"""Errors → sentences: what was wanted, what was found, the next command to type."""

from homeport.core.address import Address, Interface
from homeport.core.errors import (
    AppNotFoundError,
    BindError,
    HomeportError,
    PortBusyError,
    UsageError,
)
from homeport.core.facts import Listener
from homeport.core.words import holder_lines, holders_of


def port_busy(
    address: Address, listeners: tuple[Listener, ...], origin: str, now: float
) -> PortBusyError:
    """Asked for and busy: who has it, and the commands that help."""
    port = address.port
    lines = holder_lines(listeners, now)
    if not listeners:
        lines = ("no listening socket is visible: bound but not listening, or just closed",)
    steps = [*lines, f"any free port:  homeport --port 0      another:  --port {port + 1}"]
    pids = [holder.pid for holder in holders_of(listeners)]
    if pids:
        steps.append(f"to end it:  kill {pids[0]}")
    elif listeners:
        steps.append(f"to see its owner:  sudo ss -ltnp 'sport = :{port}'")
    return PortBusyError(
        f"Port {port} ({origin}) is in use: {address} cannot be opened.",
        code="port-busy",
        next_steps=tuple(steps),
        facts={
            "address": str(address),
            "port": port,
            "holders": [
                {
                    "pid": holder.pid,
                    "command": holder.command,
                    "user": holder.user,
                    "folder": holder.folder,
                    "started": holder.started,
                }
                for holder in holders_of(listeners)
            ],
            "listeners": sorted({str(listener.address) for listener in listeners}),
        },
    )


def no_free_port(first: int, last: int) -> BindError:
    """Nothing was asked for and everything near the default is taken."""
    return BindError(
        f"Every port from {first} to {last} is in use.",
        code="no-free-port",
        next_steps=("any free port:  homeport --port 0",),
        facts={"first": first, "last": last},
    )


def port_out_of_range(value: str, origin: str) -> UsageError:
    """70000, -1."""
    return UsageError(
        f"{origin} is {value}, but a TCP port is a number from 0 to 65535 (0 means any free one).",
        code="port-out-of-range",
        next_steps=("homeport --port 8000",),
        facts={"value": value},
    )


def port_refused_by_browsers(port: int, origin: str) -> UsageError:
    """Ports of the Fetch standard's block list."""
    return UsageError(
        f"Port {port} ({origin}) is on the list that browsers refuse to connect to "
        "(Fetch standard, bad ports).",
        code="port-refused-by-browsers",
        next_steps=(
            "another port:  homeport --port 8000",
            f"for other clients only:  homeport --port {port} --force-port",
        ),
        facts={"port": port},
    )


def port_privileged(address: Address, first_free: int, origin: str) -> BindError:
    """EACCES below the machine's own limit."""
    return BindError(
        f"Port {address.port} ({origin}) is reserved for the system here: "
        f"ordinary users get {first_free} and up.",
        code="port-privileged",
        next_steps=("homeport --port 8000",),
        facts={"port": address.port, "first_unprivileged": first_free},
    )


def no_such_host(host: str, interfaces: tuple[Interface, ...]) -> UsageError:
    """Neither a word we know, nor an IP, nor an interface."""
    names = ", ".join(interface.name for interface in interfaces)
    return UsageError(
        f"--host {host} is neither an IP address nor a network interface of this computer"
        + (f" ({names})." if names else "."),
        code="no-such-host",
        next_steps=(
            "this computer only:  homeport                      (same as --host localhost)",
            "every network:       homeport --host 0.0.0.0       or one: --host ADDRESS|INTERFACE",
        ),
        facts={"host": host, "interfaces": [interface.name for interface in interfaces]},
    )


def interface_without_address(name: str, up: bool) -> BindError:
    """An interface with nothing to bind."""
    return BindError(
        f"Network interface {name} has no address to listen on" + ("." if up else " and is down."),
        code="interface-without-address",
        next_steps=("see its state:  ip addr show " + name, "or:  homeport --host localhost"),
        facts={"interface": name, "up": up},
    )


def address_not_here(ip: str, interfaces: tuple[Interface, ...]) -> BindError:
    """EADDRNOTAVAIL."""
    own = [f"{ip} ({interface.name})" for interface in interfaces for ip in interface.ips]
    return BindError(
        f"--host {ip} is not an address of this computer.",
        code="address-not-here",
        next_steps=("its addresses:  " + ", ".join(own), "or:  homeport --host localhost"),
        facts={"ip": ip, "addresses": own},
    )


def bind_refused(address: Address, reason: str) -> BindError:
    """Any other answer of the system to bind or listen."""
    return BindError(
        f"{address} cannot be opened: {reason}.",
        code="bind-refused",
        next_steps=("homeport --host localhost --port 0",),
        facts={"address": str(address)},
    )


def not_a(value: str, origin: str, wanted: str) -> UsageError:
    """A value of the wrong kind."""
    return UsageError(
        f"{origin} is {value!r}, but must be {wanted}.",
        code="bad-value",
        next_steps=("what each setting means:  homeport --help",),
        facts={"value": value, "origin": origin},
    )


def unknown_setting(key: str, origin: str, nearest: str | None, known: str) -> UsageError:
    """A key of [tool.homeport] or a HOMEPORT_ variable that means nothing."""
    guess = (f"did you mean {nearest}?",) if nearest else ()
    return UsageError(
        f"{origin} has no setting {key!r}.",
        code="unknown-setting",
        next_steps=(*guess, f"known: {known}"),
        facts={"key": key, "nearest": nearest},
    )


def unreadable(path: str, origin: str, reason: str) -> UsageError:
    """A file that was named and cannot be read, or does not parse."""
    return UsageError(
        f"{origin}: {path} cannot be read: {reason}.",
        code="unreadable-file",
        next_steps=("check the path and its permissions:  ls -l " + path,),
        facts={"path": path},
    )


def no_app_named(folder: str, places: tuple[str, ...]) -> AppNotFoundError:
    """Nothing was named and nothing is where it is usually kept."""
    return AppNotFoundError(
        f"No app was named, and {folder} has none of {', '.join(places)}.",
        code="no-app",
        next_steps=("homeport main:app", 'or in pyproject.toml:  [tool.homeport] app = "main:app"'),
        facts={"folder": folder},
    )


def bad_app_name(text: str, reason: str) -> AppNotFoundError:
    """A name that does not parse."""
    return AppNotFoundError(
        f"{text!r} does not name an app: {reason}.",
        code="bad-app-name",
        next_steps=("homeport main:app     homeport main.py     homeport shop.api:create_app",),
        facts={"app": text},
    )


def no_such_file(path: str, nearest: tuple[str, ...]) -> AppNotFoundError:
    """A path that is not there."""
    guess = (f"did you mean {' or '.join(nearest)}?",) if nearest else ()
    return AppNotFoundError(
        f"There is no app at {path}: no such Python file or package.",
        code="no-such-file",
        next_steps=(*guess, "homeport main.py"),
        facts={"path": path, "nearest": list(nearest)},
    )


def folder_gone() -> UsageError:
    """The current folder was deleted."""
    return UsageError(
        "The current folder does not exist any more.",
        code="folder-gone",
        next_steps=("cd to your project and try again",),
    )


def unexpected(error: BaseException) -> HomeportError:
    """Our own fault; the traceback goes with it."""
    return HomeportError(
        f"homeport itself failed: {type(error).__name__}: {error}",
        code="bug",
        next_steps=("please report the traceback above",),
    )


def run_while_imported() -> UsageError:
    """`homeport.run()` at the top level of the module that is served."""
    return UsageError(
        "homeport.run() was called while the app was being imported.",
        code="run-while-imported",
        next_steps=('put it under:  if __name__ == "__main__":',),
    )


def reload_needs_a_name() -> UsageError:
    """An app object exists in this process only."""
    return UsageError(
        "An app object cannot be loaded again: serving it without reload.",
        code="reload-needs-a-name",
        next_steps=('name it instead:  homeport.run("main:app", reload=True)',),
    )
