"""How systemd reads a unit file, from its manual: systemd.syntax(7), systemd.service(5).

Written from the rules and not from our writer, so that the two can disagree.
"""

import re

_SPECIFIERS = re.compile(r"%(.)")


def exec_words(line: str) -> list[str]:
    """The words of an `ExecStart=`, after quotes, specifiers and variables."""
    plain = False
    words = _split(line.strip(" \t"))
    if words[0].startswith(":"):
        plain, words[0] = True, words[0][1:]
    assert words[0].startswith("/"), words[0]
    assert not re.search(r"[\"'\\]", _unspecified(words[0])), "special characters in its name"
    words = [_unspecified(word) for word in words]
    assert plain or not any("$" in word for word in words), "a variable"
    return words


def working_directory(unit: str) -> str:
    """Its `WorkingDirectory=`, joined over lines that end in a backslash."""
    joined = re.sub(r"\\\n", " ", unit)
    (line,) = (each for each in joined.split("\n") if each.startswith("WorkingDirectory="))
    path = _unspecified(line.partition("=")[2].strip(" \t"))
    return re.sub(r"/+$", "", path)


def _unspecified(text: str) -> str:
    def literal(match: re.Match[str]) -> str:
        assert match[1] == "%", f"a specifier: {match[0]}"
        return "%"

    assert not re.search(r"(?<!%)(%%)*%$", text), "ends in half a specifier"
    return _SPECIFIERS.sub(literal, text)


def _split(line: str) -> list[str]:
    words: list[str] = []
    word, quote, at, begun = "", "", 0, False
    while at < len(line):
        character = line[at]
        if character == "\\":
            at += 1
            assert line[at] in "\\\"'", f"an escape: {line[at]}"
            word, begun = word + line[at], True
        elif quote:
            quote, word = ("", word) if character == quote else (quote, word + character)
        elif character in "\"'":
            quote, begun = character, True
        elif character == " ":
            words, word, begun = [*words, word] if begun else words, "", False
        else:
            word, begun = word + character, True
        at += 1
    assert not quote, "a quote is not closed"
    return [*words, word] if begun else words
