"""An nftables ruleset as frozen values, made only for one question: may a TCP packet come in?

Whatever is not understood is `Perhaps` (it may or may not match) or ANYTHING (it may do anything):
never left out.
"""

from dataclasses import dataclass
from enum import Enum


class Field(Enum):
    """What a test looks at.

    FAMILY is 4 or 6, ports and addresses are numbers, the others are names: `tcp` or `ipv6-icmp`
    for TRANSPORT, `nd-neighbor-solicit` for ICMP_TYPE (of ICMPv6).
    """

    FAMILY = "family"
    TRANSPORT = "transport"
    ICMP_TYPE = "icmp type"
    SOURCE = "source"
    DESTINATION = "destination"
    SPORT = "source port"
    DPORT = "destination port"
    IIF = "incoming interface"
    OIF = "outgoing interface"
    STATE = "connection tracking state"


Span = tuple[int, int]
"""The first and the last number of a range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """Whether a field is one of `spans` or `names` (a name may end in `*`), or is none of them."""

    __test__ = False  # for pytest, which takes it for a test of ours

    field: Field
    spans: tuple[Span, ...] = ()
    names: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Perhaps:
    """A condition that we do not understand."""


class Kind(Enum):
    """Where a rule sends a packet. RETURN: back to the calling chain, or to the policy."""

    ACCEPT = "accept"
    DROP = "drop"
    CONTINUE = "continue"
    RETURN = "return"
    JUMP = "jump"
    GOTO = "goto"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """A verdict; `target` is the chain of a JUMP or GOTO."""

    kind: Kind
    target: str = ""


Condition = Test | Perhaps


@dataclass(frozen=True, slots=True)
class Choice:
    """A verdict map: at most one of the branches is taken, else the rule does not match."""

    branches: tuple[tuple[tuple[Condition, ...], Go], ...]


Step = Condition | Go | Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """`hook` is None for a chain that is only jumped to.

    `drops` is the policy. `perhaps`: its table has flags, so it may be asleep (`dormant`).
    """

    family: str
    table: str
    name: str
    hook: str | None = None
    priority: int = 0
    nat: bool = False
    drops: bool = False
    perhaps: bool = False
    rules: tuple[tuple[Step, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A rule that sends packets to another destination; None: the same, or not understood."""

    ip: str | None
    port: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """All tables. `untracked`: some rule switches connection tracking off.

    `broken`: the text was not what nft prints, so nothing follows from the rest.
    """

    chains: tuple[Chain, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    untracked: bool = False
    broken: bool = False
