"""Loads exported dataset folders as a trainer would and says what is in them.

argv: a folder with JSONL files and one with Parquet files of the same samples. Prints one JSON object: for each configuration its rows,
and whether both containers gave the same rows by `datasets` (through the card), and by `pyarrow` alone.
"""

import json
import os
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

import pyarrow.json
import pyarrow.parquet
from datasets import get_dataset_config_names, load_dataset



def rows_of(folder, name, cache):
    return load_dataset(folder, name, split="train", cache_dir=cache).to_list()


def plain_rows(path):
    """Without the card: what `datasets` makes of the file alone."""
    kind = "parquet" if path.endswith(".parquet") else "json"
    with tempfile.TemporaryDirectory() as cache:
        return load_dataset(kind, data_files=path, split="train", cache_dir=cache).to_list()


def arrow_lines(path):
    """Arrow's own reader knows no free-form JSON: where tools disagree on the type of a key, it says which."""
    try:
        return pyarrow.json.read_json(path).num_rows
    except pyarrow.ArrowInvalid as error:
        return str(error)


def without_none(value):
    """A loader that knows no table fills the members that only other rows have with None."""
    if isinstance(value, dict):
        return {key: without_none(member) for key, member in value.items() if member is not None}
    return [without_none(item) for item in value] if isinstance(value, list) else value


def same(first, second):
    """Equal but for the eleventh digit of a fraction: `datasets` reads JSON columns through ujson, which rounds all others there."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float) or isinstance(second, float):
        return type(first) is not bool and type(second) is not bool and abs(first - second) < 1e-9
    return type(first) is type(second) and first == second


def main(jsonl, parquet):
    found = {}
    with tempfile.TemporaryDirectory() as cache:
        for name in get_dataset_config_names(jsonl):
            if name == "provenance":
                found[name] = {"rows": len(rows_of(jsonl, name, cache))}
                continue
            lines = os.path.join(jsonl, name + ".jsonl")
            table = os.path.join(parquet, name + ".parquet")
            raw = [json.loads(line) for line in open(lines, encoding="utf-8")]
            first, second = rows_of(jsonl, name, cache), rows_of(parquet, name, cache)
            found[name] = {
                "rows": len(raw),
                "same": same(first, second),
                "whole": same(without_none(first), without_none(raw)),
                "plain": all(same(without_none(plain_rows(path)), without_none(raw)) for path in (lines, table)),
                "arrow": [pyarrow.parquet.read_table(table).num_rows, arrow_lines(lines)],
                "groups": pyarrow.parquet.ParquetFile(table).num_row_groups,
                "codec": pyarrow.parquet.ParquetFile(table).metadata.row_group(0).column(0).compression if raw else None,
                "columns": {column.name: str(column.type) for column in pyarrow.parquet.read_schema(table)},
            }
    print(json.dumps(found))


main(*sys.argv[1:])
