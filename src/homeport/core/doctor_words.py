"""Why another device cannot connect, in sentences (research/sharing-and-security.md, E).

Said is what was seen, read, or could not be read; a likely cause is called likely.
"""

from collections.abc import Iterable
from typing import Any

from homeport.core.doctor import Diagnosis, Does, Examined, Note, Remedy, Rung, Says, Step

_TITLES = {
    Rung.LISTENING: "Does it listen on a network?",
    Rung.ADDRESS: "Is the address still there?",
    Rung.OWN_CONNECTION: "Does it answer this computer?",
    Rung.FIREWALL: "Do the firewall rules let devices in?",
    Rung.NEIGHBOURS: "Which devices were heard on that network?",
    Rung.ARRIVED: "Did a connection arrive from elsewhere?",
    Rung.TLS: "Did TLS start?",
    Rung.GUARD: "Did the guard let it in?",
    Rung.PAIRED: "Was the device let in?",
}
_SAYS = {
    Says.SHARED: "Shared at {} until {}.",
    Says.SHARE_WAITS: "The share is closed for the moment: it waits for the network of {}.",
    Says.SHARE_OPENS: "The address is being opened.",
    Says.OPEN_BY_HOST: "Started with --host, so it listens at {}; no code is asked for.",
    Says.ONLY_LOOPBACK: "Nothing is shared: it listens on {}, not on a network address. This does "
    "not depend on a firewall.",
    Says.SHARE_ENDED: "The last share ended at {}: {}",
    Says.NO_NETWORK: "It listens on every address of this computer, but no network interface with "
    "an address is there.",
    Says.ADDRESS_HERE: "{} is the address of {}, which is up; for devices in {}.",
    Says.ADDRESS_GONE: "{} is the address of no interface now: the network has changed.",
    Says.IS_DOWN: "{}: {} is down.",
    Says.NO_LINK: "{}: {} has no link: no cable, or no access point.",
    Says.IS_VPN: "This is a VPN: only devices at its other end can try.",
    Says.IS_CONTAINERS: "This network joins containers and virtual machines of this computer; a "
    "phone is not on it.",
    Says.IS_WSL: "This is the network inside WSL; devices around the Windows computer do not see "
    "it by themselves.",
    Says.MOVED: "The address is {} now, it was {}: links to the old one lead nowhere.",
    Says.OTHER_NETWORKS: "This computer is also on {}: the device has to be in {}.",
    Says.ANSWERED_HERE: "{} answered a request of this computer (HTTP {}). That says nothing "
    "about other devices: it never crossed the network.",
    Says.NO_ANSWER_HERE: "{} did not answer a request of this computer: {}.",
    Says.FIREWALL: "{}: {}.",
    Says.NEIGHBOURS: "{}: {} heard lately besides the router: {}. Nobody was asked.",
    Says.NO_NEIGHBOURS: "{}: none was heard lately besides the router (nobody was asked).",
    Says.CALLED_IN_VAIN: "Called and not heard: {}.",
    Says.NEIGHBOURS_UNREAD: "{}: this system does not tell.",
    Says.REACHED: "Reached from {} at {}{}.",
    Says.MORE_PEERS: "And from {} more.",
    Says.NOT_REACHED: "Not reached from elsewhere yet: no connection of another device came here.",
    Says.NO_TLS: "Plain http: there is no TLS to fail.",
    Says.TLS_NOT_YET: "Nobody from elsewhere has tried.",
    Says.TLS_WORKED: "Requests from elsewhere came through it.",
    Says.TLS_FAILED: "{}: failed {}: {}.",
    Says.GUARD_NOT_YET: "No request came from elsewhere.",
    Says.NONE_REFUSED: "None from elsewhere was refused.",
    Says.REFUSED: "Refused {}: {}.",
    Says.REFUSED_PEER: "{}",
    Says.NO_PAIRING: "No code is asked for.",
    Says.WAITING: "Waiting for your answer: {}.",
    Says.LET_IN: "Let in: {}.",
    Says.PUT_OUT: "Put out again: {}.",
    Says.NOBODY_PAIRED: "No device was let in yet, and none asks.",
    Says.CAUSE_CONTAINER: "This is a container with a network of its own: only ports that are "
    "published arrive, and {} has to be one of them. Devices use the address of the computer "
    "around it, which a share in here does not know.",
    Says.CAUSE_WSL_NAT: "This is WSL behind NAT: devices see the address of Windows, which has to "
    "pass the port on (type it in Windows, as administrator). Requests then name Windows: start "
    "homeport with --allow-host and that address.",
    Says.CAUSE_WSL_MIRRORED: "This is WSL: the Hyper-V firewall of Windows judges what comes in, "
    "and its rules are not seen from here (PowerShell, as administrator).",
    Says.CAUSE_WSL: "This is WSL: whether Windows passes connections on is not seen from here.",
    Says.CAUSE_FIREWALL: "A firewall on this computer, by {}: {}.",
    Says.CAUSE_OTHER_NETWORK: "The device is on mobile data, on a guest Wi-Fi or on another "
    "network than {}.",
    Says.CAUSE_ISOLATION: "The access point keeps its devices apart (client isolation), as guest "
    "networks do.",
    Says.CAUSE_OLD_ADDRESS: "The device tries the address of before, {}; it is {} now.",
    Says.CAUSE_SEVERAL: "This computer is on several networks, and the device is on another one "
    "than {}.",
    Says.CAUSE_VPN_HERE: "A VPN is on here ({}): it may take the answers.",
    Says.CAUSE_VPN_THERE: "A VPN on the device takes its connections elsewhere.",
    Says.CAUSE_PERMISSION: "The browser of the device lacks the permission for the local network "
    "(settings of the iPhone or Android).",
    Says.NEXT_SHARE: "Share it first:  homeport share {}",
    Says.NEXT_WAIT: "Wait a few seconds, then look again:  homeport doctor",
    Says.NEXT_SHARE_AGAIN: "Share the address that this computer has now:  homeport share {}  "
    "({} is gone)",
    Says.NEXT_LINK_UP: "Connect {} to its network again, then share.",
    Says.NEXT_NO_ANSWER: "{} does not answer here either: look at the terminal of the server.",
    Says.NEXT_OPEN_FIREWALL: "Let {} in through the firewall rules, with the command above.",
    Says.NEXT_LOOK_FIREWALL: "Look whether the firewall rules let devices on {} in, with the "
    "command above.",
    Says.NEXT_WORKS: "{} was let in at {}: a device that cannot connect should open {} too.",
    Says.NEXT_APPROVE: "Let in the device that waits, if you know it:  {}",
    Says.NEXT_TRUST: "Open {} on the device: it leads through trusting the certificate.",
    Says.NEXT_TLS: "Open {} on the device with another browser: the handshake failed for another "
    "reason than trust.",
    Says.NEXT_LINK: "Open exactly {} on the device: another name or address was asked for.",
    Says.NEXT_REFUSED: "Open {} on the device itself: what came was refused (see above).",
    Says.NEXT_PAIR: "The device got here and was not let in yet: open a new one-time link on it:  "
    "homeport share {}",
    Says.NEXT_ARRIVED: "{} got here at {}: a device that cannot connect should open {} too.",
    Says.NEXT_TRY: "Put the device on the network {} (no guest Wi-Fi, mobile data off) and open "
    "{} on it.",
    Says.NEXT_CONTAINER: "Publish port {} of the container, and open the address of the computer "
    "around it.",
    Says.NEXT_WSL: "Let Windows pass the port on, as above, and open the address of Windows.",
    Says.NEXT_FIREWALL: "If the device is on {}, let that network in, with the command above.",
}
_RULES = {
    "R0": "it came from outside of the network that this is shared with",
    "R1": "the request was malformed",
    "R2": "it asked for another name or address than the link has",
    "R3": "a page of another origin sent it",
    "R4": "a page of another site sent it",
    "R5": "a WebSocket without an origin",
    "R6": "a token or code that is wrong, used, or too often wrong",
    "R7": "a change with a cookie alone",
    "R9": "the time of the share was over",
}
_TLS = {
    "closed": "it ended the connection in the handshake, as programs do that do not trust the "
    "certificate",
    "timeout": "it did not go on",
}
_DOES = {
    Does.OPEN: "to let them in:",
    Does.CLOSE: "to close it again:",
    Does.LOOK: "to look at the rules:",
    Does.DO: "to do:",
    Does.OPEN_THERE: "to open on the device:",
}
_OWN = {
    "refused": "the connection was refused",
    "timeout": "nothing came in time",
    "no-http": "what came was no HTTP",
}


def title(step: Step) -> str:
    """The question of a rung."""
    return _TITLES[step.rung]


def does(what: Does) -> str:
    """What stands above commands."""
    return _DOES[what]


def sentence(note: Note) -> str:
    """What a note says."""
    match note:
        case Note(Says.REFUSED, (times, rule)):
            about: tuple[str, ...] = times, f"{_RULES.get(rule, 'for another reason')} ({rule})"
        case Note(Says.TLS_FAILED, (peer, times, reason)):
            about = peer, times, _tls(reason)
        case Note(Says.NO_ANSWER_HERE, (url, error)):
            about = url, _OWN.get(error, error)
        case _:
            about = note.about
    return _SAYS[note.says].format(*about)


def _tls(reason: str) -> str:
    if "UNKNOWN_CA" in reason or "CERTIFICATE" in reason:
        return f"it does not trust the certificate yet ({reason})"
    return _TLS.get(reason, reason)


def facts(found: Diagnosis, seen: Examined) -> dict[str, Any]:
    """For JSON: every rung, with what was seen and said."""
    return {
        "server": seen.name,
        "port": seen.port,
        "links": [spot.url for spot in seen.spots],
        "steps": [_step(step) for step in found.steps],
        "causes": [
            {
                "code": cause.note.says.value,
                "says": sentence(cause.note),
                "commands": _commands(cause.remedies),
            }
            for cause in found.causes
        ],
        "next": sentence(found.next),
        "next_code": found.next.says.value,
        "hindered": found.hindered,
        "reached_from": [peer.peer for peer in seen.peers],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "step": step.rung.value,
        "state": step.state.value,
        "notes": [{"code": note.says.value, "says": sentence(note)} for note in step.notes],
        "commands": _commands(step.remedies),
    }


def _commands(remedies: Iterable[Remedy]) -> list[dict[str, Any]]:
    return [{"does": each.does.value, "commands": list(each.commands)} for each in remedies]
