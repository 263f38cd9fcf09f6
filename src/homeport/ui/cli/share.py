"""`homeport share`: open the address of one network interface, for a while."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeport.core.durations import parse_duration
from homeport.core.errors import ExitCode, UsageError
from homeport.core.shell_words import quoted
from homeport.ui.cli.asking import ask, server
from homeport.ui.cli.output import has_colour, is_terminal
from homeport.ui.cli.page import Arguments, show_json, show_text
from homeport.ui.cli.question import agreed
from homeport.ui.cli.share_page import share_page

HELP = """\
homeport share [NAME|PORT] [--for 30m] [--on wlan0|ADDRESS] [--tls] [--open [--yes]] [--json]

Opens the address of one network interface on a running server, without restarting it, and prints a
link that lets one device in. Other devices ask, and you are asked. Shared already: goes on for so
long from now, with a new link.

  --for TIME          how long: 90s, 30m, 2h, 1h30m, at most 24h  [30m]
  --on IFACE|ADDRESS  which network  [the Wi-Fi or Ethernet that can only be meant]
  --tls               https, with a certificate of your own CA; the link leads through trusting it
  --open              let everyone on that network in, without a code; asks first
  --yes               do not ask
  --json              one JSON object

It ends by itself:  homeport unshare  ends it now.  homeport devices  lists who was let in.
"""


def run(arguments: Sequence[str]) -> ExitCode:
    """The command. Raises UsageError, BindError, NothingThereError."""
    parser = Arguments("share")
    parser.add_argument("server", nargs="?", metavar="NAME|PORT")
    parser.add_argument("--for", dest="length", metavar="TIME")
    parser.add_argument("--on", metavar="IFACE|ADDRESS")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--open", action="store_true")
    parser.add_argument("--yes", action="store_true")
    given = parser.read(arguments)
    seconds = parse_duration(given.length) if given.length is not None else None
    entry = server(given.server, "homeport share")
    if given.open and not given.yes:
        _make_sure(arguments, may_ask=not given.json and is_terminal(0) and is_terminal(1))
    answer = ask(entry, "share", seconds=seconds, on=given.on, tls=given.tls, open=given.open)
    link = answer["link"] or _address(answer)
    if given.json:
        show_json({"server": entry.name, **answer, "link": link})
    else:
        page = share_page(answer["lines"], link, colour=has_colour(), cautions=answer["cautions"])
        show_text("\n" + "".join(f"  {line}".rstrip() + "\n" for line in page))
    return ExitCode.OK


def _address(answer: Mapping[str, Any]) -> str:
    """The link where no code is asked for."""
    return str(answer["news"][-1]["url"])


def _make_sure(arguments: Sequence[str], *, may_ask: bool) -> None:
    """Without a code everyone on the network gets in: only after an explicit yes."""
    others = [quoted(word) for word in arguments if word not in ("--open", "--json")]
    command = " ".join(["homeport share", *others])
    with_code = f"with a code:  {command}"
    if may_ask:
        if agreed("Without a code every device on that network gets in. Share like that?"):
            return
        raise UsageError("Not shared.", code="declined", next_steps=(with_code,))
    raise UsageError(
        "--open lets every device on that network in, and nobody is here to agree to that.",
        code="needs-yes",
        next_steps=(f"agree:  {command} --open --yes", with_code),
    )
