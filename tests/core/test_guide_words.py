"""What is said about a device that does not trust us yet."""

import pytest

from homeport.core.guide_words import TrustGuide, distrusts, does_not_trust

URL = "http://192.168.1.20:8000"


def test_the_guide_has_the_address_and_the_whole_fingerprint() -> None:
    lines = TrustGuide(url=URL, fingerprint="0123456789abcdef" * 4).lines
    assert URL in lines[0]
    assert "".join(lines[2:]).replace(" ", "") == "0123456789ABCDEF" * 4


@pytest.mark.parametrize(
    ("reason", "is_distrust"),
    [
        ("TLSV1_ALERT_UNKNOWN_CA", True),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", True),
        ("SSLV3_ALERT_BAD_CERTIFICATE", True),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", False),
        ("NO_SHARED_CIPHER", False),
        ("timeout", False),
        ("closed", False),
    ],
)
def test_only_distrust_is_taken_for_it(reason: str, is_distrust: bool) -> None:
    assert distrusts(reason) is is_distrust


def test_the_hint_names_the_device_and_what_to_open_on_it() -> None:
    assert does_not_trust("192.168.1.34", URL).startswith("192.168.1.34 does not trust")
    assert does_not_trust("192.168.1.34", URL).endswith(URL)
