"""The apps of this project: the table in pyproject.toml, and their names in the registry."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from homeport.core import apps_refusals, server_name, up_refusals
from homeport.core.apps_table import App, read_apps
from homeport.core.options import APPS
from homeport.core.start_order import start_order
from homeport.host.project import project_at
from homeport.ui.cli.folders import current_folder, own_project
from homeport.ui.cli.sources import Project, read_project


class Apps(NamedTuple):
    """`folder` is that of pyproject.toml, links resolved; `settings` is [tool.homeport]."""

    folder: str
    table: dict[str, App]
    project: Project

    def registered_as(self, name: str) -> str:
        """In a linked git worktree `branch.name`, so that each has its own."""
        return server_name.choose(name, project_at(self.folder), self.folder, in_project=True)

    def ordered(self, names: Sequence[str], command: str) -> tuple[App, ...]:
        """These (all without any) and what they need, in that order. UsageError."""
        wrong = [name for name in names if name not in self.table]
        if wrong:
            raise up_refusals.unknown_apps(wrong, list(self.table), command)
        needs = {app.name: app.needs for app in self.table.values()}
        return tuple(self.table[name] for name in start_order(needs, names or self.table))


def apps_here() -> Apps | None:
    """Those of the nearest pyproject.toml; None when it has no such table. UsageError."""
    project = read_project(current_folder())
    raw = project.homeport.get(APPS)
    if project.file is None or raw is None:
        return None
    folder = os.path.realpath(project.file.parent)
    return Apps(folder, read_apps(raw, str(project.file)), project)


def registered_here(name: str) -> str:
    """What a name means in this folder: that of an app of this project, or of the project itself,
    is `branch.name` in a linked git worktree. UsageError for a pyproject.toml that cannot be read.
    """
    project = read_project(current_folder())
    folder = os.path.realpath(project.file.parent) if project.file else own_project()
    place = project_at(folder)
    said = project.homeport.get("name")
    own = server_name.given(said) if isinstance(said, str) else None
    meant = server_name.choose(name, place, folder, in_project=True)
    apps = apps_here()
    is_ours = meant == server_name.choose(own, place, folder, in_project=True)
    return meant if is_ours or (apps is not None and name in apps.table) else name


def apps_or_refuse() -> Apps:
    """As `apps_here`; UsageError when there are none."""
    apps = apps_here()
    if apps is None or not apps.table:
        raise apps_refusals.no_apps(str(current_folder()))
    return apps
