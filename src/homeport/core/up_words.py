"""What happens to several apps, as lines for people: the events of `homeport up --json`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

RED, GREEN, YELLOW, DIM, PLAIN = "31", "32", "33", "2", ""

_QUIET = {"starting", "listening", "reloading", "stopping", "stopped"}
"""Of servers: what an event of our own, or the next one, says as well."""


class Line(NamedTuple):
    """One line and how it looks (ECMA-48 SGR)."""

    text: str
    style: str = PLAIN


def lines(event: Mapping[str, Any]) -> list[Line]:
    """The lines of one event, without the name of the app."""
    name = event["event"]
    if name == "output":
        return [Line(event["line"])]
    if name in _QUIET and name != "listening":
        return []
    found = _own(event) if name in _OWN else _of_server(event)
    return [Line(text, line.style) for line in found for text in line.text.split("\n") if text]


_OWN = {"app-starting", "app-ready", "app-late", "app-ended", "app-not-started"}


def _own(event: Mapping[str, Any]) -> list[Line]:
    match event:
        case {"event": "app-starting", "serves": serves, "port": port}:
            where = f" on port {port}" if port is not None else ""
            return [Line(f"starting {' '.join(serves.split())}{where}", DIM)]
        case {"event": "app-ready", "url": url, "name": name, "ms": took}:
            known = f", found as {name}" if name else ""
            return [Line(f"{url}  ready in {took} ms{known}", GREEN)]
        case {"event": "app-late", "port": port, "listens_on": ports}:
            other = ", ".join(map(str, ports))
            but = f", but on {other}: does its command use $PORT?" if ports else ""
            return [Line(f"does not listen on port {port} yet{but}", YELLOW)]
        case {"event": "app-ended", "exit_code": code, "asked": asked}:
            if asked:
                return [Line("stopped", DIM)]
            return [
                Line(f"ended by itself, {_how(code)}; the others go on", RED if code else YELLOW)
            ]
        case {"event": "app-not-started", "needs": need}:
            return [Line(f"is not started: it needs {need}, which has ended", RED)]
    return [Line(f"could not be started: {event['reason']}", RED)]


def _how(code: int) -> str:
    return f"exit code {code}" if code <= 128 else f"exit code {code} (signal {code - 128})"


def _of_server(event: Mapping[str, Any]) -> list[Line]:
    match event:
        case {"event": "listening", "notes": list(notes)}:
            return [Line(str(note), YELLOW) for note in notes]
        case {"event": "reloaded", "ms": took, "reasons": list(reasons)}:
            why = f" ({', '.join(map(str, reasons[:3]))})" if reasons else ""
            return [Line(f"reloaded in {took} ms{why}", GREEN)]
        case {"event": "request", "method": method, "path": path, "status": status}:
            return [Line(f"{method} {path} {status}", DIM)]
        case {"event": "failed" | "crashed", "message": message}:
            steps = map(str, event.get("next", ()))
            trace = str(event.get("traceback") or event.get("error") or "")
            return [Line(str(message), RED), Line(trace), *map(Line, steps), *_then(event)]
        case {"event": "error", "message": message}:
            return [Line(str(message), RED), *(Line(f"  {step}") for step in event.get("next", ()))]
        case {"event": "log", "message": message}:
            return [Line(str(message), YELLOW), Line(str(event.get("traceback") or ""))]
        case {"event": "ready"}:
            return []
        case {"message": str(message)}:
            return [Line(message, YELLOW)]
    return []


def _then(event: Mapping[str, Any]) -> list[Line]:
    goes_on = ["the version before goes on"] if event.get("still_serving") else []
    again = ["save a fix to try again"] if event.get("tries_again") else []
    names = ", ".join(event.get("waiting", ()))
    wait = [f"waiting for it: {names}"] if again and names else []
    said = "; ".join((*goes_on, *again, *wait))
    return [Line(said, YELLOW)] if said else []
