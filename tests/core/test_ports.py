import pytest

from homeport.core.ports import DEFAULT_PORT, REFUSED_BY_BROWSERS

# https://fetch.spec.whatwg.org/#port-blocking
BAD_PORTS = """
    1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111
    113 115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540
    548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000
    6566 6665 6666 6667 6668 6669 6679 6697 10080
"""


@pytest.mark.parametrize("port", [0, 80, 443, 3000, 5000, 8000, 8080])
def test_ports_that_people_serve_on_are_not_listed(port: int) -> None:
    assert port not in REFUSED_BY_BROWSERS


def test_the_default_is_the_usual_one_of_python_servers() -> None:
    assert DEFAULT_PORT == 8000


def test_the_list_is_the_one_of_the_fetch_standard() -> None:
    assert {int(port) for port in BAD_PORTS.split()} == REFUSED_BY_BROWSERS
