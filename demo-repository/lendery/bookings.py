"""Who has what, and when."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import date
from typing import Iterable, Iterator

from lendery.items import Item
from lendery.periods import Period, gaps


class BookingError(Exception):
    """A booking that cannot be made or changed; the message is for people."""


@dataclass(frozen=True)
class Booking:
    id: int
    item_id: str
    person: str
    period: Period
    returned_on: date | None = None

    def is_open(self, today: date) -> bool:
        """Whether the item is out: handed out and not yet back."""
        return self.returned_on is None and self.period.first <= today

    def days_late(self, today: date) -> int:
        end = today if self.returned_on is None else self.returned_on
        return max(0, (end - self.period.last).days)


class BookingBook:
    """All bookings of a set of items. Two bookings of one item never share a day."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = {item.id: item for item in items}
        self._bookings: dict[int, Booking] = {}
        self._ids = itertools.count(1)

    def __len__(self) -> int:
        return len(self._bookings)

    def __iter__(self) -> Iterator[Booking]:
        return iter(sorted(self._bookings.values(), key=lambda booking: (booking.period, booking.id)))

    def item(self, item_id: str) -> Item:
        try:
            return self._items[item_id]
        except KeyError:
            raise BookingError(f"there is no item {item_id!r}") from None

    def of_item(self, item_id: str) -> list[Booking]:
        return [booking for booking in self if booking.item_id == item_id]

    def conflicts(self, item_id: str, period: Period, *, ignoring: int | None = None) -> list[Booking]:
        """Bookings that stand in the way, with the free day between loans where the item has to be cleaned."""
        margin = 1 if self.item(item_id).needs_cleaning else 0
        wanted = period.widened(margin)
        return [
            booking
            for booking in self.of_item(item_id)
            if booking.id != ignoring and booking.period.overlaps(wanted)
        ]

    def reserve(self, item_id: str, person: str, period: Period) -> Booking:
        item = self.item(item_id)
        if not item.condition.can_be_lent:
            raise BookingError(f"{item.title} is broken")
        standing = self.conflicts(item_id, period)
        if standing:
            raise BookingError(f"{item.title} is taken: {', '.join(str(booking.period) for booking in standing)}")
        booking = Booking(next(self._ids), item_id, person, period)
        self._bookings[booking.id] = booking
        return booking

    def move(self, booking_id: int, period: Period) -> Booking:
        """Gives a booking another period, if nothing stands in the way but itself."""
        booking = self._known(booking_id)
        if booking.returned_on is not None:
            raise BookingError("what came back cannot be moved")
        if self.conflicts(booking.item_id, period, ignoring=booking_id):
            raise BookingError(f"{period} is taken")
        return self._store(replace(booking, period=period))

    def cancel(self, booking_id: int, today: date) -> None:
        booking = self._known(booking_id)
        if booking.is_open(today):
            raise BookingError("what is out has to be returned, not cancelled")
        del self._bookings[booking_id]

    def give_back(self, booking_id: int, today: date, *, broken: bool = False) -> Booking:
        """Takes an item back and keeps its condition up to date."""
        booking = self._known(booking_id)
        if not booking.is_open(today):
            raise BookingError("this item is not out")
        days = (today - booking.period.first).days + 1
        self._items[booking.item_id] = self.item(booking.item_id).returned_after(days, broken)
        return self._store(replace(booking, returned_on=today))

    def late(self, today: date) -> list[Booking]:
        out = [booking for booking in self if booking.is_open(today) and booking.days_late(today) > 0]
        return sorted(out, key=lambda booking: -booking.days_late(today))

    def free_periods(self, item_id: str, within: Period) -> list[Period]:
        """When the item could be had."""
        return gaps(within, (booking.period for booking in self.of_item(item_id)))

    def agenda(self, person: str) -> str:
        """One line a booking, in order, to print."""

        def line(booking: Booking) -> str:
            mark = " (returned)" if booking.returned_on is not None else ""
            return f"{booking.period}  {self.item(booking.item_id).title}{mark}"

        return "\n".join(line(booking) for booking in self if booking.person == person)

    def _known(self, booking_id: int) -> Booking:
        if booking_id not in self._bookings:
            raise BookingError(f"there is no booking {booking_id}")
        return self._bookings[booking_id]

    def _store(self, booking: Booking) -> Booking:
        self._bookings[booking.id] = booking
        return booking
