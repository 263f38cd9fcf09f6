"""Whether a service manager has started us: asked before any process is started."""

import os

TYPE_CHECKING = False  # what `typing.TYPE_CHECKING` is, without importing typing
if TYPE_CHECKING:
    from homeport.engine.service_manager import ServiceManager

_SIGNS = ("LISTEN_FDS", "NOTIFY_SOCKET", "WATCHDOG_USEC")


def from_service_manager() -> "ServiceManager | None":
    """Its wishes, taken out of the environment so that no worker and no program of it has them."""
    if not any(name in os.environ for name in _SIGNS):
        return None
    from homeport.core.inherited import VARIABLES
    from homeport.engine.inherited_sockets import keep_from_children
    from homeport.engine.service_manager import ServiceManager

    told = {name: os.environ.pop(name) for name in VARIABLES if name in os.environ}
    keep_from_children(told)
    return ServiceManager.of(told)
