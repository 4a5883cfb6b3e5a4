import unittest
from datetime import date

from lendery.periods import Period, gaps, merge, working_days


def days(first: int, last: int) -> Period:
    return Period(date(2026, 3, first), date(2026, 3, last))


class PeriodTest(unittest.TestCase):
    def test_counts_both_ends(self) -> None:
        self.assertEqual(days(2, 4).days, 3)
        self.assertEqual(Period.starting(date(2026, 3, 2), 3), days(2, 4))
        self.assertEqual(len(list(days(2, 4))), 3)

    def test_reads_what_it_writes(self) -> None:
        for text in ("2026-03-02", "2026-03-02..2026-03-04"):
            self.assertEqual(str(Period.parse(text)), text)

    def test_refuses_what_ends_before_it_begins(self) -> None:
        with self.assertRaises(ValueError):
            days(4, 2)

    def test_overlap_and_touch_differ_by_a_day(self) -> None:
        self.assertTrue(days(1, 3).overlaps(days(3, 5)))
        self.assertFalse(days(1, 3).overlaps(days(4, 5)))
        self.assertTrue(days(1, 3).touches(days(4, 5)))
        self.assertFalse(days(1, 3).touches(days(5, 6)))
        self.assertIsNone(days(1, 3).intersection(days(4, 5)))

    def test_merges_and_finds_gaps(self) -> None:
        taken = [days(10, 12), days(2, 4), days(5, 6)]
        self.assertEqual(merge(taken), [days(2, 6), days(10, 12)])
        self.assertEqual(gaps(days(1, 14), taken), [days(1, 1), days(7, 9), days(13, 14)])

    def test_working_days_leave_out_weekends_and_holidays(self) -> None:
        self.assertEqual(working_days(days(2, 8)), 5)
        self.assertEqual(working_days(days(2, 8), frozenset({date(2026, 3, 3)})), 4)


if __name__ == "__main__":
    unittest.main()
