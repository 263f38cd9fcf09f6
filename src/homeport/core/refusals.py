"""Errors → sentences: what was wanted, what was found, the next command to type.

Those about ports and addresses are in `core/bind_refusals`, those about the app in
`core/app_refusals`.
"""

from homeport.core.errors import HomeportError, UsageError


def not_in_main_thread() -> UsageError:
    """`homeport.run()` in a thread: signals reach only the main one."""
    return UsageError(
        "homeport.run() works in the main thread only: that is where Ctrl-C arrives.",
        code="not-in-main-thread",
        next_steps=("start the server as a process of its own:  homeport main:app",),
    )


def not_a(value: str, origin: str, wanted: str, command: str = "homeport") -> UsageError:
    """A value of the wrong kind, and whose help says more."""
    return UsageError(
        f"{origin} is {value!r}, but must be {wanted}.",
        code="bad-value",
        next_steps=(f"what each setting means:  {command} --help",),
        facts={"value": value, "origin": origin},
    )


def unknown_key(key: str, where: str, nearest: str | None, known: list[str]) -> UsageError:
    """A key of [tool.homeport] that means nothing."""
    guess = (f"did you mean {nearest}?",) if nearest else ()
    return UsageError(
        f"{where} has {key!r}, which is not a setting.",
        code="unknown-setting",
        next_steps=(*guess, "settings: " + ", ".join(known)),
        facts={"key": key, "nearest": nearest, "known": known},
    )


def unknown_variable(name: str, nearest: str | None, known: list[str]) -> UsageError:
    """A HOMEPORT_ variable that means nothing."""
    guess = (f"did you mean {nearest}?",) if nearest else ()
    return UsageError(
        f"The environment has {name}, which is not a setting of homeport.",
        code="unknown-variable",
        next_steps=(*guess, f"without it:  unset {name}", "every setting:  homeport --help"),
        facts={"key": name, "nearest": nearest, "known": known},
    )


def bad_flag(message: str, *steps: str, command: str = "homeport") -> UsageError:
    """A command line that cannot be read; `command` with the words that lead to its own help."""
    return UsageError(
        message, code="bad-arguments", next_steps=(*steps, f"every option:  {command} --help")
    )


def unwritable(path: str, origin: str, reason: str) -> UsageError:
    """A file that was named and cannot be written."""
    return UsageError(
        f"{path} ({origin}) cannot be written: {reason}.",
        code="unwritable-file",
        next_steps=("another place:  " + origin + " /tmp/reach.svg",),
        facts={"path": path},
    )


def unreadable(path: str, origin: str, reason: str) -> UsageError:
    """A file or folder that was named and cannot be read."""
    return UsageError(
        f"{path} ({origin}) cannot be read: {reason}.",
        code="unreadable-file",
        next_steps=(f"is it there, may you read it:  ls -ld {path}",),
        facts={"path": path},
    )


def malformed(path: str, reason: str) -> UsageError:
    """A file that can be read, but not understood."""
    return UsageError(
        f"{path} cannot be used: {reason}.",
        code="malformed-file",
        next_steps=("mend the file and try again",),
        facts={"path": path},
    )


def no_such_folder(path: str, origin: str) -> UsageError:
    """A folder that was named and is not there."""
    return UsageError(
        f"There is no folder {path} ({origin}).",
        code="no-such-folder",
        next_steps=(f"is it there, may you read it:  ls -ld {path}",),
        facts={"path": path},
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


def tls_files(cert: str | None, key: str | None) -> UsageError:
    """One of `--tls-cert` and `--tls-key` without the other."""
    there, missing = ("--tls-cert", "--tls-key") if cert else ("--tls-key", "--tls-cert")
    return UsageError(
        f"{there} {cert or key} needs {missing} too: a certificate and its key belong together.",
        code="tls-files",
        next_steps=("or let homeport make one:  homeport --tls",),
    )
