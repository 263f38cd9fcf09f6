"""How a server proves over its port that it is the one in the registry.

Whoever took a recorded port can answer requests, but has not read the secret in `<name>.key`,
which only its user may read. The port is part of what is proven: a squatter that passes the
question on to the real server, which is on another port by then, gets a proof of that other port.
"""

import hashlib
import hmac

PATH = "/.well-known/homeport"
"""Where it is asked, with `?nonce=…`; the answer is JSON with a `proof`."""
NONCE_BYTES = 16
"""Of a question; in hex on the wire."""


def prove(secret: bytes, *, instance: str, port: int, nonce: str) -> str:
    """The answer to a nonce, asked on `port` of the server: HMAC-SHA256 (RFC 2104) in hex."""
    said = "\n".join(("homeport-proof-1", instance, str(port), nonce))
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()


def is_proven(answer: str, secret: bytes, *, instance: str, port: int, nonce: str) -> bool:
    """Whether the answer is the right one; takes as long for a wrong one."""
    right = prove(secret, instance=instance, port=port, nonce=nonce)
    return hmac.compare_digest(answer.encode(errors="replace"), right.encode())
