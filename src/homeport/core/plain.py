"""Text from strangers as one harmless line: no terminal tricks, nothing invisible."""

import re

# ECMA-48 control sequences, and control strings (OSC, DCS, ...) when they are terminated. An
# unterminated string loses only its introducer: the text behind it must stay visible.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_SPACE = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# C0, DEL, C1; soft hyphen; bidi marks, embeddings, overrides and isolates (UAX #9); zero-width and
# other invisible format characters; tag characters.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")  # bytes that were not UTF-8: print() would raise


def plain(text: str) -> str:
    """`text` on one line, without control characters, escapes, bidi overrides, invisible marks."""
    text = _SPACE.sub(" ", _ESCAPE.sub("", text))
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _INVISIBLE.sub("", text))


def plain_line(text: str) -> str:
    """`plain`, with the indentation kept: a line of a traceback."""
    return text[: len(text) - len(text.lstrip(" "))] + plain(text.lstrip(" "))
