"""Things that are lent out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Iterable, Mapping


class Condition(Enum):
    NEW = "new"
    GOOD = "good"
    WORN = "worn"
    BROKEN = "broken"

    @property
    def can_be_lent(self) -> bool:
        return self is not Condition.BROKEN

    def after_use(self, days: int) -> Condition:
        """How an item comes back from so many days; what is broken stays broken."""
        if self is Condition.NEW and days > 0:
            return Condition.GOOD
        if self is Condition.GOOD and days > 30:
            return Condition.WORN
        return self


@dataclass(frozen=True)
class Item:
    """One thing on the shelf. Prices are in cents."""

    id: str
    title: str
    daily_cents: int = 0
    value_cents: int = 0
    condition: Condition = Condition.GOOD
    needs_cleaning: bool = False
    tags: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_free(self) -> bool:
        return self.daily_cents == 0

    def tagged(self, *tags: str) -> Item:
        """The same item with more tags."""
        return replace(self, tags=self.tags | {normal_tag(tag) for tag in tags})

    def matches(self, words: Iterable[str]) -> bool:
        """Whether every word occurs in the title or is one of the tags."""
        title = self.title.lower()
        return all(word.lower() in title or normal_tag(word) in self.tags for word in words)

    def returned_after(self, days: int, broken: bool = False) -> Item:
        condition = Condition.BROKEN if broken else self.condition.after_use(days)
        return replace(self, condition=condition)


def normal_tag(text: str) -> str:
    """Lower case, with single hyphens: `Power  Tools` and `power-tools` are one tag."""
    return re.sub(r"[\s_-]+", "-", text.strip().lower()).strip("-")


def parse_cents(text: str) -> int:
    """Cents of an amount such as `3.50`, `3,5` or `12`."""
    matched = re.fullmatch(r"\s*(\d+)(?:[.,](\d{1,2}))?\s*", text)
    if matched is None:
        raise ValueError(f"not an amount: {text!r}")
    whole, part = matched.groups()
    return int(whole) * 100 + int((part or "0").ljust(2, "0"))


def format_cents(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def item_from_row(row: Mapping[str, str]) -> Item:
    """An item from a row of a spreadsheet; empty cells take the defaults."""

    def cents(column: str) -> int:
        text = row.get(column, "").strip()
        return parse_cents(text) if text else 0

    identity = row.get("id", "").strip()
    if not identity:
        raise ValueError("a row without an id")
    return Item(
        id=identity,
        title=row.get("title", "").strip() or identity,
        daily_cents=cents("daily"),
        value_cents=cents("value"),
        condition=Condition(row.get("condition", "").strip() or "good"),
        needs_cleaning=row.get("cleaning", "").strip().lower() in {"yes", "true", "1"},
        tags=frozenset(normal_tag(tag) for tag in row.get("tags", "").split(";") if tag.strip()),
    )


def search(items: Iterable[Item], query: str, *, lendable_only: bool = True) -> list[Item]:
    """Items that match every word of the query, cheapest first."""
    words = query.split()
    found = [item for item in items if item.matches(words) and (item.condition.can_be_lent or not lendable_only)]
    return sorted(found, key=lambda item: (item.daily_cents, item.title))
