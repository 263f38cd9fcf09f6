"""The floors of docs/design.md, as far as imports and sizes show them."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
FLOORS = ("core", "host", "engine", "ui")
CORE_MAY_IMPORT = {
    *("dataclasses", "enum", "ipaddress", "typing", "collections", "json", "re", "datetime"),
    *("hmac", "hashlib", "functools", "itertools", "math", "binascii"),
}
HOMES = {
    "uvicorn": "homeport.engine.serving",
    "httptools": "homeport.engine.serving",
    "uvloop": "homeport.engine.life",
    "dotenv": "homeport.engine.env_file",
    "watchfiles": "homeport.engine.watch_portable",
    "psutil": "homeport.host",
    "zeroconf": "homeport.engine.announcing",
    "segno": "homeport.ui.cli.qr",
    "fastapi": "homeport.demo",
    "pydantic": "homeport.demo",
    "cryptography": "homeport.engine.certificates",
    "httpx": "homeport.clients",
    "anyio": "homeport.clients",
    "pytest": "homeport.pytest_plugin",
}
DOORS = {"clients", "testing", "pytest_plugin"}
"""Modules beside the public door: they stand above all floors, and nobody inside imports them."""
LONGEST_MODULE, LONGEST_FUNCTION = 300, 45

FILES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_bytes()) for name, path in FILES.items()}
each_module = pytest.mark.parametrize("module", FILES)


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def imports(module: str) -> Iterator[str]:
    """What a module imports, at the top or anywhere, `from package import module` resolved."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{module}: imports are absolute"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in FILES else node.module


def floor(name: str) -> int:
    """How high a module of ours may reach; the public door stands above all floors."""
    package = name.split(".")[1] if "." in name else ""
    return FLOORS.index(package) if package in FLOORS else len(FLOORS)


def test_the_staircase_is_the_whole_house() -> None:
    packages = {name.split(".")[1] for name in FILES if "." in name}
    assert packages == {*FLOORS, *DOORS, "demo", "__main__"}


@each_module
def test_imports_run_only_downwards(module: str) -> None:
    ours = {name for name in imports(module) if inside(name, "homeport")}
    if inside(module, "homeport.demo"):
        assert all(inside(name, "homeport.demo") for name in ours)
    else:
        assert all(floor(name) <= floor(module) for name in ours), ours
        assert "homeport" not in ours, "nobody inside uses the public door"
    if floor(module) < len(FLOORS):
        assert not {name.split(".")[1] for name in ours if "." in name} & DOORS


@each_module
def test_core_imports_next_to_nothing(module: str) -> None:
    if inside(module, "homeport.core"):
        foreign = {name for name in imports(module) if not inside(name, "homeport.core")}
        assert {name.partition(".")[0] for name in foreign} <= CORE_MAY_IMPORT


def for_types_only(module: str) -> set[str]:
    """What is imported for annotations, so never when it runs."""
    return {
        alias.name
        for block in ast.walk(TREES[module])
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.Import)
        for alias in node.names
    }


@each_module
def test_every_library_of_others_is_imported_in_its_home_only(module: str) -> None:
    running = [name for name in imports(module) if name not in for_types_only(module)]
    tops = {name.partition(".")[0] for name in running}
    for library in tops - sys.stdlib_module_names - {"homeport"}:
        assert library in HOMES, f"{library} has no home yet"
        assert inside(module, HOMES[library]), f"{library} lives in {HOMES[library]}"


@each_module
def test_only_host_asks_which_system_this_is(module: str) -> None:
    asked = {
        ast.unparse(node) for node in ast.walk(TREES[module]) if isinstance(node, ast.Attribute)
    } & {"sys.platform", "os.name", "platform.system"}
    taken = {
        alias.name
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.ImportFrom) and node.module in ("sys", "os")
        for alias in node.names
    } & {"platform", "name"}
    assert inside(module, "homeport.host") or not asked | taken


@each_module
def test_nothing_is_printed_past_the_reports(module: str) -> None:
    called = (node.func for node in ast.walk(TREES[module]) if isinstance(node, ast.Call))
    assert not any(isinstance(name, ast.Name) and name.id == "print" for name in called)


@each_module
def test_a_module_and_its_functions_fit_the_eye(module: str) -> None:
    assert len(FILES[module].read_text("utf-8").splitlines()) <= LONGEST_MODULE
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


def test_what_the_supervisor_needs_loads_nothing_slow() -> None:
    slow = ["asyncio", "uvicorn", "psutil", "fastapi", "watchfiles", "uvloop", "httptools"]
    slow += ["cryptography", "zeroconf", "segno", "httpx", "anyio"]
    slow += ["homeport.core.apps_table"]  # of homeport up
    code = f"import sys, homeport.ui.cli.serve; print(*(set({slow}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split() == []


def test_a_worker_is_started_before_anything_slow_is_loaded() -> None:
    slow = ["typing", "re", "contextlib", "dataclasses", "subprocess", "json"]
    assert loaded("homeport.ui.cli.main, homeport.engine.spawn", slow) == []


def test_finding_a_url_for_a_script_loads_next_to_nothing() -> None:
    slow = ["dataclasses", "inspect", "argparse", "ipaddress", "pathlib", "subprocess", "ssl"]
    assert loaded("homeport.ui.cli.main, homeport.ui.cli.url", slow) == []


def loaded(modules: str, slow: list[str]) -> list[str]:
    """Which of `slow` are there after an import of `modules`, and nothing else."""
    code = f"import sys, {modules}; print(*(set({slow}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SOURCE)},
        check=True,
        timeout=30,
    )
    return done.stdout.split()
