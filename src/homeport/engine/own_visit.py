"""A connection from this computer to an address of its own, for the doctor.

It shows that the server answers there, and nothing about other devices: it never crosses a network.
"""

import re
import ssl
import time

from homeport.core.address import Address
from homeport.core.doctor import OwnVisit
from homeport.host.one_request import answer

PATIENCE = 2.0
"""Seconds for all of it."""
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])\b")
_LONGEST = 4096


def visit(address: Address, *, tls: bool, patience: float = PATIENCE) -> OwnVisit:
    """`HEAD /`, and the status of the answer. Never raises."""
    request = f"HEAD / HTTP/1.1\r\nHost: {address}\r\nUser-Agent: homeport\r\nConnection: close\r\n"
    data = b""
    try:
        for more in answer(address, f"{request}\r\n", time.monotonic() + patience, tls=tls):
            data += more
            if len(data) >= _LONGEST or b"\n" in data:
                break
    except ConnectionRefusedError:
        return OwnVisit(error="refused")
    except TimeoutError:
        return OwnVisit(error="timeout")
    except ssl.SSLError as error:
        return OwnVisit(error=f"TLS failed ({error.reason or error})")
    except OSError as error:
        return OwnVisit(error=error.strerror or str(error))

    found = _STATUS.match(data)
    return OwnVisit(status=int(found[1])) if found else OwnVisit(error="no-http")
