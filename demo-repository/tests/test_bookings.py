import unittest
from datetime import date

from lendery.bookings import BookingBook, BookingError
from lendery.items import Condition, Item
from lendery.periods import Period


def days(first: int, last: int) -> Period:
    return Period(date(2026, 3, first), date(2026, 3, last))


class BookingBookTest(unittest.TestCase):
    def setUp(self) -> None:
        self.book = BookingBook(
            [
                Item("drill", "Drill", 350),
                Item("tent", "Tent", 900, needs_cleaning=True),
                Item("saw", "Saw", condition=Condition.BROKEN),
            ]
        )

    def test_no_two_bookings_share_a_day(self) -> None:
        self.book.reserve("drill", "ada", days(2, 4))
        with self.assertRaisesRegex(BookingError, "2026-03-02..2026-03-04"):
            self.book.reserve("drill", "bob", days(4, 5))
        self.book.reserve("drill", "bob", days(5, 6))
        self.assertEqual(len(self.book), 2)

    def test_cleaning_takes_a_day(self) -> None:
        self.book.reserve("tent", "ada", days(2, 4))
        with self.assertRaises(BookingError):
            self.book.reserve("tent", "bob", days(5, 6))
        self.book.reserve("tent", "bob", days(6, 7))

    def test_broken_and_unknown_items(self) -> None:
        for item in ("saw", "boat"):
            with self.assertRaises(BookingError):
                self.book.reserve(item, "ada", days(1, 1))

    def test_a_booking_may_move_over_itself(self) -> None:
        booking = self.book.reserve("drill", "ada", days(2, 4))
        self.assertEqual(self.book.move(booking.id, days(3, 5)).period, days(3, 5))

    def test_return_and_lateness(self) -> None:
        booking = self.book.reserve("drill", "ada", days(2, 4))
        self.assertEqual(self.book.late(date(2026, 3, 6)), [booking])
        with self.assertRaises(BookingError):
            self.book.cancel(booking.id, date(2026, 3, 3))
        back = self.book.give_back(booking.id, date(2026, 3, 7), broken=True)
        self.assertEqual(back.days_late(date(2026, 4, 1)), 3)
        self.assertEqual(self.book.late(date(2026, 3, 8)), [])
        self.assertFalse(self.book.item("drill").condition.can_be_lent)

    def test_agenda_and_free_periods(self) -> None:
        self.book.reserve("drill", "ada", days(5, 6))
        self.book.reserve("tent", "ada", days(2, 2))
        self.assertEqual(self.book.agenda("ada"), "2026-03-02  Tent\n2026-03-05..2026-03-06  Drill")
        self.assertEqual(self.book.free_periods("drill", days(4, 8)), [days(4, 4), days(7, 8)])


if __name__ == "__main__":
    unittest.main()
