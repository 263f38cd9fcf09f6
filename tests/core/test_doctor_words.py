"""The sentences of the doctor."""

import json
import re
from dataclasses import replace

import pytest

from homeport.core import doctor_words
from homeport.core.audience import Reason
from homeport.core.doctor import Does, Note, Rung, Says
from homeport.core.doctor_causes import diagnosis
from homeport.core.runs_in import Engine, RunsIn
from tests.core.doctor_scene import AT_HOME, DENIES, SHARED, UNREAD, came, peer, spot

NEVER = ("secure", "blocked by your firewall", "nobody can reach", "0.0.0.0")
FULL = (
    SHARED,
    AT_HOME,
    came(peer(refused=(("R2", 1),), allowed=0)),
    replace(spot(tls=True), peers=(peer(tls_failures=(("TLSV1_ALERT_UNKNOWN_CA", 1),)),)),
    spot(firewall=(DENIES,)),
    replace(SHARED, runs_in=RunsIn(container=Engine.DOCKER, own_network=True)),
)


@pytest.mark.parametrize("says", Says)
def test_every_code_has_a_sentence_that_promises_nothing(says: Says) -> None:
    text = doctor_words.sentence(Note(says, ("one", "two", "three")))
    assert text and "{" not in text
    assert not any(word in text.lower() for word in NEVER)


def test_every_rung_has_a_title_and_every_command_a_purpose() -> None:
    for step in diagnosis(SHARED).steps:
        assert doctor_words.title(step).endswith("?")
    assert {step.rung for step in diagnosis(SHARED).steps} == set(Rung)
    assert all(doctor_words.does(each).endswith(":") for each in Does)


def test_a_rule_is_told_in_words_and_by_its_name() -> None:
    text = doctor_words.sentence(Note(Says.REFUSED, ("2 times", "R2")))
    assert text == "Refused 2 times: it asked for another name or address than the link has (R2)."
    assert "(R8)" in doctor_words.sentence(Note(Says.REFUSED, ("1 time", "R8")))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("TLSV1_ALERT_UNKNOWN_CA", "does not trust the certificate yet"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "does not trust the certificate yet"),
        ("closed", "as programs do that do not trust"),
        ("timeout", "did not go on"),
        ("NO_SHARED_CIPHER", "NO_SHARED_CIPHER"),
    ],
)
def test_a_failed_handshake_is_told_in_words(reason: str, words: str) -> None:
    note = Note(Says.TLS_FAILED, ("192.168.1.34", "1 time", reason))
    assert words in doctor_words.sentence(note)


def test_what_went_wrong_with_an_own_connection() -> None:
    note = Note(Says.NO_ANSWER_HERE, ("http://192.168.1.20:8000", "refused"))
    assert doctor_words.sentence(note).endswith("the connection was refused.")
    note = Note(Says.NO_ANSWER_HERE, ("http://192.168.1.20:8000", "No route to host"))
    assert doctor_words.sentence(note).endswith("No route to host.")


def test_braces_of_strangers_are_only_text() -> None:
    note = Note(Says.REFUSED_PEER, ("the Host header {0} {x} is not one",))
    assert doctor_words.sentence(note) == "the Host header {0} {x} is not one"


@pytest.mark.parametrize("seen", FULL)
def test_the_facts_are_json_with_all_rungs_and_one_next_sentence(seen: object) -> None:
    facts = doctor_words.facts(diagnosis(seen), seen)  # type: ignore[arg-type]
    data = json.loads(json.dumps(facts))
    assert [step["step"] for step in data["steps"]] == [rung.value for rung in Rung]
    assert {step["state"] for step in data["steps"]} <= {"good", "bad", "unknown", "not yet"}
    assert data["next"] and data["next_code"].startswith("next-")
    assert not re.search("secure|nobody can", json.dumps(facts))


def test_an_unread_rule_is_said_to_be_unread() -> None:
    assert isinstance(UNREAD, Reason)
    [step] = [
        each for each in diagnosis(spot(firewall=(UNREAD,))).steps if each.rung is Rung.FIREWALL
    ]
    assert "firewall not checked" in doctor_words.sentence(step.notes[0])
