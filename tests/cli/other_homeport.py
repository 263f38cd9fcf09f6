"""A homeport of another version, as a program: python other_homeport.py ….

It imports nothing of homeport. What all versions promise: the entry is `<name>.json`, its server
holds an flock on it. What all of a major version promise: the fields and words of its first one, so
here are more of both, and values that nobody knows yet.
"""

import fcntl
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

version, folder, name, project = sys.argv[1:]
web = socket.create_server(("127.0.0.1", 0))
port = web.getsockname()[1]
path = f"{folder}/{name}.sock"
known: dict[str, object] = {
    "instance": "5a" * 16,
    "urls": [f"http://127.0.0.1:{port}"],
    "addresses": [f"127.0.0.1:{port}"],
    "pid": os.getpid(),
    "started": time.time(),
    "start_ticks": int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]),
    "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
    "project": project,
    "app": "main",
    "socket": path,
}
here = os.stat("/proc/self/ns/net")
network = f"{here.st_dev}:{here.st_ino}"
state = {
    "instance": known["instance"],
    "phase": "serving",
    "failure": None,
    "took": 0.5,
    "settled": 1,
    "background": False,
    "log": None,
    "shared_until": None,
}
unheard = {"holder": "robot", "mood": {"good": [1, 2.5, None]}, "urls_by_lane": [["x"]]}
entry: dict[str, object] = {"version": version, "name": name, **unheard}
if version.startswith("1."):
    entry |= known
os.makedirs(folder, mode=0o700, exist_ok=True)
control = socket.socket(socket.AF_UNIX)
control.bind(path)
control.listen()
Path(folder, f"{name}.key").write_bytes(os.urandom(64))
file = os.open(f"{folder}/{name}.json", os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(file, fcntl.LOCK_EX)
os.write(file, json.dumps(entry).encode())


def serve() -> None:
    while True:
        with web.accept()[0] as visitor:
            visitor.recv(4096)
            visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")


def answer(request: dict[str, object]) -> dict[str, object]:
    if not version.startswith("1."):
        return {"kein": "Wort"}
    if request["ask"] == "who":
        return {**entry, "network": network}
    if request["ask"] == "facts":
        return {**known, "since": known["started"], **unheard}
    if request["ask"] == "state":
        return {**state, **unheard}
    if request["ask"] == "stop":
        threading.Timer(0.05, os._exit, (0,)).start()
        return {"within": 5, "gently": True}
    return {"error": {"code": "unknown-word", "message": "It says something new.", "colour": "red"}}


threading.Thread(target=serve, daemon=True).start()
print(port, flush=True)
while True:
    with control.accept()[0] as client:
        line = client.makefile("rb").readline()
        client.sendall(json.dumps(answer(json.loads(line))).encode() + b"\n")
