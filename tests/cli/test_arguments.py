"""What is said of flags that there are not."""

import pytest

from homeport.core.errors import UsageError
from homeport.ui.cli.arguments import parse


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--prot", "--port"),
        ("--relod", "--reload"),
        ("--no-relaod", "--no-reload"),
        ("--colt=1", "--cold"),
        ("--no-open", None),
        ("--no-warm", None),
        ("--zzz", None),
    ],
)
def test_the_nearest_flag_is_named_but_never_the_opposite(typed: str, meant: str | None) -> None:
    with pytest.raises(UsageError, match=f"There is no option {typed.partition('=')[0]}") as error:
        parse([typed])
    guesses = [step for step in error.value.next_steps if step.startswith("did you mean")]
    assert guesses == ([f"did you mean {meant}?"] if meant else [])
