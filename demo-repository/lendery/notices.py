"""Reminders: which are due, and how they are sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import AsyncIterator, Awaitable, Callable, Iterable

from lendery.bookings import Booking, BookingBook
from lendery.periods import ONE_DAY

Send = Callable[["Notice"], Awaitable[None]]


@dataclass(frozen=True)
class Notice:
    person: str
    text: str
    urgent: bool = False


def is_due(booking: Booking, today: date) -> bool:
    """A day before the end, then every third day once it is late."""
    if not booking.is_open(today):
        return False
    if booking.period.last - ONE_DAY == today:
        return True
    late = booking.days_late(today)
    return late > 0 and late % 3 == 0


def notice_for(book: BookingBook, booking: Booking, today: date) -> Notice:
    title = book.item(booking.item_id).title
    late = booking.days_late(today)
    if late == 0:
        return Notice(booking.person, f"Please bring back: {title}, by {booking.period.last}")
    days = "1 day" if late == 1 else f"{late} days"
    return Notice(booking.person, f"{title} is {days} late", urgent=late > 7)


def notices(book: BookingBook, today: date) -> list[Notice]:
    """All notices of a day, urgent ones first."""
    due = [notice_for(book, booking, today) for booking in book if is_due(booking, today)]
    return sorted(due, key=lambda notice: not notice.urgent)


def with_retries(send: Send, attempts: int, pause_seconds: float = 0.0) -> Send:
    """The same way of sending, tried again when the connection fails."""
    if attempts < 1:
        raise ValueError("at least one attempt")

    async def send_patiently(notice: Notice) -> None:
        for attempt in range(1, attempts + 1):
            try:
                return await send(notice)
            except ConnectionError:
                if attempt == attempts:
                    raise
                await asyncio.sleep(pause_seconds * attempt)

    return send_patiently


async def deliver(notices: Iterable[Notice], send: Send, *, at_once: int = 4) -> list[Notice]:
    """Sends all, a few at once; gives back those that could not be sent, in order."""
    slots = asyncio.Semaphore(at_once)

    async def try_one(notice: Notice) -> Notice | None:
        async with slots:
            try:
                await send(notice)
            except ConnectionError:
                return notice
            return None

    outcomes = await asyncio.gather(*(try_one(notice) for notice in notices))
    return [notice for notice in outcomes if notice is not None]


async def batches(notices: Iterable[Notice], size: int) -> AsyncIterator[list[Notice]]:
    """Notices in lists of at most `size`; other tasks get their turn between two lists."""
    if size < 1:
        raise ValueError("a batch holds at least one notice")
    batch: list[Notice] = []
    for notice in notices:
        batch.append(notice)
        if len(batch) == size:
            yield batch
            batch = []
            await asyncio.sleep(0)
    if batch:
        yield batch
