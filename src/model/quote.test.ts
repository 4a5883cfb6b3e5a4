import { expect, test } from "vitest";
import { createQuote } from "./quote.ts";

const key = 'sk/"0123456789';
const quote = createQuote({ reveal: () => key });

test("a key is taken out in every spelling, also where the end of the quote would halve it", () => {
  for (const spelling of [key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)]) {
    expect(quote(`wrong ${spelling}.`)).toBe("wrong [key].");
    for (let before = 290; before < 300; before++) expect(quote(`${"x".repeat(before)}${spelling}`)).not.toMatch(/sk|01/);
  }
});

test("a key of a variable leaves that variable's name", () => {
  const named = createQuote({ name: "TEACHER_KEY", reveal: () => key });
  expect(named(`wrong ${key}.`)).toBe("wrong [env:TEACHER_KEY].");
});

test("words become one line of at most 300 characters; without a key nothing is taken out", () => {
  expect(quote(" a\n\u001b[31m b\u202e ")).toBe("a [31m b");
  expect(quote("ä".repeat(400))).toBe(`${"ä".repeat(299)}…`);
  expect(createQuote(null)("sk-0123")).toBe("sk-0123");
  expect(createQuote({ reveal: () => "abc" })("abc")).toBe("abc");
});
