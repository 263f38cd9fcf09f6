"""Sentences about exported files."""

from homeport.core.errors import UsageError


def unprintable(text: str) -> UsageError:
    """A path with a line end, or one that is no text."""
    return UsageError(
        f"{text!r} has a character that cannot be written into such a file.",
        code="not-exportable",
        next_steps=("rename it, then:  homeport export …",),
        facts={"text": ascii(text)},
    )


def no_flag(name: str) -> UsageError:
    """An environment variable has undone what pyproject.toml says; a flag cannot."""
    return UsageError(
        f"The setting {name} in pyproject.toml was undone by an environment variable, "
        "and no option says that.",
        code="not-exportable",
        next_steps=(f"take {name} out of [tool.homeport] in pyproject.toml",),
        facts={"setting": name},
    )


def no_command(name: str) -> UsageError:
    """It was started by a script."""
    return UsageError(
        f"{name} was started by a script with homeport.run(), so no command starts it again.",
        code="not-exportable",
        next_steps=("start it by name, then export it:  homeport main:app",),
        facts={"name": name},
    )


def outside(path: str, project: str) -> UsageError:
    """A container sees the project's folder only."""
    return UsageError(
        f"{path} is not below {project}, and that folder is all that the container sees.",
        code="not-exportable",
        next_steps=("put it into the project, or:  homeport export systemd",),
        facts={"path": path, "project": project},
    )


def any_port(name: str) -> UsageError:
    """Port 0 is another one at each start."""
    return UsageError(
        f"{name} is to take any free port (port 0), and others need to know which.",
        code="not-exportable",
        next_steps=("say one in pyproject.toml:  [tool.homeport] port = 8000",),
        facts={"name": name},
    )
