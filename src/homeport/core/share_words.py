"""What is told about a share: sentences for a person, facts for a program.

They say what is open, for whom and until when, and what was seen. Never that something is safe or
that nobody can come: that is not known here.
"""

from datetime import datetime
from typing import Any

from homeport.core import device_words
from homeport.core.address import InterfaceKind
from homeport.core.asking import OWN_PATHS
from homeport.core.durations import in_words
from homeport.core.evidence import Findings, PeerSeen, Proof
from homeport.core.share import EndReason, Place, Terms
from homeport.core.share_actions import News, Tell
from homeport.core.share_choice import Caution
from homeport.core.throttle import BLOCKED, OVERALL, PER_PEER

NEW_LINK = "a new one:  homeport share"
END_NOW = "end it now:  homeport unshare"

_ENDS = {
    EndReason.EXPIRED: "its time is over",
    EndReason.UNSHARED: "as asked",
    EndReason.REPLACED: "another share takes its place",
    EndReason.INTERFACE_GONE: "the network interface is gone",
    EndReason.INTERFACE_DOWN: "the network interface is switched off or has no link",
    EndReason.ADDRESS_GONE: "the address is gone",
    EndReason.OTHER_NETWORK: "this computer is on another network now",
    EndReason.NETWORK_UNSURE: "it cannot be told whether this is still the same network",
    EndReason.NOT_OPENED: "the address could not be opened",
    EndReason.SERVER_STOPPED: "the server stops",
}
_CAUTIONS = {
    Caution.GLOBAL_IPV6: "This IPv6 address is a public one: only prefix and firewall decide "
    "whether the internet gets to it too.",
    Caution.PUBLIC_IPV4: "This address is a public one: its network may be larger than a room.",
    Caution.VPN: "This is a VPN: the devices at its other end can try to connect.",
    Caution.CONTAINERS: "This network joins containers and virtual machines of this computer.",
    Caution.WSL: "This is the network inside WSL: devices around the Windows computer do not see "
    "it unless Windows passes it on.",
}
_LINK = "The link below lets one device in, within two minutes"
_PROOFS = {
    Proof.LISTENING: "listening",
    Proof.ANSWERS_HERE: "answers on this computer (which says nothing about other devices)",
    Proof.NOT_REACHED: "not reached from elsewhere yet",
}


def link(place: Place, terms: Terms) -> str:
    """The address to open on the other device."""
    return place.address.url("https" if terms.tls else "http")


def pairing_link(place: Place, terms: Terms, code: str) -> str:
    """The one-time link, as the QR code holds it. `code` needs no escaping (urlsafe)."""
    return f"{link(place, terms)}{OWN_PATHS}pair?code={code}"


def clock(moment: float, now: float) -> str:
    """`15:30`, local time; `15:30:20` when it is near; another day is said."""
    then, today = datetime.fromtimestamp(moment), datetime.fromtimestamp(now)
    near = abs(moment - now) < 120
    said = then.strftime("%H:%M:%S" if near else "%H:%M")
    if then.date() > today.date():
        return f"tomorrow {said}"
    return said if then.date() == today.date() else f"{then:%Y-%m-%d} {said}"


def audience(place: Place) -> str:
    """`devices on Wi-Fi wlan0 (192.168.1.0/24)`."""
    return f"devices on {_interface(place)} ({place.network})"


def _interface(place: Place) -> str:
    kind = "" if place.kind is InterfaceKind.OTHER else f"{place.kind.value} "
    return f"{kind}{place.interface}"


def lines(tell: Tell, now: float) -> tuple[str, ...]:
    """What is said, a sentence or a command each; `now` is wall clock.

    The link that lets one device in is shown below them.
    """
    if tell.device is not None:
        return device_words.lines(tell.news, tell.device)
    if tell.news in (News.PEER_BLOCKED, News.ALL_BLOCKED):
        return _blocked(tell)
    place, terms, until = tell.place, tell.terms, tell.until
    assert place is not None and terms is not None and until is not None
    url = link(place, terms)
    match tell.news:
        case News.OPENED | News.MOVED | News.BACK:
            return (*_headline(tell, place, until, url, now), *_opened(tell, place, terms))
        case News.RENEWED:
            return (f"{_until('Shared', until, now)}:  {url}",)
        case News.CODE:
            return (f"{_LINK}. The one before is dead.",)
        case News.CODE_OVER:
            return (f"The link is too old to be used; {NEW_LINK}",)
        case News.SEEKING:
            why = _ENDS[tell.reason] if tell.reason is not None else "its network is gone"
            return (
                f"{url} is closed for the moment: {why}. Waiting a few seconds for the same "
                "network.",
            )
        case _:
            return _ended(tell, url)


def in_short(tell: Tell, now: float) -> str | None:
    """One line, for the terminal of the server when it was asked for in another; None: nothing."""
    if tell.news is News.CODE:
        return None
    if tell.news in (News.OPENED, News.RENEWED):
        place, terms, until = tell.place, tell.terms, tell.until
        assert place is not None and terms is not None and until is not None
        code = "" if terms.pairing else " without a code"
        said = f"Shared until {clock(until, now)}{code}: {link(place, terms)}"
        return (
            f"{said} ({_interface(place)}, {place.network})" if tell.news is News.OPENED else said
        )
    return lines(tell, now)[0]


def caution(word: Caution) -> str:
    """What has to be known about the address that was chosen."""
    return _CAUTIONS[word]


def reached(peer: PeerSeen, now: float, device: str | None = None) -> str:
    """`reached from 192.168.1.34 at 14:02 (iPhone, paired)`; `device` is its name."""
    who = f" ({device}, paired)" if device else ""
    return f"reached from {peer.peer} at {clock(peer.last, now)}{who}"


def evidence(found: Findings, now: float, device: str | None = None) -> tuple[str, ...]:
    """Each word of evidence that holds. `device` is the name of the latest peer's device."""
    said = [_PROOFS[proof] for proof in found.proofs if proof is not Proof.REACHED]
    if found.latest is not None:
        said.append(reached(found.latest, now, device))
    return tuple(said)


def facts(tell: Tell, time: float) -> dict[str, Any]:
    """The JSON line of a piece of news; only what is known is in it, and no code or token."""
    told: dict[str, Any] = {"event": tell.news.value, "time": round(time, 3)}
    if tell.place is not None and tell.terms is not None:
        told |= {
            "url": link(tell.place, tell.terms),
            "interface": tell.place.interface,
            "network": tell.place.network,
            "pairing": tell.terms.pairing,
            "tls": tell.terms.tls,
        }
    optional = {
        "until": None if tell.until is None else round(tell.until, 3),
        "reason": None if tell.reason is None else tell.reason.value,
        "detail": tell.detail or None,
        "peer": tell.peer,
        "moved_from": tell.moved_from if tell.news is News.MOVED else None,
        "device": None if tell.device is None else device_words.facts(tell.device),
    }
    return told | {key: value for key, value in optional.items() if value is not None}


def _headline(tell: Tell, place: Place, until: float, url: str, now: float) -> tuple[str, ...]:
    shared = f"{_until('Shared', until, now)}:  {url}"
    if tell.news is News.MOVED:
        return (
            f"The address of {place.interface} is {place.ip} now, it was {tell.moved_from}.",
            shared,
            "The old link is closed: browsers have to pair again, tokens of scripts still work.",
        )
    if tell.news is News.BACK:
        return ("The network is back.", shared)
    return (shared,)


def _until(done: str, until: float, now: float) -> str:
    return f"{done} until {clock(until, now)}, {in_words(until - now)} from now"


def _opened(tell: Tell, place: Place, terms: Terms) -> tuple[str, ...]:
    who = audience(place)
    said = [f"{who[0].upper()}{who[1:]} can try to connect."]
    if not terms.pairing:
        said.append("No code is asked for: whoever connects gets in.")
    elif tell.code_hash is not None:
        said.append(f"{_LINK}. Others show a number, and you are asked.")
    else:
        said.append("A device that comes shows a number, and you are asked.")
    if not terms.tls:
        said += [
            "Not encrypted: others on this network may be able to read along.",
            "encrypted:  homeport share --tls",
        ]
    return (*said, END_NOW)


def _ended(tell: Tell, url: str) -> tuple[str, ...]:
    why = _ENDS[tell.reason] if tell.reason is not None else "as asked"
    detail = f" ({tell.detail})" if tell.detail else ""
    if tell.reason is EndReason.NOT_OPENED:
        return (f"{url} is not shared: {why}{detail}.",)
    return (
        f"No longer shared: {why}{detail}. {url} is closed and its connections are cut.",
        "Next time every device has to be let in anew.",
    )


def _blocked(tell: Tell) -> tuple[str, ...]:
    if tell.news is News.PEER_BLOCKED:
        return (
            f"{tell.peer} was wrong {PER_PEER} times: it cannot pair for {in_words(BLOCKED)}. "
            "Devices that were let in are not affected.",
        )
    return (
        f"{OVERALL} wrong codes and tokens came in, the last from {tell.peer}: pairing is off. "
        f"Devices that were let in are not affected; to go on, {NEW_LINK}",
    )
