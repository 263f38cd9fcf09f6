"""`homeport devices`: who was let in, who asks; and the answer to them."""

import argparse
import shlex
import time
from collections.abc import Sequence
from typing import Any

from homeport.core import device_words
from homeport.core.errors import ExitCode
from homeport.core.share_words import clock
from homeport.ui.cli.asking import ask, server
from homeport.ui.cli.page import Arguments, columns, show, show_json, width
from homeport.ui.cli.share_page import wrapped

HELP = """\
homeport devices [--of NAME|PORT] [--json]              the devices of a share
homeport devices approve|deny|revoke DEVICE [--of …]    let in, do not let in, put out again

DEVICE is the number that the device shows, its id, or its name.
--of names the server, where several run.

Exit codes: 0 done, 2 several devices can be meant, 5 no such device.
"""
FIRST_SEEN, ROOM_FOR_ALL = device_words.HEADER.index("first seen"), 110
"""The column that narrow terminals have to do without (--json has it), and how wide others are."""
_DONE = {"approve": "Let in", "deny": "Not let in", "revoke": "Put out"}


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises NothingThereError, UsageError."""
    parser = Arguments("devices")
    parser.add_argument("order", nargs="?", metavar="approve|deny|revoke")
    parser.add_argument("device", nargs="?", metavar="DEVICE")
    parser.add_argument("--of", dest="server", metavar="NAME|PORT")
    given = parser.read(arguments)
    if given.order and given.order not in _DONE:
        named = f"homeport devices --of {shlex.quote(given.order)}"
        parser.error(
            f"there is no {given.order} here: approve, deny, revoke; of a server:  {named}"
        )
    if given.order and not given.device:
        parser.error(f"{given.order} needs a DEVICE:  homeport devices  lists them")
    entry = server(given.server, _again(given))
    if given.order:
        answer = ask(entry, given.order, which=given.device)
        lines = [f"{_DONE[given.order]}: {_named(answer['device'])}."]
    else:
        answer = ask(entry, "devices")
        lines = _table(entry.name, answer)
    if given.json:
        answer.pop("rows", None)
        show_json({"server": entry.name, **answer})
    else:
        show(lines)
    return ExitCode.OK


def _again(given: argparse.Namespace) -> str:
    """The command once more, up to where the name of the server belongs."""
    words = (given.order, given.device and shlex.quote(given.device))
    return " ".join(["homeport devices", *filter(None, words), "--of"])


def _named(device: dict[str, Any]) -> str:
    where = f" at {device['address']}" if device["address"] else ""
    return f"{device['name']}{where}"


def _table(name: str, answer: dict[str, Any]) -> list[str]:
    if not answer["shared"]:
        return wrapped([f"{name} is not shared; share it:  homeport share {name}"])
    head = f"{name} is shared at {answer['url']} until {clock(answer['until'], time.time())}"
    if not answer["devices"]:
        return wrapped([head, "No device was let in yet, and none asks."])
    rows = [device_words.HEADER, *answer["rows"]]
    if width() < ROOM_FOR_ALL:
        rows = [[*row[:FIRST_SEEN], *row[FIRST_SEEN + 1 :]] for row in rows]
    table = [line for lines in columns(rows, width() - 2) for line in lines]
    waiting = [each for each in answer["devices"] if each["number"] is not None]
    steps = [wrapped(device_words.how_to_answer(each["name"], each["number"])) for each in waiting]
    return [*wrapped([head]), "", *table, *(row for step in steps for row in ("", *step))]
