"""The founding questions: the browser here, a Python client here, a phone, another computer."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from homeport.core.address import Address, InterfaceKind, is_loopback
from homeport.core.audience import (
    Asker,
    AudienceKind,
    Finding,
    Question,
    Reach,
    Reason,
    ReasonCode,
    Verdict,
)
from homeport.core.facts import Facts
from homeport.core.overlap import answer
from homeport.core.reach_links import is_scoped

_LOCALHOST = ("::1", "127.0.0.1")


def questions(
    reach: Reach, facts: Facts, tls: AbstractSet[int] = frozenset()
) -> tuple[Question, ...]:
    """Each of them with its verdict and what to type there; `facts` are those `reach` is from.

    A phone is asked about on Wi-Fi when this computer has it, else on any network: it may hang on
    the same router. Where several networks are there, the best one answers.
    `tls` are processes whose links are https.
    """
    scheme = "https" if all(each.is_held_by(tls) for each in reach.listeners) else "http"
    networks = _of(reach, lambda one: one.audience.kind is AudienceKind.NETWORK)
    wifi = [one for one in networks if one.audience.medium is InterfaceKind.WIFI]
    further = _of(reach, lambda one: one.audience.kind in (AudienceKind.VPN, AudienceKind.INTERNET))
    [here] = _of(reach, lambda one: one.audience.kind is AudienceKind.SELF)
    return (
        _browser(reach, facts, here, scheme),
        _asked(Asker.PYTHON, here, reach.port, scheme),
        _asked(Asker.PHONE, _best(wifi or networks), reach.port, scheme),
        _asked(Asker.COMPUTER, _best([*networks, *further]), reach.port, scheme),
    )


def _of(reach: Reach, wanted: Callable[[Finding], bool]) -> list[Finding]:
    return [one for one in reach.findings if wanted(one)]


def _best(findings: list[Finding]) -> Finding | None:
    return max(findings, key=lambda one: one.verdict, default=None)


def _browser(reach: Reach, facts: Facts, here: Finding, scheme: str) -> Question:
    """`localhost` when every address it may mean is ours or nobody's: then browsers find it."""
    on_port = [one for one in facts.listeners if one.address.port == reach.port]
    found = [answer(ip, on_port, facts.system) for ip in _LOCALHOST]
    ours = any(ip in here.addresses for ip in _LOCALHOST)
    theirs = any(one not in reach.listeners for each in found for one in each.winners)
    certain = all(each.certain for each in found)
    if ours and not theirs and certain and here.verdict is Verdict.YES:
        return Question(
            asker=Asker.BROWSER,
            verdict=Verdict.YES,
            url=f"{scheme}://localhost:{reach.port}",
            finding=here,
        )
    note = Reason(code=ReasonCode.SPLIT_LOCALHOST, verdict=Verdict.UNKNOWN, about=str(reach.port))
    return _asked(Asker.BROWSER, here, reach.port, scheme, (note,) if ours and theirs else ())


def _asked(
    asker: Asker,
    finding: Finding | None,
    port: int,
    scheme: str,
    notes: tuple[Reason, ...] = (),
) -> Question:
    """With the first address that can be typed: loopback before others, IPv4 before IPv6."""
    ips = [ip for ip in finding.addresses if not is_scoped(ip)] if finding else []
    ips.sort(key=lambda ip: (not is_loopback(ip), ":" in ip))
    verdict = finding.verdict if finding else Verdict.NO
    if verdict is Verdict.YES and not ips:
        verdict = Verdict.UNKNOWN
        notes += (Reason(code=ReasonCode.LINK_LOCAL, verdict=verdict),)
    return Question(
        asker=asker,
        verdict=verdict,
        url=Address(ip=ips[0], port=port).url(scheme) if ips else None,
        finding=finding,
        notes=notes,
    )
