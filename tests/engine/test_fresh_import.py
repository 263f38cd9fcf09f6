"""Project files are imported as they are now."""

import importlib.util
import marshal
import os
import shutil
import subprocess
import sys
from pathlib import Path

from homeport.engine.fresh_import import is_library, library_folders

SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from homeport.engine import fresh_import, used_files
fresh_import.install()
import {module} as module
print(module.value, sorted(used_files.files))
"""


def imported(folder: Path, module: str = "thing", **env: str) -> str:
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    script = SCRIPT.format(folder=str(folder), module=module)
    command = [sys.executable, "-c", script]
    return subprocess.check_output(command, text=True, env=kept | env, cwd=folder).strip()


def write(path: Path, value: int) -> None:
    """The same size and the same time, whatever the value."""
    path.write_text(f"value = {value}\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))


def test_equal_size_and_time_do_not_mean_equal_code(tmp_path: Path) -> None:
    file = tmp_path / "thing.py"
    for value in (1, 2, 3):
        write(file, value)
        assert imported(tmp_path) == f"{value} {[str(file)]}"


def test_what_we_leave_behind_is_checked_by_every_python(tmp_path: Path) -> None:
    """A plain Python after us does not trust it blindly either."""
    file = tmp_path / "thing.py"
    write(file, 1)
    imported(tmp_path)
    write(file, 2)
    command = [sys.executable, "-c", "import thing; print(thing.value)"]
    assert subprocess.check_output(command, cwd=tmp_path, text=True) == "2\n"


def test_bytecode_of_the_same_bytes_is_used(tmp_path: Path) -> None:
    file = tmp_path / "thing.py"
    write(file, 1)
    imported(tmp_path)
    cache = Path(importlib.util.cache_from_source(str(file)))
    code = compile("value = 'from the cache'", str(file), "exec")
    cache.write_bytes(cache.read_bytes()[:16] + marshal.dumps(code))
    assert imported(tmp_path).startswith("from the cache")


def test_bytecode_of_a_folder_that_was_copied_names_the_file_that_was_read(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    named = "import sys\nvalue = (lambda: sys._getframe().f_code.co_filename)()\n"
    (first / "thing.py").write_text(named)
    imported(first)
    shutil.copytree(first, second)
    assert (second / "__pycache__").exists()
    assert imported(second).startswith(str(second / "thing.py"))


def test_no_bytecode_is_written_where_it_is_not_wanted(tmp_path: Path) -> None:
    write(tmp_path / "thing.py", 1)
    assert imported(tmp_path, PYTHONDONTWRITEBYTECODE="1").startswith("1 ")
    assert not (tmp_path / "__pycache__").exists()


def test_broken_bytecode_is_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / "thing.py"
    write(file, 1)
    imported(tmp_path)
    cache = Path(importlib.util.cache_from_source(str(file)))
    cache.write_bytes(cache.read_bytes()[:20])
    assert imported(tmp_path).startswith("1 ")


def test_packages_and_their_parts_are_fresh_too(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("from shop.inner import value\n")
    for value in (1, 2):
        write(package / "inner.py", value)
        assert imported(tmp_path, "shop").startswith(f"{value} ")


def test_installed_code_is_not_the_projects() -> None:
    libraries = library_folders()
    assert is_library(os.__file__, libraries)
    assert is_library(str(importlib.util.find_spec("httpx").origin), libraries)  # type: ignore[union-attr]
    assert is_library("<frozen importlib._bootstrap>", libraries)
    assert not is_library(__file__, libraries)
