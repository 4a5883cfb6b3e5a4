"""Periods of whole days, both ends included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Iterable, Iterator

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """From `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a period cannot end on {self.last}, before it begins on {self.first}")

    @classmethod
    def starting(cls, first: date, days: int) -> Period:
        """The period of so many days that begins with `first`."""
        if days < 1:
            raise ValueError("a period has at least one day")
        return cls(first, first + (days - 1) * ONE_DAY)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Reads `2026-03-02..2026-03-04`, or one day alone."""
        first, separator, last = text.strip().partition("..")
        begin = date.fromisoformat(first.strip())
        return cls(begin, date.fromisoformat(last.strip()) if separator else begin)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        day = self.first
        while day <= self.last:
            yield day
            day += ONE_DAY

    def __str__(self) -> str:
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first.isoformat()}..{self.last.isoformat()}"

    def overlaps(self, other: Period) -> bool:
        return self.first <= other.last and other.first <= self.last

    def touches(self, other: Period) -> bool:
        """Whether the two overlap or follow each other without a gap."""
        return self.first <= other.last + ONE_DAY and other.first <= self.last + ONE_DAY

    def widened(self, days: int) -> Period:
        """This period with so many days more on both sides."""
        return Period(self.first - days * ONE_DAY, self.last + days * ONE_DAY)

    def intersection(self, other: Period) -> Period | None:
        if not self.overlaps(other):
            return None
        return Period(max(self.first, other.first), min(self.last, other.last))


def merge(periods: Iterable[Period]) -> list[Period]:
    """The same days in as few periods as possible, in order."""
    merged: list[Period] = []
    for period in sorted(periods):
        if merged and merged[-1].touches(period):
            merged[-1] = Period(merged[-1].first, max(merged[-1].last, period.last))
        else:
            merged.append(period)
    return merged


def gaps(within: Period, taken: Iterable[Period]) -> list[Period]:
    """The periods of `within` that nothing in `taken` covers."""
    free: list[Period] = []
    day = within.first
    for period in merge(taken):
        inside = period.intersection(within)
        if inside is None:
            continue
        if day < inside.first:
            free.append(Period(day, inside.first - ONE_DAY))
        day = inside.last + ONE_DAY
    if day <= within.last:
        free.append(Period(day, within.last))
    return free


def working_days(period: Period, holidays: frozenset[date] = frozenset()) -> int:
    """Days of the period that are neither on a weekend nor a holiday."""

    def is_working(day: date) -> bool:
        return day.weekday() < 5 and day not in holidays

    return sum(1 for day in period if is_working(day))
