import random
from typing import Any

import pytest

from homeport.core import apps_refusals
from homeport.core.apps_table import KEYS, App, read_apps
from homeport.core.errors import UsageError

FILE = "/shop/pyproject.toml"


def refused(table: object) -> UsageError:
    with pytest.raises(UsageError) as found:
        read_apps(table, FILE)
    assert FILE in found.value.message
    return found.value


def test_a_text_is_an_app_and_a_table_says_more() -> None:
    apps = read_apps(
        {
            "api": "shop.main:app",
            "web": {
                "command": "npm run dev -- --port $PORT",
                "needs": ["api", "api"],
                "dir": "frontend",
                "port": 5200,
                "env": {"DEBUG": "1"},
                "ready": "http",
            },
        },
        FILE,
    )
    assert list(apps) == ["api", "web"]
    assert apps["api"] == App("api", app="shop.main:app")
    assert apps["api"].serves == "shop.main:app"
    assert apps["web"] == App(
        "web",
        command="npm run dev -- --port $PORT",
        needs=("api",),
        port=5200,
        env=(("DEBUG", "1"),),
        folder="frontend",
        ready="http",
    )
    assert apps["web"].serves == "npm run dev -- --port $PORT"


def test_no_apps_are_fine_here() -> None:
    assert read_apps({}, FILE) == {}


@pytest.mark.parametrize(
    ("table", "code", "said"),
    [
        (["api"], "bad-value", "a table of apps"),
        ({"api": 5}, "bad-value", "an app such as"),
        ({"Api": "main"}, "bad-app-name", "'Api'"),
        ({"a.b": "main"}, "bad-app-name", "'a.b'"),
        ({"8000": "main"}, "bad-app-name", "'8000'"),
        ({"": "main"}, "bad-app-name", "''"),
        ({"api": {"command": "x", "need": ["db"]}}, "unknown-setting", "'need'"),
        ({"api": {}}, "app-or-command", "neither"),
        ({"api": {"app": "a", "command": "b"}}, "app-or-command", "both"),
        ({"api": {"app": "a", "ready": "http"}}, "ready-of-an-app", "'ready'"),
        ({"api": {"app": 1}}, "bad-value", "api.app"),
        ({"api": {"app": "  "}}, "bad-value", "api.app"),
        ({"api": {"command": "a\0b"}}, "bad-value", "api.command"),
        ({"api": {"app": "a", "dir": 3}}, "bad-value", "api.dir"),
        ({"api": {"app": "a", "needs": "db"}}, "bad-value", "api.needs"),
        ({"api": {"app": "a", "needs": 1}}, "bad-value", "api.needs"),
        ({"api": {"app": "a", "needs": [1]}}, "bad-value", "api.needs"),
        ({"api": {"app": "a", "port": 0}}, "bad-value", "api.port"),
        ({"api": {"app": "a", "port": 65536}}, "bad-value", "api.port"),
        ({"api": {"app": "a", "port": True}}, "bad-value", "api.port"),
        ({"api": {"app": "a", "port": "80"}}, "bad-value", "api.port"),
        ({"api": {"app": "a", "env": "A=1"}}, "bad-value", "api.env"),
        ({"api": {"app": "a", "env": {"A B": "1"}}}, "bad-value", "api.env"),
        ({"api": {"app": "a", "env": {"A": 1}}}, "bad-value", "api.env.A"),
        ({"api": {"app": "a", "env": {"A": "\0"}}}, "bad-value", "api.env.A"),
        ({"api": {"command": "a", "ready": "soon"}}, "bad-value", "port or http"),
        ({"api": "main", "web": {"app": "w", "needs": ["apu"]}}, "unknown-app", "needs 'apu'"),
        ({"a": {"app": "a", "needs": ["a"]}}, "needs-circle", "a needs a"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(table: Any, code: str, said: str) -> None:
    error = refused(table)
    assert (error.code, said in error.message) == (code, True), error
    assert error.next_steps


def test_what_is_wrong_with_a_port_is_shown_right() -> None:
    (example,) = refused({"api": {"app": "a", "port": "80"}}).next_steps
    assert "port = 8000" in example


def test_the_nearest_key_and_the_nearest_app_are_named() -> None:
    error = refused({"api": {"command": "x", "need": ["db"]}})
    assert error.next_steps[0] == "did you mean needs?"
    assert error.facts["nearest"] == "needs"
    error = refused({"api": "main", "web": {"app": "w", "needs": ["apu"]}})
    assert error.next_steps[0] == "did you mean api?"
    assert "did you mean" not in str(refused({"api": {"app": "a", "qqqqqqqq": 1}}))


def test_a_circle_is_told_step_by_step() -> None:
    table = {
        "a": {"app": "a", "needs": ["b"]},
        "b": {"app": "b", "needs": ["c"]},
        "c": {"app": "c", "needs": ["a"]},
    }
    assert "a needs b needs c needs a" in refused(table).message


def test_refusals_that_are_not_of_reading_say_what_to_do() -> None:
    assert "[tool.homeport.apps]" in str(apps_refusals.no_apps("/shop"))
    assert "port = 8000" in str(apps_refusals.port_of_all(FILE))


def test_any_table_is_read_or_refused() -> None:
    chance, read = random.Random(66), 0
    values = ["main:app", "", "a", ["a"], ["b", "a"], [], {}, {"A": "1"}, 1, 8000, None, True, 1.5]
    for _ in range(5000):
        names = chance.sample(["a", "b", "c", "A", "x y", "d-e"], chance.randint(0, 4))
        table = {
            name: chance.choice(
                [
                    "main:app",
                    {
                        key: chance.choice(values)
                        for key in chance.sample([*KEYS, "x"], chance.randint(0, 3))
                    },
                    {"app": "main:app", "needs": chance.sample(["a", "b", "c", "d-e"], 1)},
                    {"command": "x", "port": 8001},
                ]
            )
            for name in names
        }
        try:
            apps = read_apps(table, FILE)
        except UsageError:
            continue
        read += 1
        assert list(apps) == names
        assert all((app.app is None) != (app.command is None) for app in apps.values())
        assert all(need in apps for app in apps.values() for need in app.needs)
    assert read > 500
