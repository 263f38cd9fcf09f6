import inspect
import json
import re
from collections.abc import Callable

import pytest

from homeport.core import app_refusals, bind_refusals, busy_refusals, refusals
from homeport.core.address import Address, Interface, InterfaceKind
from homeport.core.availability import Availability
from homeport.core.errors import (
    AppNotFoundError,
    BindError,
    HomeportError,
    PortBusyError,
    UsageError,
)
from homeport.core.facts import Holder, Listener, Remnant, RemnantKind
from tests.core.port_views import judged, left

HERE = Address(ip="127.0.0.1", port=8000)
WIFI = Interface(name="wlan0", kind=InterfaceKind.WIFI, up=True, addresses=("192.168.1.20/24",))


def holder(pid: int, started: float) -> Holder:
    return Holder(pid=pid, started=started, command="x --reload", user="ada", folder="/srv")


def listener(*holders: Holder, ip: str = "127.0.0.1") -> Listener:
    address = Address(ip=ip, port=8000)
    return Listener(address=address, v6only=None, user="root", holders=holders)


HELD = (listener(holder(9, 2.0), holder(7, 1.0)), listener(holder(9, 2.0), ip="::"))


def busy(*seen: Listener | Remnant, port: int = 8000) -> Availability:
    """Why a bind of 127.0.0.1 has just failed."""
    return judged(*seen, port=port, ips=("127.0.0.1",), refused={"127.0.0.1": "EADDRINUSE"})


ALL: dict[Callable[..., HomeportError], tuple[HomeportError, type[HomeportError]]] = {
    bind_refusals.no_free_port: (bind_refusals.no_free_port((8000, 8400)), BindError),
    bind_refusals.port_out_of_range: (
        bind_refusals.port_out_of_range("70000", "--port"),
        UsageError,
    ),
    bind_refusals.port_refused_by_browsers: (
        bind_refusals.port_refused_by_browsers(6000, "--port"),
        UsageError,
    ),
    bind_refusals.port_privileged: (bind_refusals.port_privileged(HERE, 1024, "--port"), BindError),
    bind_refusals.no_such_host: (bind_refusals.no_such_host("wlan1", (WIFI,)), UsageError),
    bind_refusals.unusable_address: (bind_refusals.unusable_address("fe80::1"), UsageError),
    refusals.tls_files: (refusals.tls_files(None, "key.pem"), UsageError),
    refusals.not_in_main_thread: (refusals.not_in_main_thread(), UsageError),
    bind_refusals.interface_without_address: (
        bind_refusals.interface_without_address("eth0", False),
        BindError,
    ),
    bind_refusals.address_not_here: (
        bind_refusals.address_not_here("192.0.2.1", (WIFI,)),
        BindError,
    ),
    bind_refusals.bind_refused: (bind_refusals.bind_refused(HERE, "No buffer space"), BindError),
    app_refusals.no_such_command: (
        app_refusals.no_such_command("lss", "ls"),
        AppNotFoundError,
    ),
    refusals.unwritable: (refusals.unwritable("/x.svg", "--svg", "Is a directory"), UsageError),
    refusals.not_a: (refusals.not_a("x", "--port", "a whole number"), UsageError),
    refusals.unknown_key: (refusals.unknown_key("prot", "x.toml", None, ["port"]), UsageError),
    refusals.unknown_variable: (
        refusals.unknown_variable("HOMEPORT_PROT", None, ["HOMEPORT_PORT"]),
        UsageError,
    ),
    refusals.bad_flag: (refusals.bad_flag("There is no --prot.", "--port?"), UsageError),
    refusals.unreadable: (refusals.unreadable("/x", "--env-file", "not yours"), UsageError),
    refusals.malformed: (refusals.malformed("/x", "line 2"), UsageError),
    refusals.no_such_folder: (refusals.no_such_folder("/x", "--reload-dir"), UsageError),
    refusals.folder_gone: (refusals.folder_gone(), UsageError),
    refusals.unexpected: (refusals.unexpected(KeyError("x")), HomeportError),
    app_refusals.no_app_named: (
        app_refusals.no_app_named("/srv", ("main.py",), ("shop.py",)),
        AppNotFoundError,
    ),
    app_refusals.bad_app_name: (app_refusals.bad_app_name("a b", "no file"), AppNotFoundError),
    app_refusals.no_such_file: (app_refusals.no_such_file("man.py", ()), AppNotFoundError),
    app_refusals.no_app_in_folder: (
        app_refusals.no_app_in_folder("shop", ("shop/main.py",)),
        AppNotFoundError,
    ),
    app_refusals.run_while_imported: (app_refusals.run_while_imported(), UsageError),
    app_refusals.reload_needs_a_name: (app_refusals.reload_needs_a_name(), UsageError),
}
EXAMPLES = [pytest.param(*case, id=refusal.__name__) for refusal, case in ALL.items()]
BUSY = busy_refusals.port_busy(HERE, busy(*HELD), "--port", 3.0)
EXAMPLES.append(pytest.param(BUSY, PortBusyError, id="port_busy"))


def test_every_refusal_has_an_example_here() -> None:
    written = {
        function
        for module in (refusals, app_refusals, bind_refusals)
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    }
    assert written == set(ALL)


@pytest.mark.parametrize(("error", "kind"), EXAMPLES)
def test_a_refusal_has_a_stable_word_for_programs(
    error: HomeportError, kind: type[HomeportError]
) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.code)


@pytest.mark.parametrize(("error", "kind"), EXAMPLES)
def test_a_refusal_says_whose_fault_it_is(error: HomeportError, kind: type[HomeportError]) -> None:
    assert type(error) is kind


@pytest.mark.parametrize(("error", "kind"), EXAMPLES)
def test_a_refusal_is_a_sentence_with_a_next_step(
    error: HomeportError, kind: type[HomeportError]
) -> None:
    assert "\n" not in error.message
    assert error.message.endswith(".") or kind is HomeportError
    assert error.next_steps
    assert all(step.strip() and "None" not in step for step in error.next_steps)


@pytest.mark.parametrize(("error", "kind"), EXAMPLES)
def test_the_facts_of_a_refusal_are_ready_for_json(
    error: HomeportError, kind: type[HomeportError]
) -> None:
    assert json.loads(json.dumps(error.facts)) == error.facts


@pytest.mark.parametrize(("error", "kind"), EXAMPLES)
def test_no_refusal_promises_safety_or_links_to_a_wildcard(
    error: HomeportError, kind: type[HomeportError]
) -> None:
    assert not re.search(r"secure|safe|nobody|//0\.0\.0\.0|//\[::\]", str(error))


def test_a_busy_port_shows_who_has_it_and_how_to_end_the_oldest() -> None:
    error = busy_refusals.port_busy(HERE, busy(*HELD), "PORT in the environment", 3.0)
    assert error.message.startswith("Port 8000 (PORT in the environment) is in use: 127.0.0.1:8000")
    assert "pid 9  x --reload" in error.next_steps[0]
    assert error.next_steps[-1] == "to end it:  homeport stop 8000"
    assert error.facts["reasons"] == ["held"]
    assert error.facts["listeners"] == ["127.0.0.1:8000", "[::]:8000"]
    assert error.facts["holders"] == [
        {"pid": pid, "command": "x --reload", "user": "ada", "folder": "/srv", "started": started}
        for pid, started in ((7, 1.0), (9, 2.0))
    ]


def test_a_busy_port_whose_holder_is_out_of_sight_shows_how_to_see_it() -> None:
    steps = busy_refusals.port_busy(HERE, busy(listener()), "--port", 3.0).next_steps
    assert "owner not visible to you, user root" in steps[0]
    assert steps[-1] == "to see its owner:  sudo ss -ltnp 'sport = :8000'"


def test_a_busy_port_without_any_listener_is_explained() -> None:
    bound = left(RemnantKind.BOUND)
    steps = busy_refusals.port_busy(HERE, busy(bound), "--port", 3.0).next_steps
    assert "bound to it and does not listen" in steps[0]
    assert not any("kill" in step or "sudo" in step for step in steps)


def test_only_a_port_that_was_looked_at_is_offered_instead() -> None:
    error = busy_refusals.port_busy(HERE, busy(*HELD), "--port", 3.0, 8003)
    assert "the next free port:  homeport --port 8003" in error.next_steps
    assert not any("next" in step for step in BUSY.next_steps)


def test_an_unknown_host_lists_the_interfaces_there_are() -> None:
    two = (WIFI, Interface(name="lo", kind=InterfaceKind.LOOPBACK, up=True, addresses=()))
    assert bind_refusals.no_such_host("wlan1", two).message.endswith(
        "of this computer (wlan0, lo)."
    )
    assert bind_refusals.no_such_host("wlan1", ()).message.endswith("of this computer.")


def test_a_foreign_address_is_answered_with_the_own_ones() -> None:
    error = bind_refusals.address_not_here("192.0.2.1", (WIFI,))
    assert error.message.startswith("--host 192.0.2.1 ")
    assert "192.168.1.20 (wlan0)" in error.next_steps[0]
    assert error.facts["ip"] == "192.0.2.1"


def test_an_unknown_setting_is_answered_with_the_nearest_one_and_all_known() -> None:
    near = refusals.unknown_key("prot", "pyproject.toml", "port", ["host", "port"])
    assert near.next_steps == ("did you mean port?", "settings: host, port")
    far = refusals.unknown_key("x", "pyproject.toml", None, ["host"])
    assert far.next_steps == ("settings: host",)


def test_an_unknown_variable_is_answered_with_the_nearest_one_and_the_way_out() -> None:
    near = refusals.unknown_variable("HOMEPORT_PROT", "HOMEPORT_PORT", ["HOMEPORT_PORT"])
    assert near.next_steps[:2] == (
        "did you mean HOMEPORT_PORT?",
        "without it:  unset HOMEPORT_PROT",
    )
    far = refusals.unknown_variable("HOMEPORT_X", None, [])
    assert not any("did you mean" in step for step in far.next_steps)


def test_an_interface_that_is_up_is_not_said_to_be_down() -> None:
    assert "down" not in bind_refusals.interface_without_address("eth0", True).message
    assert "down" in bind_refusals.interface_without_address("eth0", False).message


def test_our_own_fault_names_the_exception() -> None:
    assert "KeyError: 'x'" in refusals.unexpected(KeyError("x")).message
