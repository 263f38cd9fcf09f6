"""Why a certificate cannot be made or used: what was wanted, what was found, what to type."""

from homeport.core.certificates import day
from homeport.core.errors import HomeportError, UsageError
from homeport.core.shell_words import quoted


def unsafe(path: str, found: str, *steps: str) -> HomeportError:
    """The key of the CA is not ours alone, so it is not used."""
    return HomeportError(
        f"{path} holds the key of the local certificate authority and must be yours alone, "
        f"but {found}.",
        code="unsafe-key",
        next_steps=steps,
        facts={"path": path},
    )


def damaged(path: str) -> HomeportError:
    """There is a CA, but it cannot be read as one; it is never overwritten."""
    return HomeportError(
        f"{path} is not the key and certificate that homeport has written: it is damaged.",
        code="damaged-ca",
        next_steps=(
            f"to begin anew:  mv {quoted(path)} {quoted(path + '.damaged')}",
            "devices that trusted the old one have to trust the new one then",
        ),
        facts={"path": path},
    )


def not_kept(path: str, reason: str) -> HomeportError:
    """The file system does not let us keep the CA."""
    return HomeportError(
        f"The local certificate authority cannot be kept in {path}: {reason}.",
        code="ca-not-kept",
        next_steps=(
            "another folder:  export XDG_STATE_HOME=/a/folder/of/yours",
            "or bring a certificate:  --tls-cert FILE --tls-key FILE",
        ),
        facts={"path": path},
    )


def outside(left_out: tuple[str, ...]) -> UsageError:
    """Names that our CA may not vouch for."""
    return UsageError(
        f"homeport's certificates are for names under .localhost and .local and for private "
        f"addresses only, not for {', '.join(left_out)}.",
        code="name-not-permitted",
        next_steps=("with a certificate of your own:  --tls-cert FILE --tls-key FILE",),
        facts={"names": list(left_out)},
    )


def nothing_to_name() -> UsageError:
    """A certificate without a single name."""
    return UsageError(
        "A certificate needs a name or an address to be for.",
        code="no-names",
        next_steps=("homeport --name NAME",),
    )


def given(path: str, flag: str, found: str, *steps: str) -> UsageError:
    """A file of `--tls-cert` or `--tls-key` that cannot be used."""
    return UsageError(
        f"{path} ({flag}) cannot be used: {found}.",
        code="bad-certificate",
        next_steps=steps or (f"look at it:  openssl x509 -noout -text -in {quoted(path)}",),
        facts={"path": path, "flag": flag},
    )


def unreadable(path: str, flag: str, reason: str) -> UsageError:
    """A file of `--tls-cert` or `--tls-key` that the system does not give us."""
    return given(
        path, flag, reason[:1].lower() + reason[1:], f"may you read it:  ls -l {quoted(path)}"
    )


def encrypted(path: str) -> UsageError:
    """A key with a passphrase: a server that restarts by itself cannot ask for it."""
    return given(
        path,
        "--tls-key",
        "the key is encrypted, and homeport never asks for a passphrase",
        "a key without one:  (umask 077; openssl pkey "
        f"-in {quoted(path)} -out {quoted(path + '.plain')})",
    )


def expired(path: str, until: float) -> UsageError:
    """Past its end."""
    return given(path, "--tls-cert", f"it expired on {day(until)}", "renew it and try again")


def not_yet(path: str, since: float) -> UsageError:
    """Before its begin."""
    return given(
        path, "--tls-cert", f"it is valid from {day(since)} on", "is the clock right:  date"
    )


def not_a_pair(cert: str, key: str) -> UsageError:
    """The certificate is for another key."""
    return given(
        key,
        "--tls-key",
        f"it is not the key of {cert}",
        f"of the certificate:  openssl x509 -noout -pubkey -in {quoted(cert)}",
        f"of the key:  openssl pkey -pubout -in {quoted(key)}",
    )
