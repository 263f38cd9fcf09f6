"""The app's startup and shutdown."""

import sys
from typing import Any

from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn

from homeport.engine.serving.quiet import QUIET


class Lifespan(LifespanOn):
    """uvicorn's lifespan, which keeps what went wrong instead of telling it in many lines.

    `error` is the exception of a failed startup where it is known, `message` what the app said.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._logger, self.logger = self.logger, QUIET
        self.error: BaseException | None = None
        self.message = ""

    async def send(self, message: Any) -> None:
        """The app's answer; frameworks send it from inside their `except` block."""
        if message["type"].endswith(".failed"):
            self.error = sys.exception()
            self.message = message.get("message", "")
            if "shutdown" in message["type"]:
                self._logger.error("The app's shutdown failed.", exc_info=self.error)
            message = {"type": message["type"]}
        await super().send(message)
