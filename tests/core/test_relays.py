import random

import pytest

from homeport.core.programs import program_of
from homeport.core.redact import command_line
from homeport.core.relays import Relay, relay

DOCKER = "docker ps --filter publish=8080, then docker stop NAME"
PODMAN = "podman ps (the one with 8080 under PORTS), then podman stop NAME"

# Words are parted by spaces; · is a space inside a word. All of pid 77, asked about port 8080.
RELAYS = {
    "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 "
    "-container-port 80 -use-listen-fd": ("container 172.17.0.2:80", DOCKER),
    "docker-proxy -container-ip fd00::2 -container-port 80": ("container [fd00::2]:80", DOCKER),
    "docker-proxy -container-port": ("a container", DOCKER),
    "com.docker.backend services": ("a container", DOCKER),
    "dockerd -H fd://": ("a container", DOCKER),
    "rootlesskit --net=slirp4netns": ("a container", DOCKER),
    "rootlessport": ("a container", PODMAN),
    "/usr/bin/pasta --config-net -t 8080-8080:80-80": ("a container", PODMAN),
    "slirp4netns --mtu=65520 88": ("a container", PODMAN),
    "conmon --api-version 1 -c 0123 -u 0123 -n web -r crun": ("container web", "podman stop web"),
    "conmon -c 0123 --name a;b": ("a container", PODMAN),
    "wslrelay.exe --mode 2": (
        "a program inside WSL",
        'wsl -- ss -ltnp "sport = :8080", then stop that program in WSL',
    ),
    "/usr/lib/systemd/systemd --user": (
        "a unit that systemd starts when somebody connects",
        "systemctl --user list-sockets (the one with 8080), then systemctl --user stop UNIT.socket",
    ),
    "/sbin/launchd": (
        "a service that launchd starts when somebody connects",
        "sudo launchctl list, then sudo launchctl bootout system/NAME",
    ),
    "kubectl port-forward svc/web 8080:80 -n prod": ("svc/web in Kubernetes, port 80", "kill 77"),
    "kubectl port-forward pod/a 9090 8080": ("pod/a in Kubernetes, port 8080", "kill 77"),
    "kubectl port-forward pod/a :80": ("pod/a in Kubernetes", "kill 77"),
    "kubectl port-forward": ("something in Kubernetes", "kill 77"),
    "ssh -N -L 8080:db:5432 me@host": ("db:5432 by way of me@host", "kill 77"),
    "ssh -NL8080:db:5432 -p 22 -i key me@host": ("db:5432 by way of me@host", "kill 77"),
    "ssh -L 9000:a:1 -L localhost:8080:[::1]:80 host cmd": ("[::1]:80 by way of host", "kill 77"),
    "ssh -L 9000:a:1 host": ("a:1 by way of host", "kill 77"),
    "ssh -o LocalForward=8080·db:80 host": ("db:80 by way of host", "kill 77"),
    "ssh -D 8080 host": (
        "whatever programs ask this SOCKS proxy for by way of host",
        "kill 77",
    ),
    "ssh -R 80:localhost:3000 host": (
        "localhost:3000 here, for programs on host",
        "kill 77",
    ),
    "ssh -NR 80:localhost:3000": (
        "localhost:3000 here, for programs on another computer",
        "kill 77",
    ),
    "ssh host": ("an ssh tunnel by way of host", "kill 77"),
    "ssh": ("an ssh tunnel", "kill 77"),
    "ssh -N": ("an ssh tunnel", "kill 77"),
    "ssh -M -L 8080:db:80 host": ("db:80 by way of host", "ssh -O exit host"),
    "ssh -oControlMaster=yes -L 8080:db:80 host": ("db:80 by way of host", "ssh -O exit host"),
    "ssh:·/home/me/.ssh/cm-1·[mux]": (
        "an ssh tunnel",
        "ssh -S /home/me/.ssh/cm-1 -O exit HOST",
    ),
    "sshd:·ana@pts/0": (
        "a program on the computer from which ana logged in with ssh -R",
        "kill 77 (ends that login of ana)",
    ),
}

SERVERS = [
    "uvicorn main:app",
    "nginx",
    "kubectl proxy",
    "sshd:·/usr/sbin/sshd·-D·[listener]·0·of·10-100·startups",
    "sshd:·sshd·-D·[listener]·0·of·10-100·startups",
    "/usr/sbin/sshd -D",
    "",
]


def words(line: str) -> list[str]:
    return [word.replace("·", " ") for word in line.split(" ")]


@pytest.mark.parametrize("line", RELAYS)
def test_a_relay_is_named_with_who_is_behind_it_and_what_to_type(line: str) -> None:
    argv = words(line)
    target, step = RELAYS[line]
    expected = Relay(target=target, next_step=step)
    program = program_of(argv, "")
    assert relay(program, argv, 77, 8080) == expected
    # A `Holder` only has the command line as it is shown.
    assert relay(program, command_line(argv), 77, 8080) == expected


@pytest.mark.parametrize("line", SERVERS)
def test_a_server_of_its_own_is_no_relay(line: str) -> None:
    argv = words(line)
    assert relay(program_of(argv, "x"), argv, 77, 8080) is None
    assert relay(program_of(argv, "x"), command_line(argv), 77, 8080) is None


def test_a_login_of_a_newer_sshd_may_be_without_the_user() -> None:
    for command, user in ((["sshd-session: ana@notty"], "ana"), ("sshd-session: ***", "somebody")):
        found = relay("sshd", command, 77, 8080)
        assert found is not None
        assert found.target.endswith(f"from which {user} logged in with ssh -R")


def test_the_first_process_holds_ports_for_the_units_of_the_system() -> None:
    found = relay("systemd", ["/sbin/init"], 1, 631)
    assert found is not None
    assert found.next_step == (
        "systemctl list-sockets (the one with 631), then systemctl stop UNIT.socket"
    )


def test_the_api_of_docker_is_a_server_of_its_own() -> None:
    assert relay("dockerd", "dockerd -H tcp://127.0.0.1:2375", 77, 2375) is None


def test_without_a_port_it_is_for_the_reader_to_fill_in() -> None:
    found = relay("rootlessport", "rootlessport", 77)
    assert found is not None
    assert "with PORT under PORTS" in found.next_step
    found = relay("kubectl", "kubectl port-forward svc/web 1:2", 77)
    assert found is not None
    assert found.target == "svc/web in Kubernetes, port 2"


def test_a_target_is_short_and_fit_to_be_printed() -> None:
    found = relay("ssh", ["ssh", "-L", "8080:\x1b[31mdb\u202e:80", "h" * 300], 77, 8080)
    assert found is not None
    assert found.target.startswith("db:80 by way of hhh")
    assert len(found.target) == 120


def test_garbage_raises_nothing() -> None:
    chance = random.Random(20261121)
    parts = [word for line in RELAYS for word in words(line)] + ["", "-", "-L", "[", ":", "é\0"]
    programs = ["ssh", "sshd", "kubectl", "docker-proxy", "conmon", "systemd", "x"]
    for _ in range(5000):
        argv = [chance.choice(parts) for _ in range(chance.randrange(8))]
        command = argv if chance.random() < 0.5 else " ".join(argv)
        relay(chance.choice(programs), command, chance.randrange(9), chance.choice([None, 8080]))
