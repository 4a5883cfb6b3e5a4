import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RehearsedTree } from "../rehearsed-tree.conformance.ts";
import { syntaxErrors } from "../syntax-errors.conformance.ts";
import { locateDefinition, outlineCommand, readOutline } from "./locate.ts";
import { planEdit } from "./plan-edit.ts";

/** One function of every other language: its source, its name, and a line that the whole change adds; comments where none is named. */
const foreign: readonly (readonly [string, string, RegExp])[] = [
  ["java", "Shapes.generic", /if \(key == null\) \{/],
  ["java", "Named.title", /^ {12}\/\/ /],
  ["csharp", "Tree.Doubled", /\/\/ /],
  ["csharp", "Tree.Sum", /\/\/ /],
  ["csharp", "Tree.Later.Local", /if \(x < 0\) \{/],
  ["rust", "Tree.insert", /\/\/ /],
  ["rust", "qualified", /!items\.is_empty\(\)/],
  ["c", "plain", /\/\/ /],
  ["cpp", "Tree.make", /\/\/ /],
  ["cpp", "overloaded", /\/\/ /],
  ["ruby", "Tree.==", /# /],
  ["ruby", "Tree.[]", /# /],
  ["ruby", "Tree.initialize", /raise ArgumentError, "initialize: size is required" if size\.nil\?/],
  ["php", "plain", /if \(\$a < 0\) \{/],
  ["php", "Tree.nothing", /\/\/ /],
  ["kotlin", "plain", /require\(a >= 0\) \{ "plain: a is not valid" \}/],
  ["kotlin", "expression", /\/\/ /],
  ["swift", "plain", /precondition\(a >= 0, /],
  ["swift", "Tree.init", /precondition\(size >= 0, /],
  ["scala", "Tree.plain", /require\(a >= 0, /],
  ["scala", "Named.title", /\/\/ /],
  ["lua", "M.build", /if size == nil then/],
  ["lua", "M.insert", /if value == nil then/],
  ["bash", "plain", /# /],
  ["bash", "in_subshell", /# /],
];

const goldenFolder = new URL("../../../test/golden/functions/", import.meta.url);
const endings: Readonly<Record<string, string>> = { java: "java", csharp: "cs", rust: "rs", c: "c", cpp: "cpp", ruby: "rb", php: "php" };
const moreEndings: Readonly<Record<string, string>> = { kotlin: "kt", swift: "swift", scala: "scala", lua: "lua", bash: "sh" };

describe.each(foreign)("%s: %s", (language, name, line) => {
  const ending = endings[language] ?? moreEndings[language] ?? "";
  const path = `src/shapes.${ending}`;
  const before = readFileSync(new URL(`${language}/shapes.${ending}.txt`, goldenFolder), "utf8");

  test("is changed in its language's own syntax, at itself", async () => {
    const subject = { name, path };
    const lines = before.split("\n").map((text, index) => ({ number: index + 1, text }));
    using tree = new RehearsedTree({ [path]: before });
    const outline = readOutline(tree.shell(outlineCommand(subject)));
    const definition = locateDefinition(outline.lines, subject);
    expect(definition).not.toBeNull();
    for (const seed of [1, 2, 3]) {
      const plan = planEdit({ seed, subject, lines, definition });
      for (const kind of ["full", "partial", "wrong"] as const) {
        const edit = plan?.[kind] ?? { line: 0, removed: [], added: [], anchor: 0 };
        expect(edit.added.length).toBeGreaterThan(0);
        const after = lines
          .map(({ text }) => text)
          .toSpliced(edit.line - 1, edit.removed.length, ...edit.added)
          .join("\n");
        expect({ after, broken: await syntaxErrors(path, after) }).toEqual({ after, broken: false });
      }
      expect(plan?.full.added.map((text) => line.exec(text)?.[0])).toContainEqual(expect.any(String));
    }
  });
});
