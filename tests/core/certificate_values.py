"""A CA for tests that need only its words."""

from homeport.core.certificates import CANews, LocalCA


def a_ca(ca_id: str = "3f9a12c4", news: CANews = CANews.KNOWN) -> LocalCA:
    return LocalCA(
        id=ca_id,
        name=f"homeport local CA (box) {ca_id}",
        pem="-----BEGIN CERTIFICATE-----\nMIIB\nAbCd\n-----END CERTIFICATE-----\n",
        der=b"der",
        fingerprint="0a1b2c3d" * 8,
        thumbprint="aa" * 20,
        until=1_857_600_000.0,
        path="/home/ada/.local/state/homeport/homeport-ca.crt",
        news=news,
    )
