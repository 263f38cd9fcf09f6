"""The supervisor's side of the warm template."""

import select
from pathlib import Path

import pytest

from homeport.core.wire import Job, Loaded
from homeport.engine.warmth import PATIENCE, Warmth
from tests.engine.warm_apps import Installed

JOB = Job(
    module="main",
    attribute=None,
    factory=False,
    sys_path=(),
    project="",
    env_file=None,
    root_path="",
    trusted_proxies=(),
    access_log=False,
    log_level="info",
    colour=False,
    json=True,
    warm=True,
)


def test_nothing_is_forked_while_more_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template would answer too late, and count as hung."""
    installed = Installed(tmp_path)
    for name, text in installed.environment.items():
        monkeypatch.setenv(name, text)
    installed.add("quick", "")
    installed.add("slow", f"import time\ntime.sleep({PATIENCE + 3})\n")
    warnings: list[str] = []
    warmth = Warmth(JOB.replaced(project=str(tmp_path / "app")), (), warnings.append, [])
    try:
        warmth.heard(Loaded(modules=("quick",), asked=()))
        warmth.heard(Loaded(modules=("slow",)))
        poll = select.poll()
        poll.register(warmth.fileno(), select.POLLIN)
        assert poll.poll(20_000), "the template never said anything"
        warmth.read()
        assert warnings == []
    finally:
        warmth.close()
