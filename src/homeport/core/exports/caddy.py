"""A site for Caddy, which serves it as https://NAME.localhost with its own local CA.

It passes Host on as it came, and `<name>.localhost` is one of the server's own names.
"""

from homeport.core.address import LOOPBACK, WILDCARD, Address
from homeport.core.exports.launch import Launch

_OWN = dict(zip(WILDCARD, LOOPBACK, strict=True))


def site(launch: Launch) -> str:
    """A block of a Caddyfile."""
    first = launch.addresses[0]
    upstream = str(Address(ip=_OWN.get(first.ip, first.ip), port=first.port))
    host = f"{launch.name}.localhost"
    lines = [f"# Caddyfile, then:  caddy run   and open  https://{host}"]
    if not launch.trusts_proxy:
        lines += [
            "# The app believes that it is asked by http, from this computer, until the server is",
            "# started with:  --trust-proxy 127.0.0.1",
        ]
    if launch.tls:
        lines += [
            f"{host} {{",
            f"\treverse_proxy https://{upstream} {{",
            "\t\ttransport http {",
            "\t\t\ttls_insecure_skip_verify",
            "\t\t}",
            "\t}",
            "}",
        ]
    else:
        lines += [f"{host} {{", f"\treverse_proxy {upstream}", "}"]
    return "\n".join(lines) + "\n"
