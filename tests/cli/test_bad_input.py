"""Bad input: one clear sentence, the next command, the exit code of docs/json.md, nothing left."""

import json
import sys
from pathlib import Path

import pytest

from homeport.core.errors import ExitCode
from tests.cli.bad_input import BROKEN_APPS, WRONG_FILES, WRONG_NAMES, WRONG_SETTINGS, Row, fill
from tests.cli.command import Ended, ended

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

EVERY_ROW = WRONG_NAMES + BROKEN_APPS + WRONG_SETTINGS + WRONG_FILES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bad-input")
    fill(made)
    return made


def end_of(row: Row, folder: Path, *more: str) -> Ended:
    return ended(folder / row.folder, *row.command.split(), *more, env=row.env)


def verdict(end: Ended) -> dict[str, object]:
    """The last word of `--json`."""
    assert end.events[-1]["event"] in ("error", "failed")
    return end.events[-1]


def assert_calm(end: Ended) -> None:
    """Nothing of homeport's own insides, and nothing goes on."""
    assert "Traceback" not in end.out + end.err
    assert "/homeport/" not in end.out + end.err
    assert "importlib" not in end.out + end.err
    assert end.left == ()


@pytest.mark.parametrize("row", EVERY_ROW, ids=str)
def test_a_person_is_told_what_is_wrong_and_what_to_do(row: Row, folder: Path) -> None:
    end = end_of(row, folder)
    told = end.out + end.err
    assert end.code == row.exit_code, told
    for text in (*row.says, row.then):
        assert text in told
    assert_calm(end)


@pytest.mark.parametrize("row", EVERY_ROW, ids=str)
def test_a_program_is_told_the_same(row: Row, folder: Path) -> None:
    end = end_of(row, folder, "--json")
    last = verdict(end)
    assert (end.code, last["code"]) == (row.exit_code, row.code)
    if last["event"] == "error":
        assert last["exit_code"] == row.exit_code
    message, steps, trace = last["message"], last["next"], last.get("traceback", "")
    assert isinstance(message, str) and isinstance(steps, list) and isinstance(trace, str)
    assert message.endswith(".") and "\n" not in message
    assert row.says[0] in message
    assert any(row.then in step for step in steps) or not row.then
    assert "importlib" not in trace and "/homeport/" not in trace and "/uvicorn/" not in trace
    assert end.left == ()


@pytest.mark.parametrize("row", WRONG_NAMES, ids=str)
def test_a_wrong_name_is_final_without_reload_too(row: Row, folder: Path) -> None:
    end = end_of(row, folder, "--no-reload")
    assert end.code == ExitCode.USAGE
    assert row.says[0] in end.out
    assert_calm(end)


def test_the_variable_that_asks_for_json_is_obeyed_before_anything_else(folder: Path) -> None:
    end = ended(folder, "main:app", "--port", "abc", env={"HOMEPORT_JSON": "1"})
    assert verdict(end)["code"] == "bad-value"
    assert end.err == ""


def test_the_settings_of_a_project_that_ask_for_json_are_obeyed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.homeport]\njson = true\n")
    end = ended(tmp_path, "main:app", "--port", "70000")
    assert verdict(end)["code"] == "port-out-of-range"


def test_the_caret_stands_below_the_place_of_a_syntax_error(folder: Path) -> None:
    lines = ended(folder, "syntax:app", "--port", "0", "--no-reload").out.splitlines()
    source = next(number for number, line in enumerate(lines) if "def app(:" in line)
    assert lines[source + 1].index("^") == lines[source].index("(:") + 1


def test_a_recursion_does_not_fill_the_screen(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("def again():\n    again()\n\n\nagain()\n")
    end = ended(tmp_path, "main:app", "--port", "0", "--no-reload")
    assert end.code == ExitCode.APP
    assert "more frames not shown" in end.out
    assert len(end.out.splitlines()) < 40


def test_the_reason_behind_an_error_is_shown(tmp_path: Path) -> None:
    code = "try:\n    1 / 0\nexcept ArithmeticError as e:\n    raise ValueError('x') from e\n"
    (tmp_path / "main.py").write_text(code)
    end = ended(tmp_path, "main:app", "--port", "0", "--no-reload")
    assert "ValueError: x" in end.out
    assert "caused by ZeroDivisionError: division by zero" in end.out


def test_the_errors_in_a_group_are_shown(tmp_path: Path) -> None:
    code = "raise ExceptionGroup('many', [ValueError('first'), KeyError('second')])\n"
    (tmp_path / "main.py").write_text(code)
    end = ended(tmp_path, "main:app", "--port", "0", "--no-reload")
    assert "ValueError: first" in end.out
    assert "KeyError: 'second'" in end.out


def test_the_only_python_file_is_offered(tmp_path: Path) -> None:
    (tmp_path / "server.py").touch()
    assert "there is:  homeport server.py" in ended(tmp_path).err


def test_the_python_that_misses_a_package_is_named(folder: Path) -> None:
    end = ended(folder, "lonely:app", "--port", "0", "--no-reload", "--json")
    steps = verdict(end)["next"]
    assert sys.prefix in json.dumps(steps)


def test_an_address_of_another_computer_is_answered_with_our_own(folder: Path) -> None:
    end = ended(folder, "main:app", "--host", "192.0.2.55", "--json")
    last = verdict(end)
    assert (end.code, last["code"]) == (ExitCode.BIND, "address-not-here")
    assert "127.0.0.1 (lo)" in json.dumps(last["next"])
    text = ended(folder, "main:app", "--host", "192.0.2.55")
    assert "--host 192.0.2.55 is not an address of this computer." in text.err
    assert_calm(text)


def test_a_port_that_browsers_refuse_can_be_forced(folder: Path) -> None:
    end = ended(folder, "odd:number", "--port", "6000", "--force-port", "--json")
    assert verdict(end)["code"] in ("not-asgi", "port-busy")  # it got as far as that
