"""What is said about the `.local` name of a share."""

from homeport.core.local_name import NoName

_WHY = {
    NoName.MISSING: "zeroconf is not installed here (pip install zeroconf)",
    NoName.NETWORK: "this network interface does not take part in multicast DNS",
    NoName.ADDRESS: "no network interface has that address any more",
    NoName.TAKEN: "other devices answer to it and to those beside it",
    NoName.ENDED: "the process that announces it has ended",
}


def no_local_name(reason: NoName) -> str:
    """The link by address works all the same."""
    return f"no .local name: {_WHY[reason]}; use the link with the address"


def renamed(asked: str, claimed: str) -> str:
    """`shop.local` was taken, it became `shop-2.local`."""
    return f"{asked} belongs to another device here, so this share is {claimed}"


def contested(name: str, ip: str, *, kept: bool) -> str:
    """Somebody else began to answer to the name that we have."""
    if kept:
        return f"{ip} answers to {name} too: some devices may end up there; use the address"
    return f"{ip} answers to {name} too, so this share takes another name"
