import json

from homeport.core.address import Address, Interface, InterfaceKind
from homeport.core.as_json import as_json
from homeport.core.audience import Verdict
from homeport.core.facts import Holder, Project


def test_values_become_what_json_can_write() -> None:
    values = {
        "address": Address(ip="::1", port=8000),
        "verdict": Verdict.UNKNOWN,
        "kind": InterfaceKind.WIFI,
        "ports": range(8000, 8010),
        7: (1, 2.5, None, True, "text", [frozenset({1})]),
    }
    assert json.loads(json.dumps(as_json(values))) == {
        "address": "[::1]:8000",
        "verdict": "unknown",
        "kind": "Wi-Fi",
        "ports": [8000, 8009],
        "7": [1, 2.5, None, True, "text", [[1]]],
    }


def test_a_frozen_value_becomes_an_object_with_its_fields() -> None:
    lo = Interface(name="lo", kind=InterfaceKind.LOOPBACK, up=True, addresses=("127.0.0.1/8",))
    assert as_json(lo) == {
        "name": "lo",
        "kind": "loopback",
        "up": True,
        "addresses": ["127.0.0.1/8"],
        "running": True,
        "gateways": [],
        "detours": [],
    }


def test_values_inside_values_are_told_too() -> None:
    project = Project(name="shop", folder="/shop", branch="main")
    holder = Holder(pid=7, started=None, command="", user=None, folder=None, project=project)
    assert as_json(holder)["project"]["branch"] == "main"
