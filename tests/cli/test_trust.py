"""`homeport trust`: nothing changes unasked, and what trusts it then is asked, not assumed."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import homeport
from homeport.core.certificate_names import Names
from homeport.core.certificates import Leaf
from homeport.core.errors import ExitCode
from homeport.core.trust_words import other_programs
from homeport.engine.certificates.leaf import issue
from tests.cli.command import (
    DEADLINE,
    NOBODY,
    Ended,
    can_be_others,
    ended,
    environment,
    python_for_others,
    started,
)
from tests.cli.terminal import in_terminal
from tests.engine.tls_scene import curl, forced, https_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stores of Linux")
needs_certutil = pytest.mark.skipif(
    shutil.which("certutil") is None, reason="needs certutil (libnss3-tools)"
)
CHROMIUM = Path("/usr/bin/chromium")
ANCHORS, BUNDLES = "/usr/local/share/ca-certificates", "/etc/ssl/certs"


def can_hide_mounts() -> bool:
    """Whether we may have a view of the file system of our own."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or not Path(ANCHORS).is_dir():
        return False
    return (
        subprocess.run(["unshare", "-m", "true"], capture_output=True, timeout=10).returncode == 0
    )


needs_mounts = pytest.mark.skipif(
    not can_hide_mounts() or shutil.which("update-ca-certificates") is None,
    reason="needs root, mount namespaces and ca-certificates",
)


class Computer:
    """A home and a system store of its own; the machine's are not touched.

    Every command sees copies of the two folders of the system store, bound over them.
    """

    def __init__(self, folder: Path, holder: "subprocess.Popen[bytes]") -> None:
        self.home = folder / "home"
        self.state = self.home / ".local/state/homeport"
        self.inside = ("nsenter", "-t", str(holder.pid), "-m", f"--wd={folder}")
        self.folder = folder

    def trust(self, *arguments: str, env: dict[str, str] | None = None) -> Ended:
        given = {"HOME": str(self.home), "XDG_STATE_HOME": None, "COLUMNS": "200"}
        with started(
            self.folder, "trust", *arguments, wrapper=self.inside, env=given | (env or {})
        ) as running:
            # The system's own tools read every CA it has, which takes a while on a busy machine.
            out = running.process.communicate(timeout=120)[0]
            return Ended(running.process.returncode, out.decode(), running.err, ())

    def trust_as_nobody(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """By a user without rights, who has the home."""
        subprocess.run(["chown", "-R", str(NOBODY), self.home], check=True, timeout=DEADLINE)
        sources = Path(homeport.__file__).parents[1]
        env = environment({"HOME": str(self.home), "XDG_STATE_HOME": None, "COLUMNS": "200"})
        env["PYTHONPATH"] = f"{sources}:{sysconfig.get_paths()['purelib']}"
        user = (f"--setuid={NOBODY}", f"--setgid={NOBODY}")
        command = (str(python_for_others()), "-m", "homeport", "trust", *arguments)
        return subprocess.run(
            [*self.inside, *user, *command], env=env, capture_output=True, text=True, timeout=60
        )

    def told(self, *arguments: str, env: dict[str, str] | None = None) -> dict[str, Any]:
        end = self.trust("--json", *arguments, env=env)
        assert end.err == "", end.err
        found: dict[str, Any] = json.loads(end.out)
        return found

    def leaf(self, *names: str) -> Leaf:
        return issue(self.state, Names(names), time.time())

    def curl(self, port: int, name: str) -> int:
        """What curl with the system's CAs ends with: 0 fine, 60 not trusted."""
        command = ["curl", "--silent", "--noproxy", "*", "--resolve", f"{name}:{port}:127.0.0.1"]
        done = subprocess.run(
            [*self.inside, *command, f"https://{name}:{port}/"], capture_output=True, timeout=30
        )
        return done.returncode


@pytest.fixture
def computer() -> Iterator[Computer]:
    before = listing()
    with contextlib.ExitStack() as cleanup:
        # Not in tmp_path: other users may not enter that.
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        (folder / "home/.local/state").mkdir(mode=0o700, parents=True)
        (folder / "home").chmod(0o700)
        script = ""
        for number, place in enumerate((ANCHORS, BUNDLES)):
            copy = folder / f"copy{number}"
            shutil.copytree(place, copy, symlinks=True)
            script += f"mount --bind {copy} {place} && "
        holder = cleanup.enter_context(
            subprocess.Popen(
                ["unshare", "-m", "sh", "-c", script + "echo ready && exec cat"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        assert holder.stdout is not None and holder.stdout.readline() == b"ready\n"
        yield Computer(folder, holder)
    assert listing() == before, "the machine's own store was changed"


def listing() -> list[str]:
    return sorted(os.listdir(ANCHORS) + os.listdir(BUNDLES))


def database(home: Path, place: str = ".pki/nssdb") -> Path:
    """An empty NSS database."""
    folder = home / place
    folder.mkdir(parents=True, mode=0o700)
    command = ["certutil", "-N", "-d", f"sql:{folder}", "--empty-password"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return folder


def nicknames(folder: Path) -> str:
    command = ["certutil", "-L", "-d", f"sql:{folder}"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


@needs_mounts
def test_the_system_trusts_it_after_trust_and_no_more_after_undo(computer: Computer) -> None:
    leaf = computer.leaf("shop.localhost")
    with https_server(leaf) as port:
        assert computer.curl(port, "shop.localhost") == 60
        told = computer.told("--yes")
        assert [s["trusted"] for s in told["stores"] if s["kind"] == "system"] == ["yes"]
        assert computer.curl(port, "shop.localhost") == 0
        assert curl(port, "shop.localhost").returncode == 60, "the machine itself does not"
        told = computer.told("--undo", "--yes")
        assert [s["trusted"] for s in told["stores"] if s["kind"] == "system"] == ["no"]
        assert computer.curl(port, "shop.localhost") == 60
    left = [name for name in os.listdir(computer.folder / "copy1") if "homeport" in name]
    assert left == []


@needs_mounts
def test_even_a_trusted_ca_cannot_vouch_for_the_internet(computer: Computer) -> None:
    computer.trust("--yes")
    with https_server(forced(computer.state, Names(("example.com",)))) as port:
        assert computer.curl(port, "example.com") == 60


@needs_mounts
def test_trusting_twice_changes_nothing_and_status_sees_it(computer: Computer) -> None:
    assert computer.told("--status") == {"ca": None, "stores": [], "failed": [], "done": True}
    assert computer.trust("--status").code == ExitCode.NOTHING_THERE
    computer.trust("--yes")
    again = computer.told("--yes")
    (system,) = (store for store in again["stores"] if store["kind"] == "system")
    assert (system["trusted"], system["commands"]) == ("yes", [])
    assert "trusted" in computer.trust("--status").out


@needs_mounts
def test_it_shows_everything_and_changes_nothing_before_it_is_told_to(computer: Computer) -> None:
    end = computer.trust()
    assert end.code == ExitCode.USAGE and "--yes" in end.err
    told = computer.told("--status")
    fingerprint = told["ca"]["fingerprint"].upper()
    assert fingerprint[:2] + " " + fingerprint[2:4] in end.out
    assert f"install -m 644 {told['ca']['certificate']} {ANCHORS}/homeport-" in end.out
    assert "update-ca-certificates" in end.out and "NODE_EXTRA_CA_CERTS=" in end.out
    assert {store["trusted"] for store in told["stores"]} == {"no"}
    assert computer.trust("--json").code == ExitCode.USAGE


@needs_mounts
@pytest.mark.skipif(not can_be_others(), reason="needs a Python that other users may run")
def test_without_root_the_commands_are_for_you_to_type_and_they_work(computer: Computer) -> None:
    end = computer.trust_as_nobody("--yes")
    assert end.returncode == ExitCode.NOTHING_THERE and "left to you" in end.stdout, end.stderr
    lines = [line.strip() for line in end.stdout.splitlines() if line.strip().startswith("sudo ")]
    assert len(lines) == 2
    assert not [name for name in os.listdir(computer.folder / "copy0") if "homeport" in name]
    for line in lines:  # typed by somebody who may
        command = ["sh", "-c", line.removeprefix("sudo ")]
        subprocess.run([*computer.inside, *command], check=True, capture_output=True, timeout=60)
    stores = json.loads(computer.trust_as_nobody("--status", "--json").stdout)["stores"]
    assert [each["trusted"] for each in stores if each["kind"] == "system"] == ["yes"]


@needs_mounts
@needs_certutil
def test_databases_of_browsers_and_firefox_get_it_for_servers_only(computer: Computer) -> None:
    places = [".pki/nssdb", ".local/share/pki/nssdb", ".mozilla/firefox/x.default-release"]
    folders = [database(computer.home, place) for place in places]
    told = computer.told("--yes")
    name = told["ca"]["name"]
    assert told["done"] is True and told["failed"] == []
    for folder in folders:
        (line,) = (row for row in nicknames(folder).splitlines() if name in row)
        assert line.split()[-1] == "C,,"
    command = ["certutil", "-V", "-u", "L", "-n", name, "-d", f"sql:{folders[2]}"]
    assert subprocess.run(command, capture_output=True, timeout=30).returncode == 0
    assert computer.told("--undo", "--yes")["done"] is True
    assert not any("homeport" in nicknames(folder) for folder in folders)


@needs_mounts
@needs_certutil
def test_a_renewed_ca_takes_the_place_of_the_old_one(computer: Computer) -> None:
    folder = database(computer.home)
    old = computer.told("--yes")["ca"]["name"]
    (computer.state / "homeport-ca.pem").unlink()  # as if it had been replaced
    assert "nothing trusts it yet" in computer.trust("--yes").out
    told = computer.told("--status")
    assert told["ca"]["name"] != old and old not in nicknames(folder)
    assert told["ca"]["name"] in nicknames(folder)
    assert len([n for n in os.listdir(computer.folder / "copy0") if "homeport" in n]) == 1


@needs_mounts
@needs_certutil
def test_a_broken_database_is_told_and_the_others_are_done(computer: Computer) -> None:
    broken = computer.home / ".mozilla/firefox/broken"
    broken.mkdir(parents=True)
    (broken / "cert9.db").write_bytes(b"no database")
    folder = database(computer.home)
    end = computer.trust("--yes", "--json")
    told = json.loads(end.out)
    assert end.code == ExitCode.NOTHING_THERE and told["done"] is False
    assert len(told["failed"]) == 1 and str(broken) in told["failed"][0]
    assert told["ca"]["name"] in nicknames(folder)


@needs_mounts
def test_without_certutil_the_package_is_named(computer: Computer) -> None:
    folder = computer.home / ".pki/nssdb"
    folder.mkdir(parents=True)
    (folder / "cert9.db").touch()
    tools = computer.folder / "tools"
    tools.mkdir()
    for name in ("update-ca-certificates", "nsenter"):
        (tools / name).symlink_to(str(shutil.which(name)))
    computer.leaf("localhost")
    end = computer.trust("--status", env={"PATH": str(tools)})
    assert "install libnss3-tools" in end.out and end.code == ExitCode.NOTHING_THERE
    told = computer.told("--status", env={"PATH": str(tools)})
    (browsers,) = (each for each in told["stores"] if each["kind"] == "browsers")
    assert (browsers["trusted"], browsers["commands"]) == ("unknown", [])


def test_a_key_that_others_could_read_is_not_trusted(tmp_path: Path) -> None:
    state = tmp_path / "homeport"
    issue(state, Names(("localhost",)), time.time())
    (state / "homeport-ca.pem").chmod(0o644)
    end = ended(tmp_path, "trust", "--status", env={"XDG_STATE_HOME": str(tmp_path)})
    assert end.code == ExitCode.BUG and "chmod 600" in end.err and "Traceback" not in end.err


def test_no_command_loads_the_slow_library_before_it_is_needed() -> None:
    modules = "homeport, homeport.ui.cli.ls, homeport.ui.cli.port, homeport.ui.cli.trust"
    code = f"import sys, {modules}; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "False"


def test_undo_and_status_without_a_ca_make_none(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path)}
    assert "no certificate authority" in ended(tmp_path, "trust", "--status", env=env).out
    end = ended(tmp_path, "trust", "--undo", env=env)
    assert (end.code, end.err) == (ExitCode.OK, "")
    assert list(tmp_path.iterdir()) == []


@needs_certutil
def test_a_no_changes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with in_terminal(tmp_path, "trust", HOME=str(home), XDG_STATE_HOME=str(tmp_path)) as term:
        term.until("Trust it there? [y/N]")
        term.type("\n")
        term.until("Nothing was changed.")
        assert term.exit_code() == ExitCode.USAGE


NODE = """
require("https").get(process.argv[1], answer => answer.on("data", text => console.log(`${text}`)))
    .on("error", error => console.log(error.code))
"""
HTTPX = """
import sys, httpx
try:
    print(httpx.get(sys.argv[1], trust_env=True).text)
except httpx.ConnectError as error:
    print("CERTIFICATE_VERIFY_FAILED" in str(error))
"""


@pytest.mark.parametrize(
    ("who", "command", "untrusted"),
    [
        ("Node.js", ("node", "-e", NODE), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        ("httpx", (sys.executable, "-c", HTTPX), "True"),
    ],
)
def test_programs_that_read_no_store_accept_it_with_what_they_are_told(
    tmp_path: Path, who: str, command: tuple[str, ...], untrusted: str
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"needs {command[0]}")
    leaf = issue(tmp_path / "s", Names(("localhost",)), time.time())
    assert leaf.ca
    name, _, text = dict(other_programs(leaf.ca))[who].partition("=")
    plain = {"NODE_EXTRA_CA_CERTS": None, "SSL_CERT_FILE": None, "NO_PROXY": "*"}
    with https_server(leaf) as port:

        def asked(env: dict[str, str | None]) -> str:
            return subprocess.run(
                [*command, f"https://localhost:{port}/"],
                env=environment(plain | env),
                capture_output=True,
                text=True,
                timeout=60,
            ).stdout.strip()

        assert asked({}) == untrusted
        assert asked({name: text.split(" ")[0]}) == "hello"


@needs_certutil
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")
@needs_mounts
@pytest.mark.parametrize("place", [None, ".pki/nssdb", ".local/share/pki/nssdb"])
def test_chromium_opens_it_after_trust_only(computer: Computer, place: str | None) -> None:
    if place:
        database(computer.home, place)
    inside, outside = computer.leaf("localhost"), forced(computer.state, Names(("example.com",)))
    with https_server(inside) as port, https_server(outside) as other:
        urls = (f"https://localhost:{port}/", f"https://example.com:{other}/")
        assert visits(computer.home, urls) == ["ERR_CERT_AUTHORITY_INVALID"] * 2
        assert computer.told("--yes")["done"] is True
        assert visits(computer.home, urls) == ["hello", "ERR_CERT_INVALID"]
        assert computer.told("--undo", "--yes")["done"] is True
        assert visits(computer.home, urls[:1]) == ["ERR_CERT_AUTHORITY_INVALID"]


def visits(home: Path, urls: tuple[str, ...]) -> list[str]:
    """What a Chromium of this home shows: the text of the page, or why not."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    arguments.append("--host-resolver-rules=MAP example.com 127.0.0.1")
    shown = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=arguments, env=os.environ | {"HOME": str(home)}
        )
        for url in urls:
            page = browser.new_page()
            try:
                page.goto(url, timeout=DEADLINE * 1000)
                shown.append(page.inner_text("body"))
            except playwright.Error as error:
                shown.append(error.message.partition("net::")[2].split()[0])
            page.close()
        browser.close()
    return shown
