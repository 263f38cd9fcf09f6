from hashlib import sha256

from homeport.core.secret_hash import hashed, position


def test_a_secret_is_kept_as_its_sha256() -> None:
    assert hashed("abc") == sha256(b"abc").hexdigest()


def test_any_text_has_a_hash() -> None:
    assert len(hashed("")) == len(hashed("\udcff é \x00")) == 64


def test_a_hash_is_found_wherever_it_is() -> None:
    hashes = [hashed(str(number)) for number in range(5)]
    assert [position(each, hashes) for each in hashes] == [0, 1, 2, 3, 4]
    assert position(hashed("5"), hashes) is None
    assert position(hashed("5"), ()) is None
