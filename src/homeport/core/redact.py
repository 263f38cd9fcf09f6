"""Text from other processes, made fit to be shown: no secrets, no terminal tricks.

Command lines hold tokens and database URLs, and any process may choose its own. What is shown here
ends up in terminals, logs, JSON and pasted bug reports, so in doubt a word is hidden: whoever needs
the rest can ask `ps`.

The order matters. Control characters go first (an invisible one inside `--tok\u200ben` must not
save it from being recognised), then secrets, and only then is the line cut to length.
"""

import re
from collections.abc import Iterable, Sequence

from homeport.core.plain import plain

MASK = "***"
MAX_LENGTH = 200  # characters of a command line, the closing … included
_MAX_INPUT = 4096  # characters that are looked at: keeps hostile input cheap

_SECRET_PARTS = frozenset(
    {
        *("auth", "authorization", "bearer", "cookie", "cookies", "credential", "credentials"),
        *("creds", "dsn", "jwt", "key", "keys", "otp", "pass", "passcode", "passphrase", "passwd"),
        *("password", "passwords", "pat", "pin", "pw", "pwd", "secret", "secrets", "session"),
        *("sessionid", "sig", "signature", "token", "tokens"),
    }
)
_SECRET_ENDS = ("authorization", "credentials", "key", "pass", "pwd", "token", "tokens")
_SECRET_STEMS = ("passw", "passphrase", "secret", "credential")
_PLACE_ENDS = ("file", "path", "dir", "folder")  # --token-file names a place, not a token
_SWITCH = re.compile(r"--?(?:no|disable|enable|with|without)-", re.IGNORECASE)
_ANNOUNCING = frozenset({"Bearer", "authtoken", "passphrase", "passwd", "password"})
_SCHEMES = frozenset({"basic", "bearer", "digest", "negotiate", "token"})

# Short options that carry a password, by program. Elsewhere `-p` is a port.
_SHORT_OPTIONS = {
    "curl": "-u",
    "mariadb": "-p",
    "mysql": "-p",
    "mysqladmin": "-p",
    "mysqldump": "-p",
    "redis-cli": "-a",
    "sshpass": "-p",
}

# `://user:password@`. A password may hold unescaped `/` and `@` (SQLAlchemy reads such URLs); a
# number before a slash is a port.
_USERINFO = re.compile(r"(://[^\s/?#:@]*):(?!\d+/)\S*@")
# Here the name alone is often the secret: https://token@host, https://key:x@host.
_USER = re.compile(r"\b((?:https?|rediss?)://)[^\s/?#@]+@")
# What services give out, known by its beginning: JSON Web Tokens, Slack, AWS, GitHub, "sk-".
_GIVEN_OUT = re.compile(
    r"(?<![\w/.~\\])(?:eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?|xox[a-z]-[\w-]+|(?:AKIA|ASIA)[0-9A-Z]{12,}"
    r"|gh[pousr]_\w+|sk-[\w-]{12,})"
)
_QUOTED_VALUE = re.compile(r"""(?<![\w.-])([\w.-]+)(["']?\s*[:=]\s*)("[^"]*"|'[^']*')""")
_QUOTED_HEADER = re.compile(r"""(["'])([\w-]+)(:\s+)(?:(?!\1).)+""")
_HEADER = re.compile(r"([\w-]+)(:\s+).+")
# X-Api-Key:abc and --access_key:abc; `auth:app` is a Python app
_TIGHT_HEADER = re.compile(r"(--[\w-]+|-?\w+(?:-\w+)+):.+")
_PIECE = re.compile(r"[^\s\"'=,;:@?&(){}<>|]+")
_LONG = re.compile(r"[A-Za-z0-9+_-]{32,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{32,}")
_SAFE_WORD = re.compile(r"[\w@%+=:,./~^-]+")


def command_line(argv: Sequence[str]) -> str:
    """`argv` as one shell-like line for people, secrets as `***`, at most `MAX_LENGTH` characters.

    It is for reading, not for running.
    """
    words = []
    room = _MAX_INPUT
    for word in argv:
        if room > 0:
            words.append(plain(word[:room]))
        room -= len(word) + 1
    if len(words) == 1:
        # Servers such as postgres and gunicorn write one long title over their argv.
        line = " ".join(redacted(words[0].split()))
    else:
        line = " ".join(_quoted(word) for word in redacted(words))
    if len(line) > MAX_LENGTH or room < -1:
        line = line[: MAX_LENGTH - 1] + "…"
    return line


def redacted(words: Iterable[str]) -> list[str]:
    """The words with secrets masked, whether inside a word or announced by the word before."""
    shown = []
    hide_next = False
    short = ""
    for word in words:
        bare = word.strip("\"'")
        if hide_next and bare.lower() in _SCHEMES:
            shown.append(word)  # Authorization: Bearer abc
            continue
        if hide_next and word and not word.startswith("-"):
            shown.append(MASK)
            hide_next = False
            continue
        short = _SHORT_OPTIONS.get(bare.rpartition("/")[2], short)
        hide_next = _announces(bare) or (short != "" and word == short)
        if short and word.startswith(short) and word != short:
            shown.append(short + MASK)
        else:
            shown.append(_redacted_word(word))
    return shown


def _announces(word: str) -> bool:
    """Whether the next word is a secret: `--token X`, `Authorization: X`, `Bearer X`."""
    if word.startswith("-"):
        # `-HAuthorization: X` is one word of curl; `--no-auth` takes no value.
        has_value = "=" in word or _TIGHT_HEADER.fullmatch(word)
        return not has_value and not _SWITCH.match(word) and _is_secret(word)
    return word in _ANNOUNCING or (word.endswith(":") and _is_secret(word))


def _is_secret(key: str) -> bool:
    """Whether a value under this name is one to hide."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", key).lower()
    parts = [part.rstrip("0123456789") for part in re.split(r"[^a-z0-9]+", spaced)]
    if parts[-1].endswith(_PLACE_ENDS):
        return False
    return any(
        part in _SECRET_PARTS
        or part.endswith(_SECRET_ENDS)
        or any(stem in part for stem in _SECRET_STEMS)
        for part in parts
    )


def _redacted_word(word: str) -> str:
    """One argv word with what is secret inside it masked."""
    end = 0
    # KEY=VALUE, also nested: --env=API_KEY=abc, host=x,password=y
    while (equals := word.find("=", end)) >= 0 and " " not in word[:equals]:
        if _is_secret(word[end:equals]) and word[equals + 1 :]:
            return _masked(word[: equals + 1]) + MASK
        end = equals + 1
    head, value = word[:end], word[end:]
    header = _HEADER.fullmatch(value) or _TIGHT_HEADER.fullmatch(value)
    if header and _is_secret(header[1]):
        return f"{_masked(head)}{header[1]}: {MASK}"
    word = _QUOTED_HEADER.sub(_mask_header, word)
    word = _QUOTED_VALUE.sub(_mask_value, word)
    if " " in word:  # sh -c "serve --token X"
        return " ".join(redacted(word.split(" ")))
    return _masked(word)


def _mask_header(match: re.Match[str]) -> str:
    secret = _is_secret(match[2])
    return f"{match[1]}{match[2]}:{MASK}" if secret else match[0]


def _mask_value(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2].rstrip()}{MASK}" if _is_secret(match[1]) else match[0]


def _masked(word: str) -> str:
    """The word with passwords in URLs and long strings that look like keys masked."""
    word = _GIVEN_OUT.sub(MASK, _USER.sub(rf"\1{MASK}@", _USERINFO.sub(rf"\1:{MASK}@", word)))
    return _PIECE.sub(lambda match: _opaque_piece(match[0]), word)


def _opaque_piece(piece: str) -> str:
    if piece.startswith("//"):  # what follows `https:`
        return "/".join(_opaque_piece(part) if part else part for part in piece.split("/"))
    if piece[0] in "/.~" or "\\" in piece:
        return piece
    if "/" in piece:
        # Base64 may hold slashes; a relative path rarely mixes all three kinds of characters.
        mixed = all(re.search(kind, piece) for kind in ("[0-9]", "[a-z]", "[A-Z]"))
        return MASK if mixed and _BASE64.fullmatch(piece) else piece
    return _LONG.sub(_mask_long, piece)


def _mask_long(match: re.Match[str]) -> str:
    text = match[0]
    return MASK if re.search("[0-9]", text) and re.search("[A-Za-z]", text) else text


def _quoted(word: str) -> str:
    """The word as a POSIX shell would need it; the mask itself needs no quotes."""
    if word == MASK or _SAFE_WORD.fullmatch(word.replace(MASK, "")):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"
