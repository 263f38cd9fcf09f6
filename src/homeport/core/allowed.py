"""What a person may add to the guard's lists: `--allow-host` and `--allow-origin`."""

from homeport.core.authority import NULL, read_authority, read_origin, url_host
from homeport.core.errors import UsageError
from homeport.core.refusals import not_a

ANY_HOST = "*"
_UNSPECIFIED = frozenset("[0.:]")


def allowed_host(text: str, origin: str = "--allow-host") -> str:
    """One entry of `Policy.hosts`. UsageError names `origin`, where the text came from."""
    if text == ANY_HOST:
        return text
    authority = read_authority(text.encode("utf-8", "surrogateescape"))
    if authority is None or set(authority.host) <= _UNSPECIFIED:
        raise _not(text, origin, "a name, or name:port, as in shop.example", _bare(text))
    if not authority.host.startswith("["):
        return str(authority)
    return url_host(authority.host[1:-1]) + str(authority).removeprefix(authority.host)


def allowed_origin(text: str, origin: str = "--allow-origin") -> str:
    """One entry of `Policy.origins`. UsageError names `origin`, where the text came from."""
    raw = text.encode("utf-8", "surrogateescape")
    if raw != NULL and read_origin(raw) is None:
        guess = text.strip().rstrip("/").lower()
        guess = guess.removesuffix(":443" if guess.startswith("https:") else ":80")
        raise _not(text, origin, "an origin as a browser sends it: https://shop.example", guess)
    return text


def _not(text: str, origin: str, wanted: str, guess: str) -> UsageError:
    error = not_a(text, origin, wanted)
    if guess and guess != text and (read_authority(guess.encode()) or read_origin(guess.encode())):
        error.next_steps = (f"did you mean {guess}?", *error.next_steps)
    return error


def _bare(text: str) -> str:
    """A URL without all but its host and port."""
    return text.rpartition("://")[2].partition("/")[0].rstrip(".").lower()
