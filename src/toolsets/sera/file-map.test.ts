import { expect, test } from "vitest";
import { runEditor } from "./editor.ts";
import { fileMap } from "./file-map.ts";

const body = (count: number, indent = "    "): string =>
  Array.from({ length: count }, (_, index) => `${indent}x${index} = ${index}\n`).join("");

test("bodies of six lines and more are left out, shorter ones shown", async () => {
  const source = `import a\ndef long():\n${body(6)}\ndef short():\n${body(5)}`;
  expect(await fileMap("/testbed/m.py", source)).toBe(
    [
      "     1 import a",
      "     2 def long():",
      "     3 ... eliding lines 3-8 ...",
      "     9 ",
      "    10 def short():",
      ...[0, 1, 2, 3, 4].map((line) => `    ${11 + line}     x${line} = ${line}`),
    ].join("\n"),
  );
});

test("other languages keep signatures and closing braces", async () => {
  const inner = body(7, "\t");
  const sources = {
    "a.go": `package a\nfunc (b *B) C(\n\tx int,\n) int {\n${inner}}\n`,
    "a.ts": `export class A {\n  m(): number {\n${inner}  }\n  f = () => {\n${inner}  };\n}\n`,
    "a.rs": `fn f() {\n${inner}}\n`,
    "A.java": `class A {\n  int f()\n  {\n${inner}  }\n}\n`,
    "a.rb": `def f(x)\n${inner}end\n`,
  };
  for (const [name, source] of Object.entries(sources)) {
    const map = await fileMap(`/testbed/${name}`, source);
    const elided = { name, notes: /eliding lines/.test(map ?? ""), body: map?.includes("x3 = 3"), end: /(}|end)$/.test(map ?? "") };
    expect(elided).toEqual({ name, notes: true, body: false, end: true });
  }
});

test("unknown languages have no map", async () => {
  expect(await fileMap("/testbed/a.txt", "x")).toBeNull();
  expect(await fileMap("/testbed/Makefile", "x")).toBeNull();
});

test("a long file is viewed as its outline where its language is known, else cut", async () => {
  const source = `def long():\n${body(2000)}`;
  const view = async (path: string): Promise<string> =>
    (await runEditor({ command: "view", path, range: null }, { kind: "file", bytes: Buffer.from(source) }, [])).observation;
  expect(await view("/testbed/m.py")).toBe(
    [
      "OBSERVATION:",
      "<NOTE>This file is too large to display entirely. Showing abbreviated version. Please use `str_replace_editor view` with the `view_range` parameter to show selected lines next.</NOTE>",
      "     1 def long():",
      "     2 ... eliding lines 2-2001 ...",
      "<IMPORTANT><NOTE>The above file has been abbreviated. Please use `str_replace editor view` with `view_range` to look at relevant files in detail.</NOTE></IMPORTANT>",
      "",
    ].join("\n"),
  );
  const cut = await view("/testbed/m.txt");
  expect(cut).toMatch(/<response clipped><NOTE>To save on context only part of this file .* looking for\.<\/NOTE>\n\n$/);
  const shown = cut
    .split("\n")
    .slice(2)
    .map((line) => line.slice(7))
    .join("\n");
  expect(shown.slice(0, shown.indexOf("<response clipped>"))).toBe(source.slice(0, 16_000));
});
