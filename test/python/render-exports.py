"""Renders exported hermes rows by transformers and holds them against the exported rendered rows.

argv: a folder with hermes.jsonl, rendered.jsonl and provenance.jsonl, and a folder with tokenizer.json and tokenizer_config.json.
Prints one JSON object: rows compared, and the first difference or null. Nothing here knows how Apprentice finds its loss mask: an
assistant's tokens are those that lie, by their offsets in the rendered text, between a header and the end token after it.
"""

import json
import os
import re
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

from transformers import PreTrainedTokenizerFast


def lines_of(folder, name):
    return [json.loads(line) for line in open(os.path.join(folder, name), encoding="utf-8")]


def rendered(tokenizer, messages):
    conversation = [{"role": message["role"], "content": message["content"]} for message in messages]
    ids = tokenizer.apply_chat_template(conversation, tokenize=True, return_dict=False)
    text = tokenizer.apply_chat_template(conversation, tokenize=False)
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    assert encoded["input_ids"] == ids
    spans = [match.span(1) for match in re.finditer(r"<\|im_start\|>assistant\n(.*?<\|im_end\|>)", text, re.DOTALL)]
    trained = [span for span, message in zip(spans, (m for m in messages if m["role"] == "assistant"), strict=True) if message["train"]]
    labels = [
        token if any(begin <= start and end <= stop for begin, stop in trained) else -100
        for token, (start, end) in zip(ids, encoded["offset_mapping"])
    ]
    return {"input_ids": ids, "labels": labels, "attention_mask": [1] * len(ids)}


def main(folder, files):
    config = json.load(open(os.path.join(files, "tokenizer_config.json"), encoding="utf-8"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=os.path.join(files, "tokenizer.json"), chat_template=config["chat_template"])
    hermes, rows = lines_of(folder, "hermes.jsonl"), lines_of(folder, "rendered.jsonl")
    compared, difference, trained = 0, None, 0
    for sample in lines_of(folder, "provenance.jsonl"):
        places = sample["rows"]
        if places["hermes"] is None or places["rendered"] is None:
            continue
        expected, found = rendered(tokenizer, hermes[places["hermes"]]["messages"]), rows[places["rendered"]]
        compared += 1
        trained += sum(label != -100 for label in expected["labels"])
        if found != expected and difference is None:
            keys = [key for key in expected if found.get(key) != expected[key]]
            difference = {"instance": sample["instance_id"], "keys": keys, "tokens": [len(found["input_ids"]), sample["tokens"]]}
        elif sample["tokens"] != len(expected["input_ids"]) and difference is None:
            difference = {"instance": sample["instance_id"], "keys": ["tokens"], "tokens": [len(found["input_ids"]), sample["tokens"]]}
    print(json.dumps({"compared": compared, "trained": trained, "difference": difference}))


main(*sys.argv[1:])
