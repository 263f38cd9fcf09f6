import random
from pathlib import Path

import pytest

from homeport.host.names import addresses_of, own_addresses

DEBIAN = """
127.0.0.1\tlocalhost
127.0.1.1\tbox.home Box   # the installer wrote this

# The following lines are desirable for IPv6 capable hosts
::1     localhost ip6-localhost ip6-loopback
fe80::1%lo0 box
nonsense box
"""


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("box", ("127.0.1.1", "fe80::1%lo0")),
        ("localhost", ("127.0.0.1", "::1")),
        ("installer", ()),
        ("127.0.0.1", ()),
    ],
)
def test_a_name_has_the_addresses_of_its_lines(name: str, found: tuple[str, ...]) -> None:
    assert addresses_of(name, DEBIAN) == found


def test_without_a_readable_file_nothing_is_known(tmp_path: Path) -> None:
    assert own_addresses(tmp_path / "hosts", "box") == ("box", ())
    (tmp_path / "hosts").write_bytes(b"127.0.1.1 box\xff box\n")
    assert own_addresses(tmp_path / "hosts", "box") == ("box", ("127.0.1.1",))


def test_this_computer_has_a_name() -> None:
    name, _ = own_addresses()
    assert name


def test_garbage_is_no_error() -> None:
    dice = random.Random(7)
    for _ in range(300):
        text = "".join(
            chr(dice.choice((9, 10, 32, 35, 46, 58, 49, 98, 0x2028, 0))) for _ in range(80)
        )
        addresses_of("b", text)
