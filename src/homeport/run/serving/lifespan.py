"""The app's startup and shutdown."""

import sys
from typing import Any

from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn


class Lifespan(LifespanOn):
    """uvicorn's lifespan, which also keeps what went wrong.

    `error` is the exception of a failed startup where it is known, `message` what the app said.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.error: BaseException | None = None
        self.message = ""

    async def send(self, message: Any) -> None:
        """The app's answer; frameworks send it from inside their `except` block."""
        if message["type"].endswith(".failed"):
            self.error = sys.exception()
            self.message = message.get("message", "")
            message = {"type": message["type"]}
        await super().send(message)
