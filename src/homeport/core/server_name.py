"""What a server is called: one or two DNS labels, fine as `<name>.localhost` and `<name>.local`.

A label has 1 to 63 of a-z, 0-9 and hyphens, and no hyphen at its ends (RFC 1123 section 2.1). Ours
have no two hyphens in a row, so that none is taken for an encoded one (RFC 5890 section 2.3.1), and
the last has a letter, so that a name is never a port.
"""

import re
from collections.abc import Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:  # it takes long to import
    from homeport.core.facts import Project

LONGEST_LABEL = 63
"""Characters of a label (RFC 1035 section 2.3.4)."""
WANTED = (
    "a name such as shop or shop-api: a-z, 0-9 and single hyphens between them, "
    f"at most {LONGEST_LABEL} characters, with a letter; or two of them with a dot"
)
"""What may be given, for messages."""
MOST_OF_ONE_NAME = 1000
"""`shop`, `shop-2`, … `shop-1000`."""

_UNNAMED = "app"
_LABEL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def given(text: str) -> str | None:
    """A name that a person wrote, in lower case; None when it is none."""
    name = text.strip().lower()
    labels = name.split(".")
    fine = all(_LABEL.fullmatch(label) and len(label) <= LONGEST_LABEL for label in labels)
    return name if fine and len(labels) <= 2 and not labels[-1].replace("-", "").isdigit() else None


def choose(
    wanted: str | None, project: "Project | None", folder: str, *, in_project: bool = False
) -> str:
    """The name of a server: what is `wanted`, else the project's, else that of its `folder`.

    In a linked git worktree `branch.name`, unless the name was said for this one start: one from
    pyproject.toml (`in_project`) is the same in every worktree. `wanted` has gone through `given`.
    """
    if wanted is not None and not in_project:
        return wanted
    name = wanted or _name_of(project.name if project is not None else _last_part(folder))
    if project is None or project.worktree is None or "." in name:
        return name
    return f"{_label(project.branch or project.worktree) or 'worktree'}.{name}"


def numbered(name: str) -> Iterator[str]:
    """The name, then what others of the same name are called: `name-2`, `name-3`, …"""
    yield name
    branch, dot, last = name.rpartition(".")
    for number in range(2, MOST_OF_ONE_NAME + 1):
        end = f"-{number}"
        yield f"{branch}{dot}{last[: LONGEST_LABEL - len(end)].rstrip('-')}{end}"


def _name_of(text: str) -> str:
    label = _label(text)
    if label.replace("-", "").isdigit():
        label = _cut(f"{_UNNAMED}-{label}")
    return label or _UNNAMED


def _label(text: str) -> str:
    """The letters and digits of any text, with a hyphen for what is between them; may be empty."""
    return _cut(re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-"))


def _cut(label: str) -> str:
    return label[:LONGEST_LABEL].rstrip("-")


def _last_part(folder: str) -> str:
    return folder.rstrip("/").rpartition("/")[2]
