import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Secret } from "../base/secret.ts";
import { inventedSample } from "../records/invented-sample.conformance.ts";
import { insideJson, redactSample } from "./redact-sample.ts";
import { createRedactor, type Redactor } from "./redactor.ts";

const redactorOf = (more: { key?: string; secrets?: Secret[]; personal?: boolean } = {}): Redactor =>
  createRedactor({ key: "run", secrets: [], personal: true, ...more });

/** Made here, so that no file of ours looks as if it held a key. */
const github = `ghp_${"a1B2c3D4e5".repeat(4)}`;
const pem = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA75x", "9Qk+/=", "-----END RSA PRIVATE KEY-----"].join("\n");

const shapes: readonly (readonly [kind: string, text: string, value: string])[] = [
  ["SECRET", "id = AKIAIOSFODNN7ABCDEFG;", "AKIAIOSFODNN7ABCDEFG"],
  ["SECRET", `git clone https://x:${github}@github.com/a/b`, github],
  ["SECRET", `token ${github}.`, github],
  ["SECRET", "key: sk-ant-api03-abcDEF123456789012345", "sk-ant-api03-abcDEF123456789012345"],
  ["SECRET", "postgres://admin:s3cr3t!x@db.internal/app", "s3cr3t!x"],
  ["SECRET", "Authorization: Bearer abc123def456ghi789", "abc123def456ghi789"],
  ["SECRET", `DB_PASSWORD = "x9!kQ2vLw8Zp"`, "x9!kQ2vLw8Zp"],
  ["SECRET", `{"api_key": "9f8e7d6c5b4a3210ff"}`, "9f8e7d6c5b4a3210ff"],
  ["SECRET", `before\n${pem}\nafter`, pem],
  ["EMAIL", "Author: Jane <jane.doe+x@corp-mail.com>", "jane.doe+x@corp-mail.com"],
  ["PHONE", "call +49 30 1234 5678 now", "+49 30 1234 5678"],
  ["CARD", "card 4111 1111 1111 1111,", "4111 1111 1111 1111"],
  ["IBAN", "to DE89 3704 0044 0532 0130 00 today", "DE89 3704 0044 0532 0130 00"],
];

test.each(shapes)("%s in %j", (kind, text, value) => {
  const redactor = redactorOf();
  const redacted = redactor.redact(text);
  expect(redacted).not.toContain(value);
  expect(redacted).toMatch(new RegExp(`<${kind}_[0-9a-f]{12}>`));
  expect(redacted.replace(/<[A-Z]+_[0-9a-f]{12}>/, value)).toBe(text);
  expect(redactor.restore(redacted)).toBe(text);
});

test.each([
  "git@github.com:a/b.git",
  "user@example.com",
  "x = a@b.shape",
  "@pytest.fixture",
  'password = "changeme123"',
  "password = os.environ['DB_PASSWORD_2']",
  'token: "${TOKEN_1_VALUE}"',
  "https://user:password@host/",
  "@@ -10,3 +12,4 @@ +1234567890",
  "sk-this-is-a-css-class-name-that-is-long",
  "1700000000000000",
  "4111 1111 1111 1112",
  "DE89 3704 0044 0532 0130 01",
  "1.2.3.4",
])("%j stays", (text) => {
  expect(redactorOf().redact(text)).toBe(text);
});

test("values that the run knows go wherever they stand; people stay where they are not asked about", () => {
  const redactor = redactorOf({ secrets: [new Secret("KEY", "hunter2-plain-words")], personal: false });
  const redacted = redactor.redact("a hunter2-plain-words b jane@corp.com hunter2-plain-words");
  expect(redacted).toMatch(/^a (<SECRET_[0-9a-f]{12}>) b jane@corp\.com \1$/);
  expect(redactor.count).toBe(2);
});

test("a placeholder is the same in every process of a run, and another in another run", () => {
  const redacted = redactorOf().redact(github);
  expect(redactorOf().redact(github)).toBe(redacted);
  expect(redactorOf({ key: "other" }).redact(github)).not.toBe(redacted);
});

test("placeholders that it did not give out are left alone", () => {
  const foreign = redactorOf({ key: "other" }).redact(github);
  const redactor = redactorOf();
  redactor.redact(github);
  expect(redactor.restore(foreign)).toBe(foreign);
});

const piece = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    ...shapes.map(([, text]) => text),
    "<SECRET_0123456789ab>",
    " ",
    "\n",
    '"',
    "password='",
    "@",
    "-----BEGIN PRIVATE KEY-----",
  ),
);

test("property: what was redacted comes back, and redacting twice is redacting once", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join("");
      const redactor = redactorOf();
      const once = redactor.redact(text);
      expect(redactor.restore(once)).toBe(text);
      expect(redactor.redact(once)).toBe(once);
    }),
    { numRuns: 2000 },
  );
  expect.hasAssertions();
});

test.each([
  ["one letter", "a"],
  ["beginnings of keys", "eyJ"],
  ["beginnings of JWTs", "eyJa-"],
  ["at signs", "a@"],
  ["beginnings of PEM", "-----BEGIN PRIVATE KEY-----"],
  ["URLs", "a://"],
  ["assignments", "password: "],
  ["digits", "4111 "],
  ["plus signs", "+1 22 "],
  ["capital letters", "AB12 "],
])("2 MB of %s are looked through at once", { timeout: 20_000 }, (_, unit) => {
  const text = unit.repeat(Math.ceil(2_000_000 / unit.length));
  expect(redactorOf().redact(text).length).toBeGreaterThan(0);
});

test("arguments stay JSON, and what is not changed keeps its spelling", () => {
  const given = `{"b":1.0, "text": "\\u0041 ${pem.replaceAll("\n", "\\n")} \\"x\\"", "n": 12345678901234567890}`;
  const redactor = redactorOf();
  const redacted = insideJson(given, redactor.redact);
  expect(redacted).toMatch(/^\{"b":1\.0, "text": "A <SECRET_[0-9a-f]{12}> \\"x\\"", "n": 12345678901234567890\}$/);
  expect(JSON.parse(insideJson(redacted, redactor.restore))).toEqual(JSON.parse(given));
  expect(insideJson(`{"a": ${github}`, redactor.redact)).toMatch(/^\{"a": <SECRET/);
});

test("no text of a sample keeps a value", () => {
  const sample = inventedSample(
    [
      { role: "system", content: `s ${github}` },
      { role: "user", content: `u ${github}` },
      {
        role: "assistant",
        content: `c ${github}`,
        reasoning: `r ${github}`,
        toolCalls: [{ id: "1", name: "bash", arguments: `{"command": "${github}"}` }],
      },
      { role: "tool", content: github, toolCallId: "1" },
    ],
    {},
  );
  const hinted = { ...sample, provenance: { ...sample.provenance, hint: github } };
  const { sample: redacted, redactions } = redactSample(hinted, redactorOf());
  expect(JSON.stringify(redacted)).not.toContain(github.slice(0, 12));
  expect(redactions).toBe(7);
});
