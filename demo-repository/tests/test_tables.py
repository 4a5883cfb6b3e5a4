import unittest

from lendery.registry import Registry, UnknownName
from lendery.tables import exporters, from_markdown, to_csv, to_markdown, transposed

ROWS = [{"item": "Drill | cordless", "days": 3}, {"item": "Tent", "days": 12, "note": "wet"}]


class TableTest(unittest.TestCase):
    def test_markdown_and_back(self) -> None:
        text = to_markdown(ROWS)
        self.assertIn("| Drill \\| cordless |", text)
        self.assertEqual(
            from_markdown(text),
            [{"item": "Drill | cordless", "days": "3", "note": ""}, {"item": "Tent", "days": "12", "note": "wet"}],
        )

    def test_numbers_stand_on_the_right(self) -> None:
        self.assertEqual(to_markdown([{"n": 7}]), "|   n |\n|----:|\n|   7 |\n")
        self.assertEqual(to_markdown([]), "")

    def test_csv(self) -> None:
        self.assertEqual(to_csv(ROWS).splitlines()[0], "item,days,note")

    def test_transposed(self) -> None:
        self.assertEqual(transposed([{"k": "a", "x": 1}, {"k": "b", "x": 2}], "k"), [{"k": "x", "a": 1, "b": 2}])

    def test_exporters_by_name(self) -> None:
        self.assertIs(exporters.get("csv"), to_csv)
        self.assertEqual(list(exporters), ["markdown", "csv"])
        with self.assertRaisesRegex(UnknownName, "did you mean 'markdown'"):
            exporters.get("markdwn")

    def test_a_name_is_taken_once(self) -> None:
        registry: Registry[int] = Registry("number")
        registry.register("one")(1)
        with self.assertRaises(ValueError):
            registry.register("one")(2)


if __name__ == "__main__":
    unittest.main()
