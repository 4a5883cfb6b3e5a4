import * as fc from "fast-check";
import { expect, test } from "vitest";
import { jsonPieces } from "./json-text.ts";

test("strings are parted from what stands between them", () => {
  expect(jsonPieces('{"a\\"": "\\\\", "b": [1]}').map((piece) => piece.text)).toEqual([
    "{",
    '"a\\""',
    ": ",
    '"\\\\"',
    ", ",
    '"b"',
    ": [1]}",
  ]);
  expect(jsonPieces('{"a": "never \\"')).toEqual([
    { kind: "between", text: "{" },
    { kind: "string", text: '"a"' },
    { kind: "between", text: ": " },
    { kind: "string", text: '"never \\"' },
  ]);
});

test("property: the pieces joined are the text, and each string is one", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const pieces = jsonPieces(text);
      return (
        pieces.map((piece) => piece.text).join("") === text &&
        pieces.every(({ kind, text }) => (kind === "string" ? typeof JSON.parse(text) === "string" : !text.includes('"')))
      );
    }),
  );
  expect(jsonPieces("")).toEqual([]);
});

test("a string of megabytes does not overflow", () => {
  expect(jsonPieces(JSON.stringify('"\\\n'.repeat(1_000_000)))).toHaveLength(1);
});
