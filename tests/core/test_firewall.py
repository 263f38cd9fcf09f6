"""What the front ends' own texts tell."""

import pytest

from homeport.core.firewall import FirewallHint, FrontEnd, macos, ufw, windows

UFW_CONF = """# /etc/ufw/ufw.conf
#

# Set to yes to start on boot.
ENABLED={}

LOGLEVEL=low
"""
UFW_DEFAULTS = """IPV6=yes
DEFAULT_INPUT_POLICY="{}"
DEFAULT_OUTPUT_POLICY="ACCEPT"
"""


@pytest.mark.parametrize(
    ("enabled", "policy", "on", "denies"),
    [
        ("yes", "DROP", True, True),
        ("no", "REJECT", False, True),
        ("YES", "ACCEPT", True, False),
        ("", "", None, None),
        ("perhaps", "ODD", None, None),
    ],
)
def test_ufw(enabled: str, policy: str, on: bool | None, denies: bool | None) -> None:
    hint = ufw(UFW_CONF.format(enabled), UFW_DEFAULTS.format(policy))
    assert hint == FirewallHint(front_end=FrontEnd.UFW, on=on, denies=denies)


def test_what_is_commented_out_or_missing_says_nothing() -> None:
    assert ufw("#ENABLED=yes\n", "").on is None


@pytest.mark.parametrize(
    ("state", "block", "on", "denies"),
    [
        ("Firewall is enabled. (State = 1)", "Block all DISABLED!", True, None),
        ("Firewall is disabled. (State = 0)", "Block all DISABLED!", False, None),
        ("Firewall is enabled. (State = 2)", "", True, True),
        ("Firewall is enabled. (State = 1)", "Firewall has block all state set to enabled.",
         True, True),
        ("", "", None, None),
    ],
)  # fmt: skip
def test_macos(state: str, block: str, on: bool | None, denies: bool | None) -> None:
    hint = macos(state, block)
    assert hint == FirewallHint(front_end=FrontEnd.MACOS, on=on, denies=denies)


WINDOWS = """
Private Profile Settings:
----------------------------------------------------------------------
State                                 {}
Firewall Policy                       {},AllowOutbound
LocalFirewallRules                    N/A (GPO-store only)
"""


@pytest.mark.parametrize(
    ("state", "policy", "on", "denies"),
    [
        ("ON", "BlockInbound", True, True),
        ("OFF", "BlockInboundAlways", False, True),
        ("ON", "AllowInbound", True, False),
        ("EIN", "Odd", None, None),
    ],
)
def test_windows(state: str, policy: str, on: bool | None, denies: bool | None) -> None:
    hint = windows(WINDOWS.format(state, policy))
    assert hint == FirewallHint(front_end=FrontEnd.WINDOWS, on=on, denies=denies)
