import os
import re
from pathlib import Path

from homeport.host.me import boot_id, start_ticks


def test_a_process_knows_when_it_began() -> None:
    stat = Path(f"/proc/{os.getpid()}/stat").read_text()
    assert start_ticks() == int(stat.rpartition(")")[2].split()[19])


def test_the_boot_has_a_name() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", boot_id() or "")
