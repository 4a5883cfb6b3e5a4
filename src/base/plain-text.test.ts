import { expect, test } from "vitest";
import { plainText } from "./plain-text.ts";

const obeyed: readonly [string, string, string][] = [
  ["a colour", "\u001b[31mred", "\\u001b[31mred"],
  ["a title, ended by BEL", "\u001b]0;title\u0007", "\\u001b]0;title\\u0007"],
  ["an 8-bit escape", "\u009b2J", "\\u009b2J"],
  ["a carriage return that overwrites the line", "good\rbad", "good\\u000dbad"],
  ["a backspace and a form feed", "a\bb\f", "a\\u0008b\\u000c"],
  ["NUL and DEL", "\u0000\u007f", "\\u0000\\u007f"],
  ["turns of direction", "\u202eevil\u202c\u2066x\u2069\u200e\u200f\u061c", "\\u202eevil\\u202c\\u2066x\\u2069\\u200e\\u200f\\u061c"],
];

test.each(obeyed)("%s is shown, not obeyed", (_, text, shown) => {
  expect(plainText(text)).toBe(shown);
});

test("tabs, line ends and letters of any script stay", () => {
  expect(plainText("a\tb\nä 漢字 עברית 𝄞 👩‍💻")).toBe("a\tb\nä 漢字 עברית 𝄞 👩‍💻");
  expect(plainText("one\r\ntwo")).toBe("one\ntwo");
});

test("JSON text stays the same JSON", () => {
  const json = JSON.stringify({ name: "\u009b\u202e\u007f\u001b" });
  expect(JSON.parse(plainText(json))).toEqual(JSON.parse(json));
});
