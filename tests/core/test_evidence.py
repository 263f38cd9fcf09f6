import random

from homeport.core.evidence import (
    PEERS,
    Evidence,
    PeerSeen,
    Proof,
    findings,
    newly_reached,
    unmapped,
)

OWN = ("192.168.1.20", "fd00::20")
PHONE = PeerSeen(peer="192.168.1.34", first=100.0, last=110.0, connections=2, allowed=3)


def came(peer: str, at: float = 100.0, connections: int = 1) -> PeerSeen:
    return PeerSeen(peer=peer, first=at, last=at, connections=connections)


def test_reports_of_several_workers_add_up() -> None:
    first = PeerSeen(
        peer="192.168.1.34",
        first=100.0,
        last=110.0,
        connections=2,
        refused=(("R2", 1),),
        tls_failures=(("unknown ca", 1),),
    )
    second = PeerSeen(
        peer="::ffff:192.168.1.34",
        first=90.0,
        last=105.0,
        connections=1,
        allowed=4,
        refused=(("R0", 2), ("R2", 3)),
        device="d1",
    )
    merged = Evidence().merged([first]).merged([second])
    assert merged == Evidence(
        peers=(
            PeerSeen(
                peer="192.168.1.34",
                first=90.0,
                last=110.0,
                connections=3,
                allowed=4,
                refused=(("R0", 2), ("R2", 4)),
                tls_failures=(("unknown ca", 1),),
                device="d1",
            ),
        )
    )


def test_the_order_of_reports_does_not_matter() -> None:
    dice = random.Random(2)
    for _ in range(300):
        batch = [
            PeerSeen(
                peer=f"10.0.0.{dice.randrange(3)}",
                first=float(dice.randrange(50)),
                last=float(moment + 100),
                connections=dice.randrange(4),
                refused=((dice.choice(("R2", "R3")), 1),),
                device=dice.choice((None, "d1")),
            )
            for moment in range(6)
        ]
        mixed = dice.sample(batch, len(batch))
        whole = Evidence().merged(batch)
        assert Evidence().merged(mixed) == whole
        assert sum(each.connections for each in whole.peers) == sum(b.connections for b in batch)


def test_the_latest_device_of_a_peer_counts() -> None:
    old = PeerSeen(peer="a", first=1.0, last=1.0, device="d1")
    new = PeerSeen(peer="a", first=2.0, last=2.0, device="d2")
    assert Evidence().merged([new, old]).peers[0].device == "d2"
    assert Evidence().merged([old, new]).peers[0].device == "d2"


def test_the_oldest_are_forgotten_and_counted() -> None:
    many = [came(f"10.0.{n // 250}.{n % 250}", at=float(n)) for n in range(PEERS + 10)]
    evidence = Evidence().merged(many)
    assert len(evidence.peers) == PEERS
    assert evidence.forgotten == 10
    assert evidence.peers[0].peer == "10.0.0.10"


def test_this_computer_is_not_elsewhere() -> None:
    here = [came(peer) for peer in ("127.0.0.1", "::1", *OWN, "::ffff:192.168.1.20")]
    evidence = Evidence().merged(here)
    found = findings(evidence, OWN, listening=True, answers_here=True)
    assert found.proofs == (Proof.LISTENING, Proof.ANSWERS_HERE, Proof.NOT_REACHED)
    assert found.latest is None


def test_a_connection_from_elsewhere_is_proof_whatever_became_of_it() -> None:
    refused = PeerSeen(
        peer="192.168.1.34", first=5.0, last=6.0, connections=1, refused=(("R2", 1),)
    )
    evidence = Evidence().merged([came("192.168.1.35", 1.0), refused])
    found = findings(evidence, OWN, listening=True, answers_here=False)
    assert found.proofs == (Proof.LISTENING, Proof.REACHED)
    assert [each.peer for each in found.all] == ["192.168.1.35", "192.168.1.34"]
    assert found.latest == refused


def test_a_peer_without_an_ip_address_is_somebody_too() -> None:
    assert Evidence().merged([came("unix")]).from_elsewhere(OWN) == (came("unix"),)


def test_nothing_at_all_is_said_as_such() -> None:
    found = findings(Evidence(), OWN, listening=False, answers_here=False)
    assert found.proofs == (Proof.NOT_REACHED,)


def test_a_peer_is_news_once() -> None:
    before = Evidence().merged([came("192.168.1.34")])
    after = before.merged([PHONE, came("192.168.1.35"), came("192.168.1.20")])
    assert [each.peer for each in newly_reached(before, after, OWN)] == ["192.168.1.35"]


def test_an_ipv4_peer_in_ipv6_clothes_is_an_ipv4_peer() -> None:
    assert unmapped("::ffff:192.168.1.34") == "192.168.1.34"
    assert unmapped("FD00:0::1") == "fd00::1"
    assert unmapped("not an address") == "not an address"
