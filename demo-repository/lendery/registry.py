"""A register of named parts, such as exporters, filled by a decorator."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Callable, Generic, Iterator, TypeVar

Part = TypeVar("Part")


class UnknownName(KeyError):
    def __init__(self, name: str, nearest: str | None) -> None:
        super().__init__(name)
        self.name = name
        self.nearest = nearest

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"nothing is registered as {self.name!r}{hint}"


class Registry(Generic[Part]):
    """Parts by name, in the order in which they came."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._parts: dict[str, Part] = {}

    def register(self, name: str) -> Callable[[Part], Part]:
        """Decorator: keeps what it decorates under a name that is still free."""

        def keep(part: Part) -> Part:
            if name in self._parts:
                raise ValueError(f"a {self.kind} named {name!r} is already there")
            self._parts[name] = part
            return part

        return keep

    def get(self, name: str) -> Part:
        if name not in self._parts:
            close = get_close_matches(name, self._parts, n=1)
            raise UnknownName(name, close[0] if close else None)
        return self._parts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)
