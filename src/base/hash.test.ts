import { expect, test } from "vitest";
import { canonicalJson, contentId, sha256Hex } from "./hash.ts";

test("the hash of bytes and of the same text as UTF-8 is SHA-256 in hex", () => {
  expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(sha256Hex(Buffer.from("ä€"))).toBe(sha256Hex("ä€"));
});

test("equal values have equal text, whatever the order in which their members were set", () => {
  const one = { b: [{ y: 1, x: 2 }], a: null, 10: "ten", 9: "nine" };
  const other = { 9: "nine", 10: "ten", a: null, b: [{ x: 2, y: 1 }], c: undefined };
  expect(canonicalJson(one)).toBe(canonicalJson(other));
  expect(contentId(one)).toBe(contentId(other));
  expect(contentId(one)).toMatch(/^[0-9a-f]{32}$/);
});

test("the order of a list, a null and a nested difference are content", () => {
  const ids = [[1, 2], [2, 1], { a: null }, {}, { a: { b: 1 } }, { a: { b: "1" } }].map(contentId);
  expect(new Set(ids).size).toBe(ids.length);
});

test("a member called __proto__ is a member like any other", () => {
  const value: unknown = JSON.parse('{"__proto__": {"x": 1}}');
  expect(canonicalJson(value)).toBe('{"__proto__":{"x":1}}');
});
