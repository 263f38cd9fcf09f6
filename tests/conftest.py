"""How the whole suite is run."""

import os
import signal

import pytest

for name in ("COLUMNS", "LINES"):  # pytest-xdist sets them; terminals of the tests have a size
    os.environ.pop(name, None)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # `make test &` in a script
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are CPUs: most tests wait for processes most of the time."""
    return (os.cpu_count() or 1) + 1
