from homeport.core.address import Interface, InterfaceKind
from homeport.core.vpn import vpns


def interface(
    name: str, kind: InterfaceKind, *, running: bool = True, gateways: tuple[int, ...] = ()
) -> Interface:
    return Interface(
        name=name,
        kind=kind,
        up=True,
        running=running,
        addresses=("10.9.0.6/32",) if name != "bare" else (),
        gateways=gateways,
    )


WIFI = interface("wlan0", InterfaceKind.WIFI, gateways=(4,))
SPLIT = interface("wg0", InterfaceKind.VPN)
WHOLE = interface("tun0", InterfaceKind.VPN, gateways=(4,))
DOWN = interface("tun1", InterfaceKind.VPN, running=False, gateways=(4,))
BARE = interface("bare", InterfaceKind.VPN)


def test_a_vpn_that_runs_is_found() -> None:
    seen = (WIFI, SPLIT, WHOLE, DOWN, BARE)
    assert vpns(seen) == (SPLIT, WHOLE)
