"""Frozen values with named fields, like frozen dataclasses, whose making costs next to nothing.

`@dataclass` writes and compiles six methods per class, 0.3 ms when the module is imported: too much
for two dozen kinds of messages on the way to the first answer. Here all kinds share their methods.

What `dataclasses` offers (`replace`, `asdict`, `fields`) does not know them, though mypy thinks so.
"""

from typing import Any, ClassVar, NoReturn, Self, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """A subclass lists its fields as annotations, with defaults that cannot be changed."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(cls.__annotations__)
        cls._names = frozenset(cls._fields)
        cls._defaults = {name: vars(cls)[name] for name in cls._fields if name in vars(cls)}

    def __init__(self, **values: Any) -> None:
        """TypeError for a field that is missing, or that there is not."""
        if values.keys() != self._names:
            values = self._defaults | values
            if values.keys() != self._names:
                names = ", ".join(sorted(values.keys() ^ self._names))
                raise TypeError(f"{type(self).__name__}: missing or unknown: {names}")
        self.__dict__.update(values)

    def to_dict(self) -> dict[str, Any]:
        """Field → value."""
        return {name: self.__dict__[name] for name in self._fields}

    def replaced(self, **values: Any) -> Self:
        """The same with other values of these fields. TypeError as when it is made."""
        return type(self)(**{**self.__dict__, **values})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.to_dict().values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.to_dict().items())
        return f"{type(self).__name__}({values})"
