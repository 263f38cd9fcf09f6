"""The visit log as files: for this user only, of bounded size, and never in the way."""

import json
import os
import stat
from pathlib import Path

from homeport.core.visit_record import VisitRecord, log_line
from homeport.engine.visit_log import FILES, LARGEST, VisitLog

VISIT = VisitRecord(time=0.0, peer="10.0.0.2", rule="R2")


def folder_of(tmp_path: Path) -> tuple[VisitLog, Path]:
    tmp_path.chmod(0o700)
    return VisitLog("shop", {"XDG_STATE_HOME": str(tmp_path)}), tmp_path / "homeport"


def test_a_visit_is_a_line_in_a_file_of_this_user(tmp_path: Path) -> None:
    log, folder = folder_of(tmp_path)
    before = os.umask(0)
    try:
        log.add(VISIT)
        log.add(VISIT)
    finally:
        os.umask(before)
    (path,) = folder.iterdir()
    assert path.name == "shop.visits.log"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == [{"time": "1970-01-01T00:00:00.000Z", "peer": "10.0.0.2", "rule": "R2"}] * 2


def test_a_full_file_moves_on_and_the_oldest_goes(tmp_path: Path) -> None:
    log, folder = folder_of(tmp_path)
    log.add(VISIT)
    path = folder / "shop.visits.log"
    for number in range(FILES + 1):
        path.write_text(f"{number}" * LARGEST)
        log.add(VISIT)
    found = {each.name: each.read_text()[:1] for each in folder.iterdir()}
    older = {f"shop.visits.log.{number}": str(FILES + 1 - number) for number in range(1, FILES)}
    assert found == {"shop.visits.log": "{"} | older
    assert path.read_text() == log_line(VISIT)


def test_without_a_safe_place_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    log, folder = folder_of(tmp_path)
    folder.mkdir(mode=0o700)
    (tmp_path / "elsewhere").write_text("")
    (folder / "shop.visits.log").symlink_to(tmp_path / "elsewhere")
    log.add(VISIT)
    assert (tmp_path / "elsewhere").read_text() == ""
    folder.chmod(0o777)
    log.add(VISIT)
    VisitLog("shop", {"XDG_STATE_HOME": str(tmp_path / "elsewhere")}).add(VISIT)
