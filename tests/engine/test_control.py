"""The control socket: questions and answers, and clients that behave badly."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.core.entry import Entry
from homeport.core.errors import HomeportError, NothingThereError, UsageError
from homeport.engine.control import LARGEST_REQUEST, MOST_CLIENTS, Control, Handler, Told
from homeport.engine.control_client import ask, ask_for_files
from tests.cli.command import NOBODY, can_be_others, python_for_others
from tests.core.test_entry import SHOP
from tests.engine.live import PATIENCE, eventually, open_to_others
from tests.engine.runtime import answering


def refuse(request: dict[str, Any]) -> dict[str, Any]:
    raise NothingThereError("Not here.", code="gone", next_steps=("look",), facts={"a": 1})


def fail(request: dict[str, Any]) -> dict[str, Any]:
    raise ZeroDivisionError("ours")


HANDLERS: dict[str, Handler] = {
    "echo": lambda request: {"said": request},
    "refuse": refuse,
    "fail": fail,
    "odd": lambda request: {"value": object()},
    "long": lambda request: {"text": "x" * 3_000_000},
}


class Place:
    """A socket in a folder, and what stands for its entry."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.path = folder / "shop.sock"
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.path))
        self.listening.listen(16)
        data = SHOP.to_json() | {"socket": str(self.path)}
        del data["version"]
        self.entry = Entry(**data)

    def connect(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(PATIENCE)
        eventually(lambda: sock.connect_ex(str(self.path)) == 0, "room in its queue")
        return sock


@contextmanager
def control(folder: Path, patience: float = 5.0) -> Iterator[tuple[Control, Place]]:
    place = Place(folder / "run")
    with place.listening:
        made = Control(place.listening, HANDLERS, patience=patience)
        try:
            yield made, place
        finally:
            made.close()


def answer_to(place: Place, data: bytes) -> dict[str, Any]:
    with place.connect() as sock:
        sock.sendall(data)
        return heard(sock)


def heard(sock: socket.socket) -> dict[str, Any]:
    data = b""
    while not data.endswith(b"\n"):
        more = sock.recv(65536)
        assert more, f"ended after {data!r}"
        data += more
    answer: dict[str, Any] = json.loads(data)
    return answer


def test_a_question_is_answered_and_the_connection_ends(tmp_path: Path) -> None:
    with control(tmp_path) as (made, place), answering(made):
        assert ask(place.entry, {"ask": "echo", "é": [1]})["said"] == {"ask": "echo", "é": [1]}
        with place.connect() as sock:
            sock.sendall(b'{"ask": "echo"}\n')
            assert heard(sock) == {"said": {"ask": "echo"}}
            assert sock.recv(1) == b""


def test_a_handler_may_come_later(tmp_path: Path) -> None:
    with control(tmp_path) as (made, place), answering(made):
        with pytest.raises(UsageError) as refusal:
            ask(place.entry, {"ask": "share"})
        assert refusal.value.code == "unknown-word"
        assert "echo, fail" in refusal.value.next_steps[0]
        made.handlers["share"] = lambda request: {"shared": True}
        assert ask(place.entry, {"ask": "share"}) == {"shared": True}


def test_a_refusal_is_raised_again_as_what_it_was(tmp_path: Path) -> None:
    with control(tmp_path) as (made, place), answering(made):
        with pytest.raises(NothingThereError) as refusal:
            ask(place.entry, {"ask": "refuse"})
        assert vars(refusal.value) == vars(
            NothingThereError("Not here.", code="gone", next_steps=("look",), facts={"a": 1})
        )


@pytest.mark.parametrize("word", ["fail", "odd"])
def test_a_fault_of_ours_is_an_answer_and_the_server_goes_on(tmp_path: Path, word: str) -> None:
    with control(tmp_path) as (made, place), answering(made):
        with pytest.raises(HomeportError) as refusal:
            ask(place.entry, {"ask": word})
        assert refusal.value.code == "bug"
        assert ask(place.entry, {"ask": "echo"})


@pytest.mark.parametrize(
    "line",
    [
        *(b"\n", b"{\n", b"[]\n", b"1\n", b"null\n", b'"who"\n', b"{}\n", b'{"ask": 1}\n'),
        *(
            b"\xff\n",
            b"\0\n",
            b"[" * 50_000 + b"\n",
            b"9" * 5000 + b"\n",
            b"GET / HTTP/1.1\r\n\r\n",
        ),
        b'{"ask": "echo", "x": "' + b"x" * LARGEST_REQUEST + b'"}\n',
    ],
)
def test_what_is_no_request_is_refused(tmp_path: Path, line: bytes) -> None:
    with control(tmp_path) as (made, place), answering(made):
        refusal = answer_to(place, line)["error"]
        assert refusal["code"] == "bad-request"
        assert refusal["message"] and refusal["next_steps"]


def test_a_request_without_end_is_cut_off(tmp_path: Path) -> None:
    with control(tmp_path) as (made, place), answering(made), place.connect() as sock:
        with pytest.raises(BrokenPipeError):
            for _ in range(1000):
                sock.sendall(b"x" * 65536)
        assert heard(sock)["error"]["code"] == "bad-request"


def test_a_request_may_come_in_pieces_and_the_largest_is_fine(tmp_path: Path) -> None:
    with control(tmp_path) as (made, place), answering(made), place.connect() as sock:
        start, end = b'{"ask": "echo", "x": "', b'"}'
        text = b"x" * (LARGEST_REQUEST - len(start) - len(end))
        for piece in (start, text[:100], text[100:], end, b"\n"):
            sock.sendall(piece)
        assert len(heard(sock)["said"]["x"]) == len(text)


def test_slow_and_silent_clients_keep_nobody_waiting(tmp_path: Path) -> None:
    with control(tmp_path) as (made, place), answering(made), ExitStack() as stack:
        silent = stack.enter_context(place.connect())
        half = stack.enter_context(place.connect())
        half.sendall(b'{"ask": ')
        deaf = stack.enter_context(place.connect())
        deaf.sendall(b'{"ask": "long"}\n')
        assert ask(place.entry, {"ask": "echo"}, timeout=PATIENCE)
        assert len(heard(deaf)["text"]) == 3_000_000
        half.sendall(b'"echo"}\n')
        assert heard(half) == {"said": {"ask": "echo"}}
        silent.sendall(b'{"ask": "echo"}\n')
        assert heard(silent) == {"said": {"ask": "echo"}}


def test_a_client_past_its_time_makes_room(tmp_path: Path) -> None:
    with control(tmp_path, patience=0.0) as (made, place), place.connect() as late:
        made.read()  # comes in
        made.read()  # its time is over
        assert late.recv(1) == b""


def test_one_client_too_many_is_told_so_and_the_others_are_served(tmp_path: Path) -> None:
    with control(tmp_path) as (made, place), answering(made), ExitStack() as stack:
        clients = [stack.enter_context(place.connect()) for _ in range(MOST_CLIENTS)]
        for client in clients:
            client.sendall(b'{"ask": ')  # heard after all of them were let in
        with place.connect() as sock:
            assert heard(sock)["error"]["code"] == "too-many-clients"
            assert sock.recv(1) == b""
        for client in clients:
            client.sendall(b'"echo"}\n')
            assert heard(client) == {"said": {"ask": "echo"}}
        assert ask(place.entry, {"ask": "echo"})


def test_clients_that_leave_are_forgotten(tmp_path: Path) -> None:
    with control(tmp_path) as (made, place), answering(made):
        before = len(os.listdir("/proc/self/fd"))
        for data in (b"", b'{"ask"', b'{"ask": "long"}\n') * 20:
            with place.connect() as sock:
                sock.sendall(data)
        eventually(lambda: len(os.listdir("/proc/self/fd")) <= before, "all are gone")
        assert ask(place.entry, {"ask": "echo"})


def test_without_descriptors_it_neither_spins_nor_dies(tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with control(tmp_path) as (made, place), ExitStack() as stack:
        client = stack.enter_context(place.connect())
        highest = max(map(int, os.listdir("/proc/self/fd")))
        filler = [os.open(os.devnull, os.O_RDONLY) for _ in range(highest)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(filler) + 1, limits[1]))
        try:
            made.read()
            made.read()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            for fd in filler:
                os.close(fd)
        assert client.recv(1) == b""
        with answering(made):
            assert ask(place.entry, {"ask": "echo"})


@pytest.mark.skipif(not can_be_others(), reason="needs root, to be another user")
def test_another_user_gets_no_answer_even_through_an_open_folder(tmp_path: Path) -> None:
    code = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(10);"
        "s.connect(sys.argv[1]); print(s.recv(100))"
    )
    with control(tmp_path) as (made, place), answering(made):
        open_to_others(place.path.parent)
        place.path.chmod(0o666)
        python = python_for_others()
        assert python is not None
        told = {
            user: subprocess.run(
                [python, "-c", code, str(place.path)],
                user=user, capture_output=True, text=True, timeout=PATIENCE, cwd="/",
            )
            for user in (NOBODY,)
        }  # fmt: skip
        assert told[NOBODY].stdout.strip() == "b''", told


def test_a_server_that_has_ended_is_gone(tmp_path: Path) -> None:
    with control(tmp_path) as (_, place):
        entry = place.entry
    with pytest.raises(NothingThereError):  # nobody listens
        ask(entry, {"ask": "echo"})
    place.path.unlink()
    with pytest.raises(NothingThereError):  # no socket
        ask(entry, {"ask": "echo"})
    place.path.write_text("a file")
    with pytest.raises(NothingThereError):  # no socket either
        ask(entry, {"ask": "echo"})


def test_a_server_that_says_nothing_is_not_waited_for_beyond_the_time(tmp_path: Path) -> None:
    with control(tmp_path) as (_, place):
        with pytest.raises(HomeportError) as refusal:
            ask(place.entry, {"ask": "echo"}, timeout=0.05)
        assert refusal.value.code == "no-answer"
        queued = []
        while True:  # until its queue is full
            sock = socket.socket(socket.AF_UNIX)
            sock.setblocking(False)
            queued.append(sock)
            try:
                sock.connect(str(place.path))
            except BlockingIOError:
                break
        with pytest.raises(HomeportError) as refusal:
            ask(place.entry, {"ask": "echo"}, timeout=0.05)
        assert refusal.value.code == "no-answer"
        for sock in queued:
            sock.close()


@pytest.mark.parametrize("answer", [b"", b"x\n", b"[]\n", b"[" * 50_000 + b"\n"])
def test_what_is_no_answer_counts_as_none(tmp_path: Path, answer: bytes) -> None:
    code = (
        "import socket, sys\n"
        "s = socket.socket(fileno=int(sys.argv[1])); c = s.accept()[0]\n"
        "c.recv(1000); c.sendall(eval(sys.argv[2])); c.close()\n"
    )
    place = Place(tmp_path / "run")
    with place.listening:
        fd = place.listening.fileno()
        squatter = subprocess.Popen(
            [sys.executable, "-c", code, str(fd), repr(answer)], pass_fds=[fd]
        )
        try:
            with pytest.raises(NothingThereError):
                ask(place.entry, {"ask": "who"}, timeout=PATIENCE)
        finally:
            squatter.kill()
            squatter.wait()


def opened_of(path: Path) -> int:
    """How often this process has a file open."""
    links = [Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd")]
    return [os.readlink(link) for link in links if link.is_symlink()].count(str(path))


def test_open_files_come_with_an_answer_and_stay_open_here(tmp_path: Path) -> None:
    with control(tmp_path) as (made, place), (tmp_path / "file").open("w+") as file:
        file.write("x" * 10)
        file.flush()
        made.handlers["file"] = lambda request: Told(
            {"text": "y" * 3_000_000}, descriptors=(file.fileno(), file.fileno())
        )
        with answering(made):
            answer, files = ask_for_files(place.entry, {"ask": "file"})
            assert len(answer["text"]) == 3_000_000
            assert [os.fstat(each).st_size for each in files] == [10, 10]
            for each in files:
                os.close(each)
            assert ask_for_files(place.entry, {"ask": "echo"})[1] == []
            before = opened_of(tmp_path / "file")
            assert "text" in ask(place.entry, {"ask": "file"})  # who asks for none keeps none
            assert opened_of(tmp_path / "file") == before == 1
        assert os.fstat(file.fileno()).st_size == 10
