import json

import pytest

from homeport.core.error_json import error_from_json, error_to_json
from homeport.core.errors import HomeportError, NothingThereError, PortBusyError, UsageError


@pytest.mark.parametrize("kind", [HomeportError, UsageError, PortBusyError, NothingThereError])
def test_a_refusal_is_the_same_after_the_journey(kind: type[HomeportError]) -> None:
    error = kind("No.", code="no", next_steps=("a", "b"), facts={"port": 1})
    again = error_from_json(json.loads(json.dumps(error_to_json(error))))
    assert type(again) is kind
    assert vars(again) == vars(error)
    assert again.exit_code == error.exit_code


@pytest.mark.parametrize("kind", ["LaterError", "Mapping", "ExitCode", None, 1])
def test_a_class_that_is_not_known_here_is_a_plain_refusal(kind: object) -> None:
    again = error_from_json({"kind": kind, "message": "No.", "code": "new"})
    assert type(again) is HomeportError
    assert (again.message, again.code, again.next_steps) == ("No.", "new", ())


@pytest.mark.parametrize("data", [None, [], "x", {}, {"next_steps": 1, "facts": []}])
def test_garbage_is_a_refusal_too(data: object) -> None:
    again = error_from_json(data)
    assert (again.code, again.next_steps, again.facts) == ("refused", (), {})
