import pytest

from homeport.core.neighbours import Neighbour, NeighbourState


@pytest.mark.parametrize(
    ("state", "answered"),
    [
        (NeighbourState.REACHABLE, True),
        (NeighbourState.STALE, True),
        (NeighbourState.INCOMPLETE, False),
        (NeighbourState.FAILED, False),
        (NeighbourState.PERMANENT, False),
    ],
)
def test_only_who_was_heard_has_answered(state: NeighbourState, answered: bool) -> None:
    one = Neighbour(ip="10.0.0.2", mac=None, interface="eth0", state=state)
    assert one.answered is answered
