import pytest

from homeport.core import stop_refusals
from homeport.core.errors import HomeportError
from homeport.core.occupants import occupants
from tests.core.people import SHOP, holder, listener

HELD = listener("127.0.0.1:8000", holder(7, project=SHOP))
(OCCUPANT,) = occupants([HELD])
(NAMELESS,) = occupants([listener("127.0.0.1:8000", holder(7))])


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (stop_refusals.nothing_listens(8000), "nothing-there", "homeport port 8000"),
        (stop_refusals.several(8000, (HELD,), (7, 9)), "several", "homeport stop 8000 --yes 9"),
        (stop_refusals.needs_yes(OCCUPANT), "needs-yes", "homeport stop 8000 --yes 7"),
        (stop_refusals.no_match(OCCUPANT, "9"), "no-match", "of project shop"),
        (stop_refusals.no_match(NAMELESS, "9"), "no-match", "(pid 7)."),
        (stop_refusals.declined(OCCUPANT), "declined", "Not stopped."),
        (stop_refusals.changed(OCCUPANT, 7), "changed", "no signal was sent"),
        (stop_refusals.not_permitted(OCCUPANT, 7), "not-permitted", "sudo homeport stop 8000"),
        (stop_refusals.still_there(OCCUPANT, (7, 9)), "still-there", "kill -9 7 9"),
    ],
)
def test_every_refusal_says_what_to_type_next(error: HomeportError, code: str, says: str) -> None:
    assert error.code == code
    assert says in str(error)
