import { expect, test } from "vitest";
import { parserFor, queryFor } from "./grammar.ts";

test("a parser is made once and parses", async () => {
  const parser = await parserFor("python");
  expect(await parserFor("python")).toBe(parser);
  const tree = parser.parse("def f():\n    return 1\n");
  expect(tree?.rootNode.firstNamedChild?.type).toBe("function_definition");
  tree?.delete();
});

test("several grammars live beside each other", async () => {
  for (const name of ["go", "tsx", "typescript", "javascript"]) {
    expect((await parserFor(name)).language?.nodeTypeCount).toBeGreaterThan(0);
  }
});

test("a grammar that is not there is refused by name", async () => {
  await expect(parserFor("cobol")).rejects.toThrow("cobol");
});

test("a query is compiled once, and one that does not fit the grammar is refused", async () => {
  const query = await queryFor("python", "(function_definition) @function");
  expect(await queryFor("python", "(function_definition) @function")).toBe(query);
  await expect(queryFor("python", "(no_such_node) @x")).rejects.toThrow("no_such_node");
});
