"""Why a certificate cannot be made or used."""

import shlex

import pytest

from homeport.core import certificate_refusals as refusals
from homeport.core.errors import HomeportError

WHEN = 1_795_132_800.0  # 2026-11-20


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (refusals.unsafe("/k", "its mode is 644", "chmod 600 /k"), "mode is 644"),
        (refusals.damaged("/a b"), "damaged"),
        (refusals.not_kept("/k", "Read-only file system"), "Read-only"),
        (refusals.outside(("shop.example", "8.8.8.8")), "shop.example, 8.8.8.8"),
        (refusals.nothing_to_name(), "a name or an address"),
        (refusals.given("/c", "--tls-cert", "it is empty"), "it is empty"),
        (refusals.unreadable("/c", "--tls-cert", "Permission denied"), ": permission denied."),
        (refusals.encrypted("/c"), "never asks for a passphrase"),
        (refusals.expired("/c", WHEN), "expired on 2026-11-20"),
        (refusals.not_yet("/c", WHEN), "from 2026-11-20 on"),
        (refusals.not_a_pair("/c", "/k"), "not the key of /c"),
    ],
)
def test_a_refusal_says_what_was_found_and_what_to_do(error: HomeportError, says: str) -> None:
    assert says in error.message
    assert error.next_steps and error.code


def test_a_command_for_a_path_with_spaces_can_be_typed() -> None:
    command = refusals.damaged("/a b").next_steps[0].partition(":  ")[2]
    assert shlex.split(command) == ["mv", "/a b", "/a b.damaged"]
