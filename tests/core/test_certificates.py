"""The values of certificates: what is compared by eye, and what never shows."""

from homeport.core.certificates import Leaf, fingerprint_rows


def test_a_fingerprint_is_four_rows_of_eight_pairs() -> None:
    rows = fingerprint_rows("0a1b2c3d" * 8)
    assert rows == ("0A 1B 2C 3D 0A 1B 2C 3D",) * 4


def test_a_leaf_that_is_logged_does_not_show_its_key() -> None:
    leaf = Leaf(chain_pem="chain", key_pem="SECRET", until=0.0, fingerprint="00", names=(), ips=())
    assert "SECRET" not in repr(leaf)
