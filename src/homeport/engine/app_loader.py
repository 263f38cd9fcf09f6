"""Importing the app, in the worker: from a name to an ASGI callable, or to a `Failure`."""

import difflib
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from homeport.core.appref import NAMES
from homeport.core.errors import HomeportError
from homeport.core.failure import Failure, FailureKind
from homeport.core.wire import Job
from homeport.engine import missing
from homeport.engine.failure_report import failure_of


class AppLoadError(Exception):
    """The app is not there or does not load; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.summary)
        self.failure = failure


def load_app(job: Job) -> Any:
    """The ASGI app the job names. Raises AppLoadError."""
    module = _import(job)
    name, found = _find(module, job)
    if job.factory:
        return _built(found, name, job)
    if objection := _objection(found, name, f"homeport {name} --factory"):
        raise AppLoadError(objection)
    return found


def _import(job: Job) -> ModuleType:
    try:
        return importlib.import_module(job.module)
    except ModuleNotFoundError as error:
        if error.name and (job.module + ".").startswith(error.name + "."):
            raise AppLoadError(_module_missing(job, error.name)) from None
        raise AppLoadError(_import_failed(job, error)) from None
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # SystemExit too: `exit()` in a module must not end us silently
        raise AppLoadError(_import_failed(job, error)) from None


def _import_failed(job: Job, error: BaseException) -> Failure:
    summary, steps = f"{job.module} cannot be imported.", missing.import_steps(error)
    match error:
        case HomeportError():
            summary, steps = error.message, error.next_steps
        case SyntaxError(filename=str(file)):
            summary = f"{os.path.basename(file)} has a syntax error in line {error.lineno}."
        case ModuleNotFoundError(name=str(name)):
            summary = f"{job.module} cannot be imported: there is no module {name!r}."
        case SystemExit():
            summary = f"{job.module} ended the program while it was imported."
        case _:
            pass
    return failure_of(error, FailureKind.IMPORT, summary, project=job.project, next_steps=steps)


def _module_missing(job: Job, name: str) -> Failure:
    parent, _, _ = name.rpartition(".")
    steps = tuple(
        f"did you mean:  homeport {close}:{job.attribute or NAMES[0]}"
        for close in missing.nearest_modules(name, job.sys_path)
    )
    if not parent:
        place = job.sys_path[0] if job.sys_path else "sys.path"
        summary = f"There is no module {name!r} in {place}."
        steps += ("from another folder:  homeport --app-dir DIR module:app",)
    elif not hasattr(sys.modules.get(parent), "__path__"):
        summary = f"There is no module {name!r}: {parent} is a module, not a package."
        steps = (f"an object in {parent}:  homeport {parent}:{name[len(parent) + 1 :]}",)
    else:
        summary = f"There is no module {name!r}."
    return Failure(kind=FailureKind.MODULE_MISSING, summary=summary, next_steps=steps)


def _find(module: ModuleType, job: Job) -> tuple[str, Any]:
    """The object, and how to name it to people."""
    if job.attribute is None:
        return _guess(module, job)
    found: Any = module
    name = job.module + ":"
    for part in job.attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise AppLoadError(_attribute_missing(found, name, part)) from None
        name += part + "."
    return f"{job.module}:{job.attribute}", found


def _attribute_missing(owner: object, before: str, name: str) -> Failure:
    """`before` is how the owner was reached: `main:` or `main:shop.`."""
    close = difflib.get_close_matches(name, [n for n in dir(owner) if n[:1] != "_"], n=3)
    apps = [n for n, value in getattr(owner, "__dict__", {}).items() if _is_fastapi(value)]
    return Failure(
        kind=FailureKind.ATTRIBUTE_MISSING,
        summary=f"{before[:-1]} has no {name!r}.",
        next_steps=tuple(
            f"did you mean:  homeport {before}{n}" for n in dict.fromkeys([*apps, *close])
        )
        or (f"name the object that is the app:  homeport {before}NAME",),
    )


def _guess(module: ModuleType, job: Job) -> tuple[str, Any]:
    """`app` or `api` if it is there, else the first FastAPI instance."""
    names = [name for name in NAMES if callable(getattr(module, name, None))]
    names += [name for name, value in vars(module).items() if _is_fastapi(value)]
    if names:
        return f"{job.module}:{names[0]}", getattr(module, names[0])
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


def prepared(app: Any, job: Job) -> Any:
    """An app object as it was given to `run()` or `serve()`, or what it builds. AppLoadError."""
    name = type(app).__name__
    if job.factory:
        return _built(app, getattr(app, "__name__", name), job)
    if objection := _objection(app, "The app that was given", "factory=True"):
        raise AppLoadError(objection)
    return app


def _built(factory: Any, name: str, job: Job) -> Any:
    if not callable(factory):
        raise AppLoadError(_not_asgi(f"{name} is {_a(factory)}, not a function."))
    if count := positional_arguments(factory):
        arguments = f"{count} argument{'s' if count > 1 else ''}"
        step = f"if it is the app itself:  homeport {name}"
        raise AppLoadError(_not_asgi(f"{name} takes {arguments}; a factory takes none.", step))
    try:
        app = factory()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        summary = f"{name}() raised an error instead of returning the app."
        failure = failure_of(error, FailureKind.FACTORY, summary, project=job.project)
        raise AppLoadError(failure) from None
    ends = "it must end with:  return app"
    if objection := _objection(app, f"What {name}() returns", ends):
        steps = objection.next_steps if callable(app) else (ends,)
        if inspect.iscoroutine(app):
            app.close()  # else Python warns that it was never awaited
            steps = ("it must be a plain function:  def, not async def",)
        # The name is right and a save may mend the code, so this is not `names_no_app`.
        raise AppLoadError(objection.replaced(kind=FailureKind.FACTORY, next_steps=steps))
    return app


def _objection(app: Any, name: str, built: str) -> Failure | None:
    """Tell apart what cannot be served before a request finds out; `built`: how it would be."""
    if not callable(app):
        return _not_asgi(f"{name} is {_a(app)}, not an ASGI app.")
    count = positional_arguments(app)
    if hasattr(app, "wsgi_app") or (count == 2 and not _is_async(app)):
        return _not_asgi(
            f"{name} looks like a WSGI app ({type(app).__name__}); homeport serves ASGI apps.",
            "to wrap it:  pip install a2wsgi, then  app = a2wsgi.WSGIMiddleware(app)",
        )
    if count == 0:
        return _not_asgi(
            f"{name} takes no arguments, so it is not an ASGI app; it looks like a factory.",
            built,
        )
    if count in (None, 1, 3):
        return None
    return _not_asgi(f"{name} takes {count} arguments; ASGI has three: scope, receive, send.")


def _is_async(app: Any) -> bool:
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)


def _not_asgi(summary: str, *steps: str) -> Failure:
    steps = steps or ("an ASGI app is, for instance:  app = fastapi.FastAPI()",)
    return Failure(kind=FailureKind.NOT_ASGI, summary=summary, next_steps=steps)


def _a(value: object) -> str:
    """`an int`, `a list`, `None`."""
    if value is None:
        return "None"
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


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


def docs_path(app: object) -> str | None:
    """Where the app shows its API, when it says so (FastAPI's `docs_url`).

    Without the root path: that is what a proxy in front has removed, and we are behind it.
    """
    docs = getattr(app, "docs_url", None)
    has_schema = getattr(app, "openapi_url", None)
    return docs if isinstance(docs, str) and has_schema else None
