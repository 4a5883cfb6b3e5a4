import unittest

from lendery.items import Condition, Item, format_cents, item_from_row, normal_tag, parse_cents, search


class ItemTest(unittest.TestCase):
    def test_amounts(self) -> None:
        for text, cents in (("3.50", 350), ("3,5", 350), (" 12 ", 1200), ("0.05", 5)):
            self.assertEqual(parse_cents(text), cents)
        self.assertEqual(format_cents(-1205), "-12.05")
        with self.assertRaises(ValueError):
            parse_cents("three")

    def test_tags_are_compared_in_their_normal_form(self) -> None:
        self.assertEqual(normal_tag(" Power  Tools_"), "power-tools")
        self.assertTrue(Item("a", "Drill").tagged("Power Tools").matches(["drill", "power-tools"]))

    def test_rows(self) -> None:
        item = item_from_row({"id": "t1", "daily": "4.20", "cleaning": "Yes", "tags": "Camping; "})
        self.assertEqual((item.title, item.daily_cents, item.needs_cleaning), ("t1", 420, True))
        self.assertEqual(item.tags, frozenset({"camping"}))
        with self.assertRaises(ValueError):
            item_from_row({"title": "nameless"})

    def test_use_wears(self) -> None:
        self.assertIs(Condition.NEW.after_use(1), Condition.GOOD)
        self.assertIs(Condition.GOOD.after_use(31), Condition.WORN)
        self.assertIs(Item("a", "A").returned_after(1, broken=True).condition, Condition.BROKEN)

    def test_search_is_cheapest_first_and_leaves_out_what_is_broken(self) -> None:
        items = [Item("a", "Big tent", 900), Item("b", "Tent", 500), Item("c", "Tent", condition=Condition.BROKEN)]
        self.assertEqual([item.id for item in search(items, "tent")], ["b", "a"])
        self.assertEqual(len(search(items, "tent", lendable_only=False)), 3)


if __name__ == "__main__":
    unittest.main()
