"""`homeport trust`: makes this computer trust the local certificate authority, and stops it."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from homeport import host
from homeport.core import trust_words as words
from homeport.core.certificates import LocalCA
from homeport.core.errors import ExitCode
from homeport.core.trust_stores import Change, Trusted, change, stores
from homeport.engine import trust_stores
from homeport.engine.runtime_folder import state_folder
from homeport.host import me
from homeport.ui.cli.folders import home_folder
from homeport.ui.cli.output import is_terminal
from homeport.ui.cli.page import Arguments, paint, prose, show, show_json
from homeport.ui.cli.question import agreed

HELP = """\
homeport trust [--undo | --status] [--yes] [--json]     trust the local certificate authority here

With --tls homeport signs its certificates by an authority (CA) of your own. This puts it into the
trust stores of this computer: the system's, and the databases of the browsers. It shows every
command first and asks. What needs root is shown for you to type; sudo is never called.

  --undo    take it out again, earlier ones too
  --status  only look
  --yes     do not ask
  --json    one JSON object; changes need --yes

Exit codes: 0 every store that was found is as wanted (--status: trusts it), 5 some are not.
"""


class _Seen(NamedTuple):
    """The CAs, the present one first, and what is to be done about them in which store."""

    cas: tuple[LocalCA, ...]
    changes: tuple[Change, ...]

    @property
    def possible(self) -> list[Change]:
        return [each for each in self.changes if each.commands and not _needs_you(each)]

    @property
    def is_done(self) -> bool:
        return all(each.is_done for each in self.changes)


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. HomeportError when there is no usable CA, or nobody to ask."""
    parser = Arguments("trust")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--undo", action="store_true")
    what.add_argument("--status", action="store_true")
    parser.add_argument("--yes", action="store_true")
    given = parser.read(arguments)
    home = home_folder()
    if home is None:
        raise words.no_home()
    cas = _cas(make=not (given.undo or given.status))
    wanted = Trusted.NO if given.undo else Trusted.YES
    seen = _look(home, cas, wanted)
    if not given.json:
        show(_page(seen, only_look=given.status))
    failures: list[str] = []
    if seen.possible and not given.status:
        if not given.yes:
            _ask(undo=given.undo, may_ask=not given.json and is_terminal(0) and is_terminal(1))
        said = [(each, trust_stores.run(each.commands)) for each in seen.possible]
        failures = [f"{each.store.place}: {why}" for each, why in said if why]
        seen = _look(home, cas, wanted)
        if not given.json:
            show(_outcome(seen, failures))
    if given.json:
        show_json(_as_object(seen, failures))
    is_fine = seen.is_done and (bool(seen.changes) or given.undo)
    return ExitCode.OK if is_fine else ExitCode.NOTHING_THERE


def _cas(*, make: bool) -> tuple[LocalCA, ...]:
    from homeport.engine.certificates import local_ca  # slow to import

    try:
        with state_folder(os.environ, make=make) as opened:
            folder = Path(opened.path)
    except FileNotFoundError:
        return ()
    if not make:
        return local_ca.known_cas(folder)
    present = local_ca.local_ca(folder, time.time())
    return (present, *(ca for ca in local_ca.known_cas(folder) if ca.id != present.id))


def _look(home: Path, cas: tuple[LocalCA, ...], wanted: Trusted) -> _Seen:
    """The present CA is put in or taken out; earlier ones are only ever taken out."""
    surroundings = trust_stores.look_around(home, host.system())
    changes = []
    for ca in cas:
        for store in stores(surroundings, ca):
            trusted = trust_stores.look(store)
            if ca is cas[0]:
                changes.append(change(store, trusted, wanted))
            elif trusted is Trusted.YES:
                changes.append(change(store, trusted, Trusted.NO))
    return _Seen(cas, tuple(changes))


def _needs_you(each: Change) -> bool:
    return each.store.needs_root and not me.is_root()


def _page(seen: _Seen, *, only_look: bool) -> Iterator[str]:
    if not seen.cas:
        yield words.NO_CA
        return
    first, *rows = words.ca_lines(seen.cas[0])
    yield paint("1", first)
    yield from rows
    yield ""
    if news := words.ca_news(seen.cas[0]):
        yield from (paint("33", line) for line in prose(news))
        yield ""
    yield from prose(words.FOR_WHOM)
    if not seen.changes:
        yield ""
        yield from prose(words.NO_STORES)
    for each in seen.changes:
        yield ""
        yield from _store(each, only_look=only_look)
    yield ""
    yield from prose(words.OTHERS)
    for who, what in words.other_programs(seen.cas[0]):
        yield from prose(f"{who}: {what}", "  ")


def _store(each: Change, *, only_look: bool) -> Iterator[str]:
    colour = "32" if each.is_done else "33"
    yield f"{words.readers(each.store)}: {paint(colour, words.state(each.trusted))}"
    yield paint("2", f"  {each.store.place}")
    if each.wanted is Trusted.NO and each.trusted is Trusted.YES:
        yield f"  {words.taken_out(each.store.ca)}"
    if each.store.needs:
        yield from prose(words.missing_tool(each.store), "  ")
    if each.commands and not only_look:
        if _needs_you(each):
            yield from prose(words.NEEDS_ROOT, "  ")
        for command in each.commands:
            yield f"    {words.typed(command, sudo=_needs_you(each))}"


def _ask(*, undo: bool, may_ask: bool) -> None:
    if not may_ask:
        raise words.needs_yes(undo)
    if not agreed(words.QUESTION_UNDO if undo else words.QUESTION):
        raise words.declined()


def _outcome(seen: _Seen, failures: list[str]) -> Iterator[str]:
    for each in seen.changes:
        colour = "32" if each.is_done else "33"
        yield f"{words.readers(each.store)}: {paint(colour, words.state(each.trusted))}"
    for failure in failures:
        yield from prose(paint("31", failure))
    yield words.RESTART


def _as_object(seen: _Seen, failures: list[str]) -> dict[str, object]:
    ca = seen.cas[0] if seen.cas else None
    return {
        "ca": ca
        and {"name": ca.name, "fingerprint": ca.fingerprint, "until": ca.until}
        | {"certificate": ca.path},
        "stores": [
            {
                "kind": each.store.kind,
                "place": each.store.place,
                "readers": words.readers(each.store),
                "ca": each.store.ca.name,
                "trusted": each.trusted,
                "wanted": each.wanted,
                "commands": each.commands,
                "needs_root": each.store.needs_root,
                "needs": each.store.needs,
            }
            for each in seen.changes
        ],
        "failed": failures,
        "done": seen.is_done,
    }
