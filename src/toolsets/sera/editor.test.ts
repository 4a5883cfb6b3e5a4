import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { EditorCommand, EditorOutcome } from "../toolset.ts";
import { runEditor } from "./editor.ts";
import { loosen } from "./loose-text.ts";
import { decodeText, encodeText } from "./text-file.ts";
import type { TextFile } from "./text-file.ts";

const path = "/testbed/a.txt";
const latin = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (outcome: EditorOutcome): string | null => (outcome.write === null ? null : Buffer.from(outcome.write).toString("utf8"));

function onFile(content: string | Uint8Array, command: EditorCommand, earlier: readonly Uint8Array[] = []): Promise<EditorOutcome> {
  return runEditor(command, { kind: "file", bytes: Buffer.from(content) }, earlier);
}
const replace = (content: string | Uint8Array, oldText: string, newText: string): Promise<EditorOutcome> =>
  onFile(content, { command: "str_replace", path, oldText, newText });
const insert = (content: string, afterLine: number, added: string): Promise<EditorOutcome> =>
  onFile(content, { command: "insert", path, afterLine, text: added });
const lines = (count: number, prefix = "line "): string => Array.from({ length: count }, (_, index) => `${prefix}${index + 1}\n`).join("");

test("a file is viewed as cat -n shows it, with the empty last line and tabs as they are", async () => {
  const seen = await onFile("a\n\tb\n", { command: "view", path, range: null });
  expect(seen).toEqual({
    observation: `OBSERVATION:\nHere's the result of running \`cat -n\` on ${path}:\n     1\ta\n     2\t\tb\n     3\t\n\n`,
    write: null,
  });
});

test("a range is numbered from its first line and -1 is the end", async () => {
  const head = `OBSERVATION:\nHere's the result of running \`cat -n\` on ${path}:\n`;
  const view = async (range: number[]): Promise<string> => (await onFile("a\nb\nc\nd\n", { command: "view", path, range })).observation;
  expect(await view([2, 3])).toBe(`${head}     2\tb\n     3\tc\n\n`);
  expect(await view([4, -1])).toBe(`${head}     4\td\n     5\t\n\n`);
  expect(await view([2, 99])).toBe(
    "OBSERVATION:\nInvalid `view_range`: [2, 99]. Its second element `99` should be smaller than the number of lines in the file: `5`\n",
  );
  for (const range of [[1], [0, 2], [6, 7], [3, 2], [1, -2]]) expect(await view(range)).toContain("OBSERVATION:\nInvalid `view_range`");
});

test("a directory lists the paths it was given", async () => {
  const command: EditorCommand = { command: "view", path: "/testbed/a b", range: null };
  const seen = await runEditor(command, { kind: "directory", paths: ["/testbed/a b", "/testbed/a b/c.py"] }, []);
  expect(seen.observation).toBe(
    "OBSERVATION:\nHere's the files and directories up to 2 levels deep in /testbed/a b, excluding hidden items:\n/testbed/a b\n/testbed/a b/c.py\n\n\n",
  );
});

test("what cannot be done is said in one sentence and nothing is written", async () => {
  const cases: [EditorCommand, Parameters<typeof runEditor>[1], string][] = [
    [
      { command: "view", path, range: null },
      { kind: "missing", parentExists: true },
      `The path ${path} does not exist. Please provide a valid path.`,
    ],
    [
      { command: "create", path, text: "" },
      { kind: "file", bytes: latin("") },
      `File already exists at: ${path}. Cannot overwrite files using command \`create\`.`,
    ],
    [
      { command: "create", path, text: "" },
      { kind: "missing", parentExists: false },
      "The parent directory /testbed does not exist. Please create it first.",
    ],
    [
      { command: "undo_edit", path },
      { kind: "directory", paths: [] },
      `The path ${path} is a directory and only the \`view\` command can be used on directories`,
    ],
    [{ command: "undo_edit", path }, { kind: "file", bytes: latin("") }, `No edit history found for ${path}.`],
    [
      { command: "view", path, range: null },
      { kind: "file", bytes: latin("\0\0") },
      `The file ${path} is binary, so this tool neither shows nor edits it.`,
    ],
    [{ command: "view", path, range: null }, { kind: "unreadable", problem: "denied" }, `The path ${path} could not be read: denied.`],
  ];
  for (const [command, subject, sentence] of cases) {
    expect(await runEditor(command, subject, [])).toEqual({ observation: `OBSERVATION:\n${sentence}\n`, write: null });
  }
});

test("create writes the text as given", async () => {
  const made = await runEditor({ command: "create", path, text: "-x\té" }, { kind: "missing", parentExists: true }, []);
  expect(made.observation).toBe(`OBSERVATION:\nFile created successfully at: ${path}\n`);
  expect(text(made)).toBe("-x\té");
});

test("a replacement shows five lines before and three after", async () => {
  const done = await replace(lines(20), "line 10\n", "ten\n");
  expect(text(done)).toBe(lines(20).replace("line 10\n", "ten\n"));
  expect(done.observation).toBe(
    `OBSERVATION:\nThe file ${path} has been edited. Here's the result of running \`cat -n\` on a snippet of ${path}:\n` +
      [5, 6, 7, 8, 9].map((line) => `     ${line}\tline ${line}\n`).join("") +
      "    10\tten\n    11\tline 11\n    12\tline 12\n    13\tline 13\n    14\tline 14\n" +
      "Review the changes and make sure they are as expected. Edit the file again if necessary.\n",
  );
});

test("failed replacements echo the text and name the lines, also of texts of several lines", async () => {
  const refusal = async (content: string, oldText: string, newText = "z"): Promise<string> => {
    const refused = await replace(content, oldText, newText);
    expect(refused.write).toBeNull();
    return refused.observation.slice("OBSERVATION:\n".length);
  };
  expect(await refusal("a\n", "-q")).toBe(`No replacement was performed, old_str \`-q\` did not appear verbatim in ${path}.\n`);
  expect(await refusal("a\nb\nx\na\nb\n", "a\nb")).toBe(
    "No replacement was performed. Multiple occurrences of old_str `a\nb` in lines [1, 4]. Please ensure it is unique\n",
  );
  expect(await refusal("\tq\r\n\tq\n", "        q\n")).toContain("in lines [1, 2].");
  expect(await refusal("a\n", "a", "a")).toBe("No replacement was performed, old_str `a` is the same as new_str `a`.\n");
  expect(await refusal("a\n", "")).toContain("`old_str` is empty");
});

test("a file may become empty, and an empty file may be filled", async () => {
  const emptied = await replace("all\n", "all\n", "");
  expect(text(emptied)).toBe("");
  expect(emptied.observation).toContain(`a snippet of ${path}:\n     1\t\nReview`);
  expect(text(await replace("", "", "new\n"))).toBe("new\n");
});

test("line endings and indentation of the file are taken", async () => {
  const cases: [file: string, oldText: string, newText: string, expected: string][] = [
    ["a\r\nb\r\n", "b", "b\nc", "a\r\nb\r\nc\r\n"],
    ["a\r\nb\r\nc\r\n", "a\nb", "a\nB", "a\r\nB\r\nc\r\n"],
    ["a\r\nb\n", "b", "c\nd", "a\r\nc\nd\n"],
    ["a\nb\n", "a\r\nb", "x\r\ny", "x\ny\n"],
    ["a\nb\n", "b", "b\r", "a\nb\r\n"],
    [
      "if x {\n\tfoo()\n}\n",
      "        foo()",
      "        bar()\n        if y {\n                baz()\n        }",
      "if x {\n\tbar()\n\tif y {\n\t\tbaz()\n\t}\n}\n",
    ],
    ["\tfoo\t// c\n", "        foo", "        foo2", "\tfoo2\t// c\n"],
    ["\t\tfoo\n", "                foo", "        foo", "\tfoo\n"],
    ["\tfoo\n", "        foo", "            foo", "\t    foo\n"],
    ["\t\tfoo\n", "                foo", "x\n            foo", "x\n\t    foo\n"],
    ["\tfoo\r\n\tbar\r\n", "        foo\n        bar", "        foo\n        new\n        bar", "\tfoo\r\n\tnew\r\n\tbar\r\n"],
    ["        foo\n", "\tfoo", "\tfoo\n\tbar", "        foo\n        bar\n"],
    ["a\n\tfoo\n", "a\n        foo", "a\nb        foo", "a\nb        foo\n"],
    ["x\tfoo\n", "x       foo", "y\n       foo", "y\n       foo\n"],
    ["\tfoo(1)\n", "    foo(1)", "    foo(2)", "\tfoo(2)\n"],
  ];
  for (const [file, oldText, newText, expected] of cases) expect(text(await replace(file, oldText, newText))).toBe(expected);
});

test("a change that would begin inside a tab is refused", async () => {
  expect((await replace("\tfoo\n", "    foo", "foo")).observation).toContain("did not appear verbatim");
});

test("other encodings survive around an edit", async () => {
  const latinFile = latin("caf\xe9\none\n");
  const edited = await replace(latinFile, "café\none", "café\ndéux");
  expect(edited.write && Buffer.from(edited.write)).toEqual(latin("caf\xe9\nd\xe9ux\n"));
  const refused = await replace(latinFile, "one", "→");
  expect(refused).toMatchObject({ write: null });
  expect(refused.observation).toContain("has no character `→`");
  const damaged = Buffer.concat([Buffer.from("é→é"), Buffer.of(0xff), Buffer.from("\none\n")]);
  const mended = await replace(damaged, "one", "→");
  expect(mended.write && Buffer.from(mended.write)).toEqual(Buffer.concat([damaged.subarray(0, -4), Buffer.from("→\n")]));
  expect((await onFile(damaged, { command: "view", path, range: [1, 1] })).observation).toContain("     1\té→é\ufffd\n");
  const marked = await insert("\ufeffa\r\n", 0, "b");
  expect(text(marked)).toBe("\ufeffb\r\na\r\n");
  expect(marked.observation).toContain("     1\tb\n     2\ta\n");
});

test("insert puts lines of their own after a line", async () => {
  expect(text(await insert("a\nb\n", 1, "x"))).toBe("a\nx\nb\n");
  expect(text(await insert("a\nb\n", 0, "x\ny"))).toBe("x\ny\na\nb\n");
  expect(text(await insert("a\nb", 2, "x"))).toBe("a\nb\nx");
  expect(text(await insert("a\r\nb\r\n", 2, "x\ny"))).toBe("a\r\nb\r\nx\r\ny\r\n");
  expect(text(await insert("", 0, "x"))).toBe("x\n");
  expect((await insert("a\n", 3, "x")).write).toBeNull();
  expect((await insert("a\n", -1, "x")).write).toBeNull();
  const shown = (await insert(lines(12), 6, "new")).observation;
  expect(shown).toBe(
    `OBSERVATION:\nThe file ${path} has been edited. Here's the result of running \`cat -n\` on a snippet of the edited file:\n` +
      [3, 4, 5, 6].map((line) => `     ${line}\tline ${line}\n`).join("") +
      "     7\tnew\n     8\tline 7\n     9\tline 8\n    10\tline 9\n    11\tline 10\n" +
      "Review the changes and make sure they are as expected (correct indentation, no duplicate lines, etc). Edit the file again if necessary.\n",
  );
});

test("undo writes the newest earlier content", async () => {
  const undone = await onFile("now", { command: "undo_edit", path }, [latin("first"), latin("second\n")]);
  expect(text(undone)).toBe("second\n");
  expect(undone.observation).toBe(
    `OBSERVATION:\nLast edit to ${path} undone successfully. Here's the result of running \`cat -n\` on ${path}:\n     1\tsecond\n     2\t\n\n`,
  );
});

const piece = fc.constantFrom("\t", "\r\n", "\n", " ", "    ", "a", "bc", "\xe9", "\xff", "\r", "é", "→", "x=1", "\ufeff");
const byteLine = fc
  .tuple(piece, fc.boolean())
  .map(([chunk, raw]) => (raw && !/[^\0-\xff]/.test(chunk) ? latin(chunk) : Buffer.from(chunk)));
const anyFile = fc.array(byteLine, { maxLength: 60 }).map((chunks) => Buffer.concat(chunks));
const fresh = fc.array(fc.constantFrom("N", "\n", "\t", "        ", "y"), { maxLength: 8 }).map((chunks) => chunks.join(""));

const anEdit = fc.record({ file: anyFile, from: fc.nat(), count: fc.nat(), added: fresh, loosely: fc.boolean() });

function byteLength(text: string, encoding: TextFile["encoding"]): number {
  const encoded = encodeText({ text, encoding });
  return "bytes" in encoded ? encoded.bytes.length : Number.NaN;
}

/** How many bytes two buffers share at their beginning. */
function shared(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

test("property: decoding and encoding give every file back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const whole = decodeText(bytes);
      if (whole === null) return bytes.includes(0);
      const encoded = encodeText(whole);
      return "bytes" in encoded && Buffer.from(encoded.bytes).equals(bytes);
    }),
    { numRuns: 2000 },
  );
  const cesu = Buffer.of(0xc3, 0xa9, 0xed, 0xa0, 0x80);
  expect(decodeText(cesu)).toMatchObject({ encoding: "latin-1" });
});

test("property: bytes outside of the replaced lines never change, and undo restores all", async () => {
  let written = 0;
  await fc.assert(
    fc.asyncProperty(anEdit, async ({ file, from, count, added, loosely }) => {
      const whole = decodeText(file);
      if (whole === null) throw new Error("binary");
      const ends = [0, ...[...whole.text.matchAll(/\n/g)].map(({ index }) => index + 1), whole.text.length];
      const first = from % ends.length;
      const raw = whole.text.slice(ends[first], ends[first + 1 + (count % 3)]);
      const start = byteLength(whole.text.slice(0, ends[first]), whole.encoding);
      const end = start + byteLength(raw, whole.encoding);
      const sought = loosely ? loosen(raw, "tabs").text : raw;
      const namesOtherText = whole.text.includes(sought) || loosen(sought, "tabs").text !== sought;
      fc.pre(sought === raw || !namesOtherText);
      const done = await replace(file, sought, added);
      if (done.write === null) return;
      written++;
      const after = Buffer.from(done.write);
      expect(shared(file, after)).toBeGreaterThanOrEqual(Math.min(start, after.length));
      const tail = file.subarray(end);
      expect(after.subarray(after.length - tail.length)).toEqual(tail);
      const undone = await onFile(after, { command: "undo_edit", path }, [file]);
      expect(undone.write && Buffer.from(undone.write).equals(file)).toBe(true);
    }),
    { numRuns: 1500, examples: [[{ file: Buffer.from("\t\n\t\r\r\n"), from: 1, count: 0, added: "", loosely: true }]] },
  );
  expect(written).toBeGreaterThan(200);
});

test("property: an insertion leaves every byte around it", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.nat(), fresh, async (file, at, added) => {
      const count = file.filter((byte) => byte === 0x0a).length + 1;
      const done = await onFile(file, { command: "insert", path, afterLine: at % (count + 1), text: added });
      if (done.write === null) throw new Error(done.observation);
      const after = Buffer.from(done.write);
      const head = shared(file, after);
      expect(after.subarray(after.length - (file.length - head)).equals(file.subarray(head))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("property: replacing what stands in a file by itself with tabs or endings changed is no change", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.nat(), async (file, from) => {
      const rows = file.toString("utf8").split("\n");
      const row = rows[from % rows.length] ?? "";
      const done = await replace(file, loosen(row, "tabs").text, row);
      expect(done.write).toBeNull();
    }),
  );
});
