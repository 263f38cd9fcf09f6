"""Sentences for programs that look for servers, and for tests that start them."""

from homeport.core.errors import (
    AppFailedError,
    AppNotFoundError,
    HomeportError,
    NothingThereError,
    NotStoppedError,
    UsageError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from homeport.core.failure import Failure


def not_a_url(value: str, origin: str) -> UsageError:
    """A URL of a server that is none; `origin` says where it is written."""
    return UsageError(
        f"{origin} is {value[:200]!r}, but must be the http or https URL of a server.",
        code="bad-url",
        next_steps=("for example:  http://127.0.0.1:8000",),
        facts={"value": value, "origin": origin},
    )


def not_a_name(value: object) -> UsageError:
    """Such as a setting that was not set."""
    return UsageError(
        f"The name of a server is a text, not {str(value)[:200]!r} ({type(value).__name__}).",
        code="bad-name",
        next_steps=("what runs:  homeport ls",),
    )


def nowhere(name: str) -> NothingThereError:
    """It runs, and has no address."""
    return NothingThereError(
        f"The server {name} runs, but listens on no address.",
        code="no-address",
        next_steps=("what listens here:  homeport ls",),
        facts={"name": name},
    )


def not_proven(name: str, url: str, reason: str) -> NothingThereError:
    """It runs, but what answers on its address from here is not shown to be it."""
    return NothingThereError(
        f"The server {name} runs, but not behind {url} as this program sees it: {reason}.",
        code="not-proven",
        next_steps=(
            "who answers there:  homeport ls",
            "a server in a container or another network namespace is only reached in there",
        ),
        facts={"name": name, "url": url},
    )


def app_failed(failure: "Failure") -> HomeportError:
    """The app does not start: with the whole traceback, for nobody else has seen it."""
    if failure.kind.names_no_app:
        return AppNotFoundError(
            failure.summary, code=failure.kind.value, next_steps=failure.next_steps
        )
    details = (failure.full or failure.error).strip()
    return AppFailedError(
        f"{failure.summary}\n\n{details}\n" if details else failure.summary,
        code=failure.kind.value,
        next_steps=failure.next_steps,
        facts={"failure": failure.to_json()},
    )


def not_started(seconds: float) -> AppFailedError:
    """The app takes too long."""
    return AppFailedError(
        f"The app was not ready within {seconds:g} s.",
        code="not-ready",
        next_steps=("give it more time:  homeport.serve(…, start_timeout=60)",),
        facts={"seconds": seconds},
    )


def not_ended(seconds: float) -> NotStoppedError:
    """A thread cannot be ended from outside."""
    return NotStoppedError(
        f"The app goes on in its thread, {seconds:g} s after it was told to end.",
        code="not-ended",
        next_steps=(
            "what blocks its event loop, or its shutdown?",
            'a process can be ended whatever it does:  homeport.serve("main:app")',
        ),
        facts={"seconds": seconds},
    )


def died(failure: "Failure") -> AppFailedError:
    """The process of the app has ended while it was in use."""
    return AppFailedError(
        f"The app's process has ended while it was in use. {failure.summary}",
        code=failure.kind.value,
        next_steps=failure.next_steps,
    )


def env_file_needs_a_name() -> UsageError:
    """An app object lives in a process whose environment belongs to others too."""
    return UsageError(
        "env_file is for an app in a process of its own, and an app object is served by this one.",
        code="env-file-needs-a-name",
        next_steps=('name the app instead:  homeport.serve("main:app", env_file=".env")',),
    )
