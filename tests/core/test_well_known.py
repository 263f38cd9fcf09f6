import pytest

from homeport.core.ports import DEFAULT_PORT
from homeport.core.well_known import NEVER_PROBED, usual


@pytest.mark.parametrize(
    ("port", "word"),
    [
        (5432, "PostgreSQL"),
        (3306, "MySQL"),
        (6379, "Redis"),
        (27017, "MongoDB"),
        (5173, "Vite"),
        (3000, "Next.js"),
        (8888, "Jupyter"),
        (11434, "Ollama"),
        (5672, "RabbitMQ"),
        (4200, "Angular"),
        (5000, "AirPlay"),
        (7000, "AirPlay"),
    ],
)
def test_a_port_that_a_tool_is_known_for_has_its_name(port: int, word: str) -> None:
    assert word in (usual(port) or "")


@pytest.mark.parametrize("port", [0, 1, 8001, 8080, 54321, 65536, -1])
def test_other_ports_belong_to_no_one(port: int) -> None:
    assert usual(port) is None


def test_our_own_port_is_nobody_elses() -> None:
    assert usual(DEFAULT_PORT) is None


def test_names_are_phrases_that_fit_behind_usually() -> None:
    names = [name for port in range(65536) if (name := usual(port))]
    assert len(names) >= 60
    assert all(name == name.strip() and not name.endswith(".") for name in names)
    assert not any("usually" in name for name in names)


@pytest.mark.parametrize("port", [6379, 5432, 25, *range(9100, 9108)])
def test_what_takes_a_web_request_badly_is_never_asked(port: int) -> None:
    assert port in NEVER_PROBED


@pytest.mark.parametrize("port", [80, 3000, 5173, 8000, 8080, 8888, 11434])
def test_web_servers_may_be_asked(port: int) -> None:
    assert port not in NEVER_PROBED
