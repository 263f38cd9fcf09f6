"""`--env-file`: variables for the app, by the rules of python-dotenv."""

import os


def load(path: str) -> None:
    """What is set already stays. OSError when the file is not there any more."""
    from dotenv import dotenv_values

    os.stat(path)  # dotenv takes a missing file for an empty one
    for name, value in dotenv_values(path).items():
        if value is not None:
            os.environ.setdefault(name, value)
