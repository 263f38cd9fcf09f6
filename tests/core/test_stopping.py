import pytest

from homeport.core.errors import ExitCode, NotStoppedError
from homeport.core.facts import Ancestor, Holder, Listener, Origin
from homeport.core.occupants import Occupant, occupants
from homeport.core.stopping import Asker, StopPlan, plan_stop
from tests.core.people import SHOP, holder, listener, pids

ADA = Asker(pids=frozenset({50, 40}), user="ada", is_root=False, project="/home/ada/shop")
ROOT = Asker(pids=frozenset({50}), user="root", is_root=True, project="/root")
INIT = (Ancestor(pid=1, program="systemd"),)
IN_UNIT = Origin(unit="shop.service")


def occupant(*listeners: Listener) -> Occupant:
    (found,) = occupants(listeners)
    return found


def planned(*holders: Holder, asker: Asker = ADA, others: tuple[Listener, ...] = ()) -> StopPlan:
    held = listener("127.0.0.1:8000", *holders)
    return plan_stop(occupant(held), (held, *others), asker)


def refused(*holders: Holder, asker: Asker = ADA) -> NotStoppedError:
    with pytest.raises(NotStoppedError) as caught:
        planned(*holders, asker=asker)
    assert caught.value.exit_code is ExitCode.NOT_STOPPED
    assert caught.value.facts["port"] == 8000
    return caught.value


def test_the_supervisor_is_first() -> None:
    plan = planned(holder(9, 7, 3), holder(7, 3))
    assert pids(plan.holders) == [7, 9]


def test_what_else_the_processes_serve_is_known_before() -> None:
    server = holder(7)
    also = listener("127.0.0.1:9000", server)
    other = listener("127.0.0.1:9001", holder(8))
    assert planned(server, others=(also, other)).also == (also,)


@pytest.mark.parametrize(("project", "own"), [(SHOP, True), (None, False)])
def test_own_projects_are_known(project: object, own: bool) -> None:
    assert planned(holder(7, project=project)).is_own_project is own


def test_a_hidden_process_is_not_guessed_at() -> None:
    error = refused()
    assert error.code == "hidden"
    assert "sudo homeport stop 8000" in str(error)


@pytest.mark.parametrize(
    ("who", "code", "says"),
    [
        (holder(7, program="docker-proxy"), "relay", "docker ps --filter publish=8000"),
        (holder(1, program="server"), "protected", "belongs to the system"),
        (holder(4, program="System"), "protected", "belongs to the system"),
        (holder(40, program="bash"), "protected", "this very command"),
        (holder(7, origin=Origin(container="0123456789ab")), "container", "0123456789ab"),
        (holder(7, ancestors=INIT, origin=IN_UNIT), "unit", "systemctl --user stop shop.service"),
        (holder(7, user="eve"), "other-user", "user eve"),
        (holder(7, user=None), "other-user", "user unknown"),
        (holder(7, program="", user="eve"), "other-user", "(pid 7)"),
    ],
)
def test_what_is_refused_names_the_right_command(who: Holder, code: str, says: str) -> None:
    error = refused(who)
    assert error.code == code
    assert says in str(error)


def test_the_services_of_the_system_are_stopped_without_user() -> None:
    service = holder(7, user="root", ancestors=INIT, origin=IN_UNIT)
    assert "systemctl stop shop.service" in str(refused(service, asker=ROOT))


def test_a_server_typed_in_the_terminal_of_a_service_is_no_service() -> None:
    above = (Ancestor(pid=5, program="bash"), Ancestor(pid=4, program="code-server"), *INIT)
    assert planned(holder(7, ancestors=above, origin=IN_UNIT)).holders


def test_a_worker_of_a_service_is_the_service() -> None:
    above = (Ancestor(pid=5, program="uvicorn"), *INIT)
    assert refused(holder(7, ancestors=above, origin=IN_UNIT)).code == "unit"


def test_root_may_end_the_servers_of_others() -> None:
    assert pids(planned(holder(7, user="eve"), asker=ROOT).holders) == [7]
