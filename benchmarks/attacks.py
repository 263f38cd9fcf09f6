"""What web pages can do to a server on this computer: a real Chromium tries, behind both servers.

The same app is served by homeport and by plain uvicorn, both without any flags. What the browser
does, and with which of its own checks off, is in tests/attacks/browser.py.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import report

from tests.attacks.browser import CHROMIUM, DEEDS, visiting
from tests.attacks.victims import homeport, uvicorn

COLUMNS = "what a page does|wanted|uvicorn|homeport"


def main() -> None:
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    if not CHROMIUM.exists():
        sys.exit(f"there is no browser at {CHROMIUM}")
    said = {True: "works", False: "refused"}
    rows = []
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        uvicorn(Path(one)) as theirs,
        homeport(Path(other)) as ours,
        visiting() as visitor,
    ):
        for deed in DEEDS:
            report.say(deed.words)
            found = [said[deed.do(visitor, victim)] for victim in (theirs, ours)]
            rows.append([deed.words, "yes" if deed.wanted else "no", *found])
        print(report.header(f"Web pages and local servers: Chromium {visitor.browser.version}"))
    print(report.table(COLUMNS, rows))


if __name__ == "__main__":
    main()
