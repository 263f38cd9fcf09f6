"""A word as a POSIX shell reads it back; `shlex` reads files and is not for this floor."""

import re


def quoted(word: str) -> str:
    """The word as it is, or in single quotes."""
    if re.fullmatch(r"[A-Za-z0-9_@%+=:,./-]+", word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"
