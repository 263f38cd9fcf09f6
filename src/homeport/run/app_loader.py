"""Importing the app, in the worker: from a name to an ASGI callable, or to a `Failure`."""

import difflib
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from homeport.core.appref import NAMES
from homeport.core.errors import HomeportError
from homeport.core.failure import Failure, FailureKind
from homeport.core.wire import Job
from homeport.run.failure_report import failure_of


class AppLoadError(Exception):
    """The app is not there or does not load; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.summary)
        self.failure = failure


def load_app(job: Job) -> Any:
    """The ASGI app the job names. Raises AppLoadError."""
    module = _import(job)
    found = _find(module, job)
    if job.factory:
        return _built(found, job)
    _check(found, job)
    return found


def _import(job: Job) -> ModuleType:
    try:
        return importlib.import_module(job.module)
    except ModuleNotFoundError as error:
        if error.name and (job.module + ".").startswith(error.name + "."):
            raise AppLoadError(_module_missing(job, error.name)) from None
        steps = (f"install what provides it, for instance:  pip install {error.name}",)
        raise AppLoadError(_import_failed(job, error, steps if error.name else ())) from None
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # SystemExit too: `exit()` in a module must not end us silently
        raise AppLoadError(_import_failed(job, error, ())) from None


def _import_failed(job: Job, error: BaseException, steps: tuple[str, ...]) -> Failure:
    if isinstance(error, HomeportError):
        return failure_of(
            error,
            FailureKind.IMPORT,
            error.message,
            project=job.project,
            next_steps=error.next_steps,
        )
    what = "has a syntax error" if isinstance(error, SyntaxError) else "cannot be imported"
    if isinstance(error, ModuleNotFoundError):
        what = f"imports {error.name}, which is not installed"
    return failure_of(
        error,
        FailureKind.IMPORT,
        f"{job.module} {what}.",
        project=job.project,
        next_steps=steps,
    )


def _module_missing(job: Job, missing: str) -> Failure:
    parent, _, last = missing.rpartition(".")
    where = list(sys.modules[parent].__path__) if parent in sys.modules else list(job.sys_path)
    there = [module.name for module in pkgutil.iter_modules(where)]
    close = difflib.get_close_matches(last, there, n=3)
    guesses = tuple(f"did you mean {parent + '.' if parent else ''}{name}?" for name in close)
    place = parent or (job.sys_path[0] if job.sys_path else "sys.path")
    return Failure(
        kind=FailureKind.MODULE_MISSING,
        summary=f"There is no module {missing!r} in {place}.",
        next_steps=(*guesses, "from another folder:  homeport --app-dir DIR module:app"),
    )


def _find(module: ModuleType, job: Job) -> Any:
    if job.attribute is None:
        return _guess(module, job)
    found: Any = module
    for part in job.attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise AppLoadError(_attribute_missing(found, part, job)) from None
    return found


def _attribute_missing(owner: object, name: str, job: Job) -> Failure:
    close = difflib.get_close_matches(name, [n for n in dir(owner) if n[:1] != "_"], n=3)
    apps = [n for n, value in vars(owner).items() if _is_fastapi(value)]
    names = dict.fromkeys([*apps, *close])
    return Failure(
        kind=FailureKind.ATTRIBUTE_MISSING,
        summary=f"{job.module} has no {name!r}.",
        next_steps=tuple(f"did you mean {job.module}:{n}?" for n in names)
        or (f"name the object that is the app:  homeport {job.module}:NAME",),
    )


def _guess(module: ModuleType, job: Job) -> Any:
    """`app` or `api` if it is there, else the first FastAPI instance."""
    names = [name for name in NAMES if callable(getattr(module, name, None))]
    names += [name for name, value in vars(module).items() if _is_fastapi(value)]
    if names:
        return getattr(module, names[0])
    raise AppLoadError(
        Failure(
            kind=FailureKind.ATTRIBUTE_MISSING,
            summary=f"{job.module} has neither {' nor '.join(NAMES)}, and no FastAPI instance.",
            next_steps=(
                f"name the object that is the app:  homeport {job.module}:NAME",
                f"a function that returns it:  homeport {job.module}:create_app --factory",
            ),
        )
    )


def _is_fastapi(value: object) -> bool:
    return any(
        kind.__name__ == "FastAPI" and kind.__module__.partition(".")[0] == "fastapi"
        for kind in type(value).__mro__
    )


def _built(factory: Any, job: Job) -> Any:
    name = f"{job.module}:{job.attribute}"
    try:
        app = factory()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        failure = failure_of(error, FailureKind.FACTORY, f"{name}() raised.", project=job.project)
        raise AppLoadError(failure) from None
    _check(app, job, built=True)
    return app


def _check(app: Any, job: Job, *, built: bool = False) -> None:
    """Tell apart what cannot be served before a request finds out."""
    name = f"{job.module}:{job.attribute}" if job.attribute else job.module
    what = f"{name}() returned" if built else f"{name} is"
    kind = type(app).__name__
    if not callable(app):
        _not_asgi(f"{what} a {kind}, not an ASGI app: it cannot be called.")
    if hasattr(app, "wsgi_app"):
        _not_asgi(
            f"{what} a WSGI app ({kind}); homeport serves ASGI apps.",
            "pip install a2wsgi, then:  app = a2wsgi.WSGIMiddleware(app)",
        )
    count = positional_arguments(app)
    if count == 0 and not built:
        _not_asgi(
            f"{what} a function without arguments: it looks like a factory.",
            f"homeport {name} --factory",
        )
    if count is not None and count not in (1, 3):
        _not_asgi(f"{what} called with {count} arguments; ASGI has three: scope, receive, send.")


def _not_asgi(summary: str, *steps: str) -> None:
    steps = steps or ("an ASGI app is, for instance:  app = fastapi.FastAPI()",)
    failure = Failure(kind=FailureKind.NOT_ASGI, summary=summary, next_steps=steps)
    raise AppLoadError(failure)


def positional_arguments(app: Callable[..., object]) -> int | None:
    """How many positional arguments the app takes; None when that cannot be told.

    Three: ASGI 3. One: ASGI 2, a callable that returns another.
    """
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = [parameter.kind for parameter in parameters]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [
        p for p in parameters if p.kind in positional and p.default is inspect.Parameter.empty
    ]
    return len(required)


def docs_path(app: object, root_path: str) -> str | None:
    """Where the app shows its API, when it says so (FastAPI's `docs_url`)."""
    docs = getattr(app, "docs_url", None)
    has_schema = getattr(app, "openapi_url", None)
    return root_path.rstrip("/") + docs if isinstance(docs, str) and has_schema else None
