"""The packet filter of Linux's nftables, for those who may read it (CAP_NET_ADMIN).

The kernel is asked first whether any chain is hooked in: mostly there is none, and then no program
is needed. Else `nft` prints the rules; `core/nft_json` reads them. iptables-nft writes its rules
into nftables too; the older iptables does not, and is only noticed by its loaded tables.

Not seen by anybody who reads rules: eBPF and XDP programs, traffic control, IPsec policies.
"""

import errno
import os
import shutil
import subprocess
from pathlib import Path

from homeport.core.nft_json import parse
from homeport.core.ruleset import Ruleset
from homeport.host.netlink import Dump, attributes, dump

_NETFILTER = 12  # NETLINK_NETFILTER
_GET_CHAINS = 10 << 8 | 4  # NFNL_SUBSYS_NFTABLES, NFT_MSG_GETCHAIN (linux/netfilter/nf_tables.h)
_ALL_FAMILIES = bytes(4)  # struct nfgenmsg
_HOOK = 4  # NFTA_CHAIN_HOOK: only a base chain has it
_SECONDS = 5
_SBIN = ":/usr/sbin:/sbin"
_LEGACY = ("proc/net/ip_tables_names", "proc/net/ip6_tables_names", "proc/net/arp_tables_names")

NEEDS_ROOT = "its rules need administrator rights to read"


def ruleset(ask: Dump = dump) -> tuple[Ruleset | None, str]:
    """All rules of our network namespace and "", or None and the phrase why they are not known."""
    try:
        chains = ask(_NETFILTER, _GET_CHAINS, _ALL_FAMILIES)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            return None, NEEDS_ROOT
        return None, f"the kernel did not tell its rules ({os.strerror(error.errno or 0)})"
    if not any(_HOOK in attributes(chain, len(_ALL_FAMILIES)) for chain in chains):
        return Ruleset(), ""
    return _printed()


def _printed() -> tuple[Ruleset | None, str]:
    program = shutil.which("nft", path=os.environ.get("PATH", "") + _SBIN)
    if program is None:
        return None, "there are rules, and the program nft that shows them is not installed"
    try:
        done = subprocess.run(
            [program, "-j", "list", "ruleset"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None, "there are rules, and nft did not show them"
    return parse(done.stdout.decode("utf-8", "replace")), ""


def legacy(root: Path) -> tuple[str, ...]:
    """The filters of the older iptables that are loaded; root only, else nothing is known."""
    for name in _LEGACY:
        try:
            if (root / name).read_text("ascii").split():
                return ("iptables (legacy)",)
        except OSError:
            continue
    return ()
