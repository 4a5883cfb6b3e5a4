import { inspect } from "node:util";
import { stringify } from "yaml";
import { expect, test } from "vitest";
import { createScrubber, Secret } from "./secret.ts";

const value = 'sk/ab+c="quoted"\\<&>';
const secret = new Secret("TEACHER_KEY", value);

test("a secret shows its name and never its value, however it is written", () => {
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    stringify({ a: secret.toJSON() }),
  ];
  for (const text of shown) {
    expect(text).toContain("TEACHER_KEY");
    expect(text).not.toContain("sk/ab");
  }
  expect(JSON.stringify(Object.values(secret))).not.toContain("sk/ab");
  expect(secret.reveal()).toBe(value);
});

const forms: readonly [string, string][] = [
  ["as such", value],
  ["inside a JSON string", JSON.stringify({ error: `bad key ${value}!` })],
  ["inside JSON with escaped slashes", JSON.stringify({ error: `bad key ${value}!` }).replaceAll("/", "\\/")],
  ["inside JSON that is itself a JSON string", JSON.stringify({ arguments: JSON.stringify({ command: `echo ${value}` }) })],
  ["percent-encoded", `/models?key=${encodeURIComponent(value)}`],
  ["percent-encoded in lower case", `/models?key=${encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase())}`],
  ["as hexadecimal digits", Buffer.from(value).toString("hex")],
  ["as hexadecimal digits in upper case", Buffer.from(value).toString("hex").toUpperCase()],
  ["as HTML", "<p>sk/ab+c=&quot;quoted&quot;\\&lt;&amp;&gt;</p>"],
];

test.each(forms)("a value is scrubbed %s", (_, text) => {
  const scrubbed = createScrubber([secret]).text(`${text} and ${text}`);
  expect(scrubbed.split("[env:TEACHER_KEY]").length).toBe(3);
  expect(scrubbed).not.toMatch(/sk|quoted/);
});

test("white space around a value, as a file's newline, does not hide it", () => {
  expect(createScrubber([new Secret("K", "abcdefgh\n")]).text("key abcdefgh.")).toBe("key [env:K].");
});

test("of values of which one contains the other the longer is found first", () => {
  const scrubber = createScrubber([new Secret("SHORT", "abcdefgh"), new Secret("LONG", "abcdefgh-ijkl")]);
  expect(scrubber.text("abcdefgh-ijkl abcdefgh")).toBe("[env:LONG] [env:SHORT]");
});

test("text without a secret is the very same, and short values stay, because they would occur by chance", () => {
  expect(createScrubber([secret]).text("nothing here")).toBe("nothing here");
  expect(createScrubber([new Secret("TINY", "the")]).text("the theatre")).toBe("the theatre");
  expect(createScrubber([new Secret("BLANK", "      "), new Secret("EMPTY", "")]).text("a      b")).toBe("a      b");
});

const neighbours = ["", "a", "ab", "user:", "\u0000\u0000", "ÿÿ"];

test.each(neighbours.flatMap((before) => neighbours.map((after) => [before, after])))(
  "a value is scrubbed in base64 between %j and %j",
  (before, after) => {
    const bytes = Buffer.from(before + value + after);
    const scrubber = createScrubber([secret]);
    for (const text of [bytes.toString("base64"), bytes.toString("base64url"), encodeURIComponent(bytes.toString("base64"))]) {
      const scrubbed = scrubber.text(`Basic ${text};`);
      expect(scrubbed).toContain("[env:TEACHER_KEY]");
      const rest = Buffer.from(scrubbed.replace("[env:TEACHER_KEY]", "").replace(/Basic |;/g, ""), "base64").toString("latin1");
      expect(rest).not.toMatch(/sk\/|quoted|ab\+c/);
    }
    expect(scrubber.text(JSON.stringify(bytes.toString("base64")).replaceAll("/", "\\/"))).toContain("[env:TEACHER_KEY]");
  },
);
