"""Tables as Markdown, and out of it again."""

from __future__ import annotations

import csv
import io
from typing import Callable, Iterable, Mapping, Sequence

from lendery.registry import Registry

Rows = Sequence[Mapping[str, object]]
exporters: Registry[Callable[[Rows], str]] = Registry("exporter")


def columns_of(rows: Rows) -> list[str]:
    """Every column that occurs, in the order of its first appearance."""
    seen: dict[str, None] = {}
    for row in rows:
        seen.update(dict.fromkeys(row))
    return list(seen)


def escape_cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


@exporters.register("markdown")
def to_markdown(rows: Rows) -> str:
    """A table with padded columns; numbers stand on the right."""
    columns = columns_of(rows)
    if not columns:
        return ""
    cells = [[escape_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(3, len(column), *(len(line[index]) for line in cells)) for index, column in enumerate(columns)]
    numeric = [all(isinstance(row.get(column), (int, float)) for row in rows) for column in columns]

    def padded(line: Sequence[str]) -> str:
        parts = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric)
        ]
        return f"| {' | '.join(parts)} |"

    rule = "|".join("-" * (width + 1) + (":" if right else "-") for width, right in zip(widths, numeric))
    return "\n".join([padded(columns), f"|{rule}|", *(padded(line) for line in cells)]) + "\n"


@exporters.register("csv")
def to_csv(rows: Rows) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=columns_of(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def split_cells(line: str) -> list[str]:
    """Cells of a line of a table; a bar after a backslash belongs to its cell."""
    cells = [""]
    escaped = False
    for character in line.strip().removeprefix("|"):
        if escaped:
            cells[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "|":
            cells.append("")
        else:
            cells[-1] += character
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return [cell.strip() for cell in cells]


def from_markdown(text: str) -> list[dict[str, str]]:
    """Rows of the first table in a text; missing cells are empty."""
    lines = [line for line in text.splitlines() if line.lstrip().startswith("|")]
    if len(lines) < 2:
        return []
    header = split_cells(lines[0])

    def row(line: str) -> dict[str, str]:
        cells = split_cells(line)
        return {name: cells[index] if index < len(cells) else "" for index, name in enumerate(header)}

    return [row(line) for line in lines[2:]]


def transposed(rows: Rows, key: str) -> list[dict[str, object]]:
    """Columns become rows; the values of `key` become the columns."""
    others: Iterable[str] = (column for column in columns_of(rows) if column != key)
    return [{key: column, **{str(row.get(key)): row.get(column) for row in rows}} for column in others]
