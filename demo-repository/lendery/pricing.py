"""What a loan costs. All amounts are in cents."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Callable

from lendery.items import Item
from lendery.periods import Period

Discount = Callable[[int, Period], int]


@dataclass(frozen=True)
class Quote:
    base: int
    discount: int
    deposit: int

    @property
    def total(self) -> int:
        return self.base - self.discount

    @property
    def due_now(self) -> int:
        """What is paid when the item is handed out."""
        return self.total + self.deposit


@functools.lru_cache(maxsize=256)
def share_of_day(index: int) -> int:
    """Percent of the daily price that the day costs: 100 for the first, then less, never under 40."""
    if index < 0:
        raise ValueError("days are counted from 0")
    return max(40, 100 - 10 * index)


def base_price(item: Item, period: Period) -> int:
    """The price of all days, each rounded down by itself."""
    return sum(item.daily_cents * share_of_day(index) // 100 for index in range(period.days))


def deposit_for(item: Item) -> int:
    """A quarter of the value, rounded up to full euros."""
    quarter = -(-item.value_cents // 4)
    return -(-quarter // 100) * 100


def percent_off(percent: int) -> Discount:
    """A discount of so many percent, rounded down."""
    if not 0 <= percent <= 100:
        raise ValueError(f"{percent} is not a percentage")

    def discount(price: int, period: Period) -> int:
        return price * percent // 100

    return discount


def long_loan(least_days: int, discount: Discount) -> Discount:
    """Another discount, for loans of at least so many days."""

    def when_long(price: int, period: Period) -> int:
        if period.days < least_days:
            return 0
        return discount(price, period)

    return when_long


def best_of(*discounts: Discount) -> Discount:
    def best(price: int, period: Period) -> int:
        return max((discount(price, period) for discount in discounts), default=0)

    return best


MEMBERS = percent_off(10)


def quote(item: Item, period: Period, discount: Discount | None = None) -> Quote:
    """The quote for a loan; a discount never makes it cost less than nothing."""
    base = base_price(item, period)
    taken = 0 if discount is None else min(base, max(0, discount(base, period)))
    return Quote(base, taken, deposit_for(item))


def late_fee(item: Item, days_late: int, *, cap_days: int = 14) -> int:
    """Half of the daily price for each day late, up to a number of days."""
    if days_late <= 0:
        return 0
    charged = min(days_late, cap_days)
    return item.daily_cents * charged // 2


def split_evenly(cents: int, people: int) -> list[int]:
    """Parts that differ by at most one cent and sum to the whole, larger ones first."""
    if people < 1:
        raise ValueError("nobody to share with")
    part, rest = divmod(cents, people)
    return [part + 1 if index < rest else part for index in range(people)]
