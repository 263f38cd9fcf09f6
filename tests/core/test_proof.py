import hashlib
import hmac

from homeport.core.proof import is_proven, prove

SECRET, INSTANCE, NONCE = b"s" * 32, "ab" * 16, "cd" * 16


def right() -> str:
    return prove(SECRET, instance=INSTANCE, port=8000, nonce=NONCE)


def test_the_proof_is_a_keyed_hash_of_all_that_is_asked() -> None:
    said = f"homeport-proof-1\n{INSTANCE}\n8000\n{NONCE}".encode()
    assert right() == hmac.new(SECRET, said, hashlib.sha256).hexdigest()


def test_only_the_holder_of_the_secret_proves_itself() -> None:
    assert is_proven(right(), SECRET, instance=INSTANCE, port=8000, nonce=NONCE)
    assert not is_proven(right(), b"x" * 32, instance=INSTANCE, port=8000, nonce=NONCE)


def test_a_proof_is_of_no_use_for_another_question() -> None:
    assert not is_proven(right(), SECRET, instance=INSTANCE, port=8000, nonce="00" * 16)
    assert not is_proven(right(), SECRET, instance="00" * 16, port=8000, nonce=NONCE)


def test_a_squatter_that_passes_the_question_on_gets_a_proof_of_the_wrong_port() -> None:
    elsewhere = prove(SECRET, instance=INSTANCE, port=8001, nonce=NONCE)
    assert not is_proven(elsewhere, SECRET, instance=INSTANCE, port=8000, nonce=NONCE)


def test_any_text_may_be_offered() -> None:
    for text in ("", "é\udc80", right()[:-1], right().upper()):
        assert not is_proven(text, SECRET, instance=INSTANCE, port=8000, nonce=NONCE)
