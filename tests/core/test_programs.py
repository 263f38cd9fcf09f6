import random
import time

import pytest

from homeport.core.programs import program_of
from homeport.core.relays import relay

# Words are parted by spaces; · is a space inside a word.
NAMES = {
    "uvicorn main:app": "uvicorn",
    "/usr/bin/python3 /app/.venv/bin/uvicorn main:app": "uvicorn",
    "python3.11 -m uvicorn main:app": "uvicorn",
    "python -Im uvicorn main:app": "uvicorn",
    "python -muvicorn main:app": "uvicorn",
    "python -W ignore -X dev -u -m uvicorn a": "uvicorn",
    "python -Wignore -bb --check-hash-based-pycs always main.py": "main.py",
    "python --token abc": "python",
    "C:\\app\\Scripts\\python.exe C:\\app\\Scripts\\hypercorn.exe a": "hypercorn",
    "python3.13t main.py": "main.py",
    "/Library/Python.app/Contents/MacOS/Python -m flask run": "flask",
    "pypy3 main.py": "main.py",
    "/usr/bin/granian --interface asgi a:b": "granian",
    "daphne a:b": "daphne",
    "fastapi dev main.py": "fastapi",
    "python -m fastapi run": "fastapi",
    "flask --app x run": "flask",
    "python manage.py runserver 8000": "django",
    "python manage.py shell": "manage.py",
    "./manage.py runserver": "django",
    "django-admin runserver": "django",
    "streamlit run app.py": "streamlit",
    "jupyter-lab --no-browser": "jupyter",
    "python -m jupyterlab": "jupyter",
    "python -m ipykernel_launcher -f x.json": "ipykernel",
    "python -m http.server 8000": "http.server",
    "python -P -m homeport.engine.worker": "homeport",
    "python -m homeport main:app": "homeport",
    "/app/.venv/bin/python /app/.venv/bin/homeport main:app": "homeport",
    "python -m pkg.__main__": "pkg",
    "python /lib/uvicorn/__main__.py a:b": "uvicorn",
    "python main.py --port 80": "main.py",
    "python": "python",
    "python -": "python",
    "python -m": "python",
    "python -W": "python",
    "python -c print()": "python",
    "python -c print() main.py": "python",
    "python -c from·multiprocessing.spawn·import·spawn_main;·x": "python (multiprocessing)",
    "python -c from·multiprocessing.forkserver·import·main;·x": "python (multiprocessing)",
    "python -B -c from·multiprocessing.resource_tracker·import·main": "python (multiprocessing)",
    "python -m debugpy --listen 5678 -m uvicorn a:b": "uvicorn",
    "python /x/debugpy --connect 127.0.0.1:1 --configure-qt none main.py": "main.py",
    "python -m debugpy": "debugpy",
    "python -m coverage run --source x -m uvicorn a": "uvicorn",
    "python -m coverage report": "coverage",
    "python -m coverage": "coverage",
    "python -m pdb -c continue main.py": "main.py",
    # launchers
    "uv run main.py": "main.py",
    "uv run --with httpx uvicorn main:app": "uvicorn",
    "uv --project x run -m fastapi dev": "fastapi",
    "uv run python -m flask run": "flask",
    "uv sync": "uv",
    "uvx --from x uvicorn@0.30 a": "uvicorn",
    "uvx": "uvx",
    "pipx run uvicorn==0.30 a": "uvicorn",
    "poetry run flask run": "flask",
    "conda run -n env python main.py": "main.py",
    "sudo -u me env A=b B=c nohup python main.py": "main.py",
    "env -- python main.py": "main.py",
    "timeout -s INT 5 python main.py": "main.py",
    "sudo sudo sudo sudo sudo sudo sudo sudo sudo nginx": "sudo",
    "nodemon server.js": "server.js",
    "npx vite@5 --host": "vite",
    "npx": "npx",
    "npm exec -- vite": "vite",
    "npm run dev": "npm",
    "npm": "npm",
    "pnpm dlx @scope/tool@latest": "tool",
    "pnpm exec next dev": "next",
    "yarn dev": "yarn",
    "sh -c uvicorn·main:app": "uvicorn",
    "/bin/bash -lc cd·x·&&·export·A=b·&&·exec·'uvicorn'·main:app": "uvicorn",
    "sh -c A=b·python·main.py·|·tee·log": "main.py",
    "sh -c cd·x": "sh",
    "sh -c": "sh",
    "bash --login run.sh": "run.sh",
    "bash --login": "bash",
    "-bash": "bash",
    # node and others
    "node server.js": "server.js",
    "node --import tsx -r x server.ts": "server.ts",
    "node /x/node_modules/.bin/vite --host": "vite",
    "node /x/node_modules/next/dist/bin/next dev": "next",
    "node /x/node_modules/@angular/cli/bin/ng.js serve": "angular",
    "node /x/node_modules/@remix-run/dev/cli.js": "dev",
    "node /x/node_modules/.bin/webpack serve": "webpack-dev-server",
    "node /x/node_modules/.bin/webpack --watch": "webpack",
    "node /x/node_modules/.bin/tsx server.ts": "server.ts",
    "node /usr/bin/npm run dev": "npm",
    "node": "node",
    "node -e 1+1": "node",
    "bun run server.ts": "server.ts",
    "bun server.ts": "server.ts",
    "bun dev": "bun",
    "bun x vite": "vite",
    "bun": "bun",
    "deno run -A main.ts": "main.ts",
    "deno run": "deno",
    "ruby bin/rails server": "rails",
    "perl app.pl": "app.pl",
    "php -S localhost:8000 -t public": "php",
    "/home/me/.vscode-server/cli/servers/x/server/node /out/server-main.js": "code",
    "node /home/me/.vscode-server/bin/x/out/server-main.js": "code",
    "/Applications/Visual·Studio·Code.app/Contents/MacOS/Electron .": "code",
    "code --type=utility": "code",
    # servers as they are
    "/usr/lib/postgresql/16/bin/postgres -D /data": "postgres",
    "mysqld": "mysqld",
    "redis-server·*:6379": "redis-server",
    "ollama serve": "ollama",
    "/usr/bin/docker-proxy -proto tcp": "docker-proxy",
    "ssh -N -L 8000:localhost:80 host": "ssh",
    "kubectl port-forward svc/web 8080:80": "kubectl",
    "caddy run": "caddy",
    "java -jar app.jar": "java",
    "/usr/lib/systemd/systemd --user": "systemd",
    # titles written over the command line
    "gunicorn:·master·[main:app]": "gunicorn",
    "postgres:·checkpointer·": "postgres",
    "nginx:·master·process·/usr/sbin/nginx": "nginx",
    "sshd:·/usr/sbin/sshd·-D·[listener]": "sshd",
    "sshd-session:·me": "sshd",
    "next-server·(v15.1.0)": "next",
    "npm·run·dev": "npm",
    "/opt/chrome/chrome·--type=utility·--x": "chrome",
    "C:\\Program·Files\\App\\App.exe·--x": "App",
}


@pytest.mark.parametrize("line", NAMES)
def test_a_command_line_tells_what_runs(line: str) -> None:
    argv = [word.replace("·", " ") for word in line.split(" ")]
    assert program_of(argv, "comm") == NAMES[line]


@pytest.mark.parametrize("argv", [[], [""], ["", ""], ["/"], ["\x1b[2J"]])
def test_without_a_command_line_it_is_what_the_system_calls_it(argv: list[str]) -> None:
    assert program_of(argv, "kworker/0:1") == "kworker/0:1"


def test_the_first_process_may_be_started_by_a_link() -> None:
    assert program_of(["/sbin/init", "splash"], "systemd") == "systemd"
    assert program_of(["/sbin/init"], "init") == "init"


def test_empty_words_behind_a_title_do_not_matter() -> None:
    assert program_of(["gunicorn: worker [x]", "", ""], "g") == "gunicorn"


def test_a_name_is_short_and_fit_to_be_printed() -> None:
    assert program_of(["/x/\x1b[31mred\u202e" + "x" * 100], "x") == "red" + "x" * 37
    assert program_of([], "\x1b[2Jbad\n" + "y" * 100) == "bad " + "y" * 36


@pytest.mark.parametrize(
    "argv",
    [
        ["node", "@/" * 50_000],
        ["node", "/node_modules/@" * 10_000],
        ["sh", "-c", "a=&&" * 50_000],
        ["python", "-" + "b" * 100_000],
        ["-L"] * 100_000,
        [": " * 50_000],
    ],
    ids=lambda argv: argv[0][:9],
)
def test_a_hostile_command_line_takes_no_time(argv: list[str]) -> None:
    started = time.process_time()
    program_of(argv, "x")
    relay("ssh", argv, 7, 8080)
    relay("ssh", " ".join(argv), 7, 8080)
    assert time.process_time() - started < 1


def test_garbage_raises_nothing() -> None:
    chance = random.Random(20261121)
    words = " ".join(NAMES).split()
    for _ in range(5000):
        argv = [
            chance.choice([*words, "", "-", "--", "-c", "é\0", "\ud800"])
            for _ in range(chance.randrange(7))
        ]
        assert len(program_of(argv, "x")) <= 40
