import pytest

from homeport.core.errors import (
    AppNotFoundError,
    BindError,
    ExitCode,
    HomeportError,
    PortBusyError,
    UsageError,
)


def test_a_refusal_is_its_message_with_the_next_steps_below() -> None:
    error = UsageError("No.", code="no", next_steps=("try this", "or that"))
    assert str(error) == "No.\n  try this\n  or that"
    assert str(UsageError("No.", code="no")) == "No."


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (HomeportError, 1),
        (UsageError, 2),
        (AppNotFoundError, 2),
        (BindError, 4),
        (PortBusyError, 4),
    ],
)
def test_the_type_of_a_refusal_fixes_the_exit_code(kind: type[HomeportError], code: int) -> None:
    assert kind("No.", code="no").exit_code == code


def test_whoever_catches_the_general_case_catches_the_special_one() -> None:
    for special, general in ((AppNotFoundError, UsageError), (PortBusyError, BindError)):
        with pytest.raises(general):
            raise special("No.", code="no")


def test_a_wrong_request_and_a_busy_port_are_told_apart() -> None:
    kinds = (UsageError, BindError)
    assert len({kind.exit_code for kind in kinds}) == 2
    assert not any(issubclass(a, b) for a in kinds for b in kinds if a is not b)


def test_an_interrupted_command_ends_as_a_shell_expects() -> None:
    assert ExitCode.INTERRUPTED == 128 + 2  # SIGINT


def test_the_facts_of_a_refusal_are_its_own() -> None:
    facts: dict[str, object] = {"port": 80}
    error = HomeportError("No.", code="no", facts=facts)
    facts["port"] = 90
    assert error.facts == {"port": 80}
    assert HomeportError("No.", code="no").facts == {}
