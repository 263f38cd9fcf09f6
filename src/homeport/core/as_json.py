"""Frozen values → what `json.dumps` takes. The documentation of the values is that of the JSON."""

from dataclasses import fields, is_dataclass
from enum import Enum, IntEnum
from typing import Any

from homeport.core.address import Address


def as_json(value: Any) -> Any:
    """Addresses as `ip:port`, an enum by its value, a ranked one by its name in lower case."""
    match value:
        case Address():
            return str(value)
        case IntEnum():
            return value.name.lower()
        case Enum():
            return value.value
        case dict():
            return {str(key): as_json(item) for key, item in value.items()}
        case range():
            return [value.start, value.stop - 1]
        case tuple() | list() | frozenset():
            return [as_json(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value
