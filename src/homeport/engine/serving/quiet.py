"""A logger that says nothing, for what uvicorn would say and we say better."""

import logging

QUIET = logging.Logger("homeport.quiet", level=logging.CRITICAL + 1)
