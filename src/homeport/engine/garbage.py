"""When Python looks for garbage in a worker.

Imports make many objects and little garbage: to look for it meanwhile costs a tenth of the start.
"""

import gc

_AS_USUAL = gc.get_threshold()
_WHILE_LOADING = (100_000, 50, 100)


def hardly_collect() -> None:
    """From the first import until the app is loaded."""
    gc.set_threshold(*_WHILE_LOADING)


def collect_as_usual() -> None:
    """What is loaded stays: never look through it again."""
    gc.freeze()
    if gc.get_threshold() == _WHILE_LOADING:  # else the app has chosen its own
        gc.set_threshold(*_AS_USUAL)
