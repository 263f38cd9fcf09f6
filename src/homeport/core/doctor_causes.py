"""What most likely keeps a device away, and the one thing to do next."""

from homeport.core.address import InterfaceKind
from homeport.core.audience import ReasonCode, Verdict
from homeport.core.doctor import (
    Cause,
    Diagnosis,
    Does,
    Examined,
    Note,
    Remedy,
    Rung,
    Says,
    Spot,
    State,
    Step,
)
from homeport.core.doctor_here import heard_on
from homeport.core.doctor_steps import (
    approvals,
    is_distrust,
    plain_url,
    refused_only,
    steps,
    tls_failed,
)
from homeport.core.reach_words import reason as in_words
from homeport.core.runs_in import Engine, WslNetwork
from homeport.core.share import Phase
from homeport.core.share_words import clock
from homeport.core.shell_words import quoted
from homeport.core.vpn import vpns

_HERE = (Rung.LISTENING, Rung.ADDRESS, Rung.OWN_CONNECTION, Rung.FIREWALL)
"""What is known of this computer by itself: it holds for every device."""
_WSL_CREATOR = "{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}"
"""WSL among the owners of virtual machines (learn.microsoft.com, "Configure Hyper-V firewall")."""


def diagnosis(seen: Examined) -> Diagnosis:
    """Climb the ladder, name what is likely, and say what to do."""
    climbed = steps(seen)
    bad = {step.rung for step in climbed if step.state is State.BAD}
    stuck_here = any(rung in bad for rung in _HERE)
    found = () if seen.peers or stuck_here or not seen.spots else _causes(seen)
    return Diagnosis(
        steps=climbed,
        causes=found,
        next=_next(seen, climbed, found),
        hindered=stuck_here or (bool(bad) and not _let_in(seen)),
    )


def _let_in(seen: Examined) -> list[str]:
    """The peers that got to the app, the latest last."""
    return [each.peer for each in seen.peers if each.allowed]


# Causes


def _causes(seen: Examined) -> tuple[Cause, ...]:
    """The likeliest first: what was seen here before what is usual elsewhere."""
    link, network = seen.spots[0].url, seen.spots[0].network
    early, late = _firewall(seen)
    found = [*_place(seen), *early]
    if seen.share is not None and seen.share.moved_from is not None:
        found.append(_cause(Says.CAUSE_OLD_ADDRESS, seen.share.moved_from, link))
    found += [_cause(Says.CAUSE_OTHER_NETWORK, network), _cause(Says.CAUSE_ISOLATION)]
    found += late
    own = {spot.name for spot in seen.spots}
    if len({each.name for each in seen.interfaces if _is_network(each.kind) and each.running}) > 1:
        found.append(_cause(Says.CAUSE_SEVERAL, network))
    found += [
        _cause(Says.CAUSE_VPN_HERE, each.name)
        for each in vpns(seen.interfaces)
        if each.name not in own
    ]
    return (*found, _cause(Says.CAUSE_VPN_THERE), _cause(Says.CAUSE_PERMISSION))


def _is_network(kind: InterfaceKind) -> bool:
    return kind in (InterfaceKind.WIFI, InterfaceKind.ETHERNET)


def _cause(says: Says, *about: str, remedies: tuple[Remedy, ...] = ()) -> Cause:
    return Cause(note=Note(says, about), remedies=remedies)


def _firewall(seen: Examined) -> tuple[list[Cause], list[Cause]]:
    """Rules that are not known: before the other causes where something speaks for them, or after.

    A device was heard on that network and no connection came: what it sends gets as far as here.
    """
    early, late = list[Cause](), list[Cause]()
    for spot in seen.spots:
        first = spot.firewall[0]
        if first.verdict is not Verdict.UNKNOWN:
            continue
        cause = _cause(Says.CAUSE_FIREWALL, spot.name, in_words(first))
        denies = first.code in (ReasonCode.FRONT_END_DENIES, ReasonCode.FILTER_DEPENDS)
        (early if denies or heard_on(spot) else late).append(cause)
    return early, late


def _place(seen: Examined) -> list[Cause]:
    """A container or WSL, where devices around the computer see another address."""
    port, runs_in = str(seen.port), seen.runs_in
    if runs_in.container is not None and runs_in.own_network:
        remedies = _publish(seen, runs_in.container)
        return [_cause(Says.CAUSE_CONTAINER, port, remedies=remedies)]
    if runs_in.wsl is None:
        return []
    if runs_in.wsl_network in (WslNetwork.MIRRORED, WslNetwork.VIRTIO):
        return [_cause(Says.CAUSE_WSL_MIRRORED, remedies=_hyper_v(port))]
    if runs_in.wsl_network is WslNetwork.NAT:
        return [_cause(Says.CAUSE_WSL_NAT, remedies=_port_proxy(seen.spots[0]))]
    return [_cause(Says.CAUSE_WSL)]


def _publish(seen: Examined, engine: Engine) -> tuple[Remedy, ...]:
    port = seen.port
    if engine is Engine.KUBERNETES:
        commands: tuple[str, ...] = (f"kubectl port-forward --address ADDRESS POD {port}:{port}",)
    elif engine in (Engine.DOCKER, Engine.PODMAN):
        program = engine.value
        commands = (
            f"{program} run -p {port}:{port} IMAGE homeport APP --host 0.0.0.0 --port {port}",
        )
    else:
        return ()
    return (Remedy(Does.DO, commands),)


def _port_proxy(spot: Spot) -> tuple[Remedy, ...]:
    """In a Windows terminal with administrator rights; netsh's own words."""
    port = spot.port
    place = f"v4tov4 listenaddress=0.0.0.0 listenport={port}"
    rule = f"name=homeport-{port}"
    return (
        Remedy(
            Does.OPEN,
            (
                f"netsh interface portproxy add {place} connectaddress={spot.ip} "
                f"connectport={port}",
                f"netsh advfirewall firewall add rule {rule} dir=in action=allow protocol=TCP "
                f"localport={port}",
            ),
        ),
        Remedy(
            Does.CLOSE,
            (
                f"netsh interface portproxy delete {place}",
                f"netsh advfirewall firewall delete rule {rule}",
            ),
        ),
    )


def _hyper_v(port: str) -> tuple[Remedy, ...]:
    """In PowerShell with administrator rights."""
    name = f"homeport-{port}"
    return (
        Remedy(
            Does.OPEN,
            (
                f"New-NetFirewallHyperVRule -Name {name} -DisplayName {name} -Direction Inbound "
                f"-VMCreatorId '{_WSL_CREATOR}' -Protocol TCP -LocalPorts {port} -Action Allow",
            ),
        ),
        Remedy(Does.CLOSE, (f"Remove-NetFirewallHyperVRule -Name {name}",)),
    )


# What to do


def _next(seen: Examined, climbed: tuple[Step, ...], causes: tuple[Cause, ...]) -> Note:
    bad = {step.rung: step for step in climbed if step.state is State.BAD}
    stuck = next((rung for rung in _HERE if rung in bad), None)
    if stuck is not None:
        return _next_here(seen, stuck)
    if not seen.spots or (seen.share is not None and seen.share.phase == Phase.OPENING.value):
        return Note(Says.NEXT_WAIT)
    return _next_there(seen) if seen.peers else _next_try(seen, causes)


def _next_here(seen: Examined, rung: Rung) -> Note:
    """Something on this computer keeps every device out."""
    name = quoted(seen.name)
    if rung is Rung.LISTENING:
        waits = seen.share is not None
        return Note(Says.NEXT_WAIT) if waits else Note(Says.NEXT_SHARE, (name,))
    if rung is Rung.ADDRESS:
        # The worst of them, as the rung says; one without an interface is the worst of all.
        order = [spot for spot in seen.spots if spot.interface is None]
        if order:
            return Note(Says.NEXT_SHARE_AGAIN, (name, order[0].ip))
        down = [
            spot.interface
            for spot in seen.spots
            if spot.interface is not None and not (spot.interface.up and spot.interface.running)
        ]
        return Note(Says.NEXT_LINK_UP, (down[0].name,))
    if rung is Rung.OWN_CONNECTION:
        failed = next(spot for spot in seen.spots if spot.own_visit.error)
        return Note(Says.NEXT_NO_ANSWER, (failed.url,))
    refused = next(
        spot for spot in seen.spots if any(one.verdict is Verdict.NO for one in spot.firewall)
    )
    if refused.opening is None:
        return Note(Says.NEXT_LOOK_FIREWALL, (refused.name,))
    return Note(Says.NEXT_OPEN_FIREWALL, (refused.network,))


def _next_there(seen: Examined) -> Note:
    """Devices came; what became of them."""
    link = seen.spots[0].url
    waiting = approvals(seen)
    if waiting:
        return Note(Says.NEXT_APPROVE, (waiting[0],))
    inside = _let_in(seen)
    if inside:
        latest = next(each for each in reversed(seen.peers) if each.peer in inside)
        says = Says.NEXT_WORKS if seen.share is not None else Says.NEXT_ARRIVED
        return Note(says, (latest.peer, clock(latest.last, seen.time), link))
    failed = tls_failed(seen)
    if failed:
        reasons = [reason for each in failed for reason, _ in each.tls_failures]
        if any(map(is_distrust, reasons)):
            return Note(Says.NEXT_TRUST, (plain_url(seen),))
        return Note(Says.NEXT_TLS, (link,))
    refused = refused_only(seen)
    if refused:
        rules = [rule for each in refused for rule, _ in each.refused]
        return Note(Says.NEXT_LINK if "R2" in rules else Says.NEXT_REFUSED, (link,))
    if not seen.pairing:
        latest = seen.peers[-1]
        return Note(Says.NEXT_ARRIVED, (latest.peer, clock(latest.last, seen.time), link))
    return Note(Says.NEXT_PAIR, (quoted(seen.name),))


def _next_try(seen: Examined, causes: tuple[Cause, ...]) -> Note:
    """Nothing came: the remedy of the likeliest cause."""
    spot, likeliest = seen.spots[0], causes[0]
    if likeliest.note.says is Says.CAUSE_CONTAINER:
        return Note(Says.NEXT_CONTAINER, (str(seen.port),))
    if likeliest.note.says in (Says.CAUSE_WSL, Says.CAUSE_WSL_NAT, Says.CAUSE_WSL_MIRRORED):
        return Note(Says.NEXT_WSL)
    if likeliest.note.says is Says.CAUSE_FIREWALL:
        unsure = next(each for each in seen.spots if each.name == likeliest.note.about[0])
        if unsure.opening is not None:
            return Note(Says.NEXT_FIREWALL, (unsure.network,))
        return Note(Says.NEXT_LOOK_FIREWALL, (unsure.name,))
    return Note(Says.NEXT_TRY, (spot.network, spot.url))
