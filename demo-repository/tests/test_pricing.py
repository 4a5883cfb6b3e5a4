import unittest
from datetime import date

from lendery.items import Item
from lendery.periods import Period
from lendery.pricing import MEMBERS, best_of, deposit_for, late_fee, long_loan, percent_off, quote, share_of_day, split_evenly


class PricingTest(unittest.TestCase):
    def setUp(self) -> None:
        self.item = Item("bike", "Cargo bike", daily_cents=1000, value_cents=250_010)
        self.week = Period.starting(date(2026, 3, 2), 7)

    def test_later_days_cost_less(self) -> None:
        self.assertEqual([share_of_day(index) for index in (0, 1, 6, 20)], [100, 90, 40, 40])
        self.assertEqual(quote(self.item, self.week).base, 4900)

    def test_discounts(self) -> None:
        discount = best_of(MEMBERS, long_loan(7, percent_off(20)), long_loan(30, percent_off(50)))
        self.assertEqual(quote(self.item, self.week, discount).total, 3920)
        self.assertEqual(quote(self.item, self.week, lambda price, period: price * 2).total, 0)
        with self.assertRaises(ValueError):
            percent_off(101)

    def test_deposit_is_rounded_up_to_euros(self) -> None:
        self.assertEqual(deposit_for(self.item), 62_600)
        self.assertEqual(quote(self.item, self.week).due_now, 4900 + 62_600)

    def test_late_fees_stop_growing(self) -> None:
        self.assertEqual(late_fee(self.item, 0), 0)
        self.assertEqual(late_fee(self.item, 3), 1500)
        self.assertEqual(late_fee(self.item, 100), 7000)

    def test_sharing_loses_no_cent(self) -> None:
        self.assertEqual(split_evenly(1000, 3), [334, 333, 333])
        with self.assertRaises(ValueError):
            split_evenly(1, 0)


if __name__ == "__main__":
    unittest.main()
