"""`homeport doctor`: why another device cannot connect."""

from collections.abc import Iterable, Iterator, Sequence

from homeport.core import doctor_words
from homeport.core.doctor import Diagnosis, Examined, Remedy, State
from homeport.core.doctor_causes import diagnosis
from homeport.core.errors import ExitCode
from homeport.engine.examination import examine
from homeport.ui.cli.asking import ask, server
from homeport.ui.cli.page import Arguments, paint, prose, show, show_json

HELP = """\
homeport doctor [NAME|PORT] [--json]     why can the phone not connect

Walks the way of a connection from another device: is it listening on a network, is the address
still there, does it answer this computer, what do the firewall rules say, which devices were heard,
did a connection arrive, did TLS start, did the guard refuse it, was the device let in. Everything
is read or was seen by the server; the other device needs nothing. The last line says what to do.

  --json   one JSON object

Exit codes: 0 a device was let in, or nothing that was seen keeps devices out; 5 no such server,
nothing is shared, or something that was seen keeps them out.
"""
_COLOURS = {State.GOOD: "32", State.BAD: "31", State.UNKNOWN: "33", State.NOT_YET: "2"}
_COLUMN = max(len(state.value) for state in State) + 2
_INDENT = " " * _COLUMN


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("doctor")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    given = parser.read(arguments)
    entry = server(given.server, "homeport doctor")
    seen = examine(entry, ask(entry, "evidence"))
    found = diagnosis(seen)
    if given.json:
        show_json(doctor_words.facts(found, seen))
    else:
        show(_page(found, seen))
    return ExitCode.NOTHING_THERE if found.hindered else ExitCode.OK


def _page(found: Diagnosis, seen: Examined) -> Iterator[str]:
    yield from prose(f"{seen.name}, port {seen.port}: why can another device not connect?")
    yield ""
    for step in found.steps:
        if not step.notes:
            continue
        word = step.state.value
        first, *rest = prose(doctor_words.title(step), _INDENT)
        yield paint(_COLOURS[step.state], word) + first[len(word) :]
        yield from rest
        for note in step.notes:
            yield from prose(doctor_words.sentence(note), f"{_INDENT}  ")
        yield from _commands(step.remedies)
    if found.causes:
        yield ""
        yield from prose("The likeliest causes, the likeliest first:")
        for number, cause in enumerate(found.causes, 1):
            first, *rest = prose(doctor_words.sentence(cause.note), "    ")
            yield f"{number:>2}. {first[4:]}"
            yield from rest
            yield from _commands(cause.remedies)
    yield ""
    yield from (paint("1", line) for line in prose(doctor_words.sentence(found.next)))


def _commands(remedies: Iterable[Remedy]) -> Iterator[str]:
    """Each command on a line of its own, however long: it is there to be copied."""
    for remedy in remedies:
        yield f"{_INDENT}  {doctor_words.does(remedy.does)}"
        yield from (f"{_INDENT}    {command}" for command in remedy.commands)
