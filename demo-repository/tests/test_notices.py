import asyncio
import unittest
from datetime import date

from lendery.bookings import BookingBook
from lendery.items import Item
from lendery.notices import Notice, batches, deliver, notices, with_retries
from lendery.periods import Period


class NoticeTest(unittest.TestCase):
    def test_reminds_a_day_before_and_every_third_day_late(self) -> None:
        book = BookingBook([Item("drill", "Drill")])
        book.reserve("drill", "ada", Period(date(2026, 3, 2), date(2026, 3, 4)))
        texts = {day: [notice.text for notice in notices(book, date(2026, 3, day))] for day in (2, 3, 4, 5, 7)}
        self.assertEqual(texts[3], ["Please bring back: Drill, by 2026-03-04"])
        self.assertEqual(texts[7], ["Drill is 3 days late"])
        self.assertEqual([texts[day] for day in (2, 4, 5)], [[], [], []])
        self.assertTrue(notices(book, date(2026, 3, 13))[0].urgent)

    def test_gives_back_what_could_not_be_sent(self) -> None:
        sent: list[str] = []

        async def send(notice: Notice) -> None:
            if notice.person == "bob":
                raise ConnectionError
            sent.append(notice.person)

        failed = asyncio.run(deliver([Notice(person, "") for person in ("ada", "bob", "eve")], send, at_once=1))
        self.assertEqual((sent, failed), (["ada", "eve"], [Notice("bob", "")]))

    def test_retries(self) -> None:
        tries: list[int] = []

        async def send(notice: Notice) -> None:
            tries.append(1)
            if len(tries) < 3:
                raise ConnectionError

        asyncio.run(with_retries(send, 3)(Notice("ada", "")))
        self.assertEqual(len(tries), 3)
        tries.clear()
        with self.assertRaises(ConnectionError):
            asyncio.run(with_retries(send, 2)(Notice("ada", "")))

    def test_batches(self) -> None:
        async def sizes() -> list[int]:
            return [len(batch) async for batch in batches([Notice("ada", "")] * 5, 2)]

        self.assertEqual(asyncio.run(sizes()), [2, 2, 1])


if __name__ == "__main__":
    unittest.main()
