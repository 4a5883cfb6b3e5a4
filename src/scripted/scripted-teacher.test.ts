import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { sha256Hex } from "../base/hash.ts";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { calm, dialectNames, dialects, hint, logged, post } from "./asked-teacher.conformance.ts";
import { startScriptedTeacher } from "./scripted-teacher.ts";

const folder = mkdtempSync(join(tmpdir(), "scripted-teacher-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the same request gets the same bytes from two teachers, streamed or not, in both dialects", async () => {
  await using first = await startScriptedTeacher(calm);
  await using second = await startScriptedTeacher({ ...calm, latencyMs: 5 });
  for (const dialect of dialectNames) {
    for (const stream of [false, true]) {
      const { path, body } = dialects[dialect];
      const texts = await Promise.all([first, second, first].map(async ({ url }) => (await post(url + path, body(stream))).text()));
      expect(new Set(texts).size).toBe(1);
      expect(texts[0]).toContain("scripted");
    }
  }
});

test("nobody reaches it but this machine by its loopback address", async () => {
  await using teacher = await startScriptedTeacher(calm);
  const others = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ scopeid }) => !scopeid));
  const hosts = others.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));
  const reached: string[] = [];
  for (const host of new Set(["127.0.0.1", "127.0.0.2", ...hosts])) {
    const answer = await fetch(`http://${host}:${new URL(teacher.url).port}/v1/models`).catch(() => null);
    if (answer !== null) reached.push(host);
  }
  expect(reached).toEqual(["127.0.0.1"]);
});

test("another seed or another task plays otherwise", async () => {
  const texts = new Set<string>();
  for (let seed = 0; seed < 8; seed++) {
    await using teacher = await startScriptedTeacher({ ...calm, seed });
    texts.add(await (await post(teacher.url + dialects.chat.path, dialects.chat.body(false))).text());
  }
  expect(texts.size).toBeGreaterThan(3);
});

test("the log line is on disk before the reply ends, with the hash of the exact bytes", async () => {
  const logPath = join(folder, "order.jsonl");
  await using teacher = await startScriptedTeacher({ ...calm, logPath });
  const body = dialects.chat.body(true, { note: "exact bytes: ä" });
  const reply = await post(teacher.url + dialects.chat.path, body);
  expect(logged(logPath)).toMatchObject([{ hash: sha256Hex(body), outcome: "ok" }]);
  await reply.text();
  expect(logged(logPath)).toHaveLength(1);
});

const noFullDevice = existsSync("/dev/full") ? null : "there is no /dev/full to write to";

test("no reply is sent whose line could not be written first", skippedIf(noFullDevice), async () => {
  await using teacher = await startScriptedTeacher({ ...calm, logPath: "/dev/full" });
  await expect(post(teacher.url + dialects.chat.path, dialects.chat.body(false))).rejects.toThrow();
});

test.each(dialectNames)("%s: another model is 404, a body that is no request 400, and both are logged", async (dialect) => {
  const logPath = join(folder, `refused-${dialect}.jsonl`);
  await using teacher = await startScriptedTeacher({ ...calm, logPath });
  const { path, body } = dialects[dialect];
  const unknown = await post(teacher.url + path, body(true, { model: "gpt-x" }));
  expect(unknown.status).toBe(404);
  expect(await unknown.text()).toMatch(dialect === "chat" ? /"code":"model_not_found"/ : /"type":"error".*not_found_error/);
  for (const bad of ["{", "[]", '{"model":"scripted"}']) expect((await post(teacher.url + path, bad)).status).toBe(400);
  expect(logged(logPath).map((line) => line.outcome)).toEqual(["404", "400", "400", "400"]);
});

test("models are listed, and other paths are not there", async () => {
  await using teacher = await startScriptedTeacher(calm);
  const models: unknown = await (await fetch(`${teacher.openaiBaseUrl}/models`)).json();
  expect(models).toMatchObject({ data: [{ id: "scripted" }] });
  expect((await fetch(`${teacher.url}/v1/embeddings`, { method: "POST" })).status).toBe(404);
  expect(teacher.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test("shares are kept over many requests, and the limit of output tokens too", async () => {
  const logPath = join(folder, "shares.jsonl");
  await using teacher = await startScriptedTeacher({ ...calm, faults: { "500": 0.2, malformed: 0.3 }, logPath });
  const bodies = Array.from({ length: 400 }, (_, index) =>
    dialects.chat.body(false, { messages: [{ role: "user", content: `${hint} ${index}` }] }),
  );
  await Promise.all(bodies.map(async (body) => (await post(teacher.url + dialects.chat.path, body)).arrayBuffer()));
  const count = (outcome: string): number => logged(logPath).filter((line) => line.outcome === outcome).length;
  expect(count("500")).toBeGreaterThan(50);
  expect(count("500")).toBeLessThan(110);
  expect(count("malformed")).toBeGreaterThan(85);
  expect(count("malformed")).toBeLessThan(155);
  await using other = await startScriptedTeacher(calm);
  const short = await (await post(other.url + dialects.chat.path, dialects.chat.body(false, { max_tokens: 2 }))).text();
  expect(short).toContain('"finish_reason":"length"');
});

test("closing twice is fine, and cuts what is still being waited for", async () => {
  const teacher = await startScriptedTeacher({ ...calm, latencyMs: 60_000 });
  const asked = post(teacher.url + dialects.chat.path, dialects.chat.body(true)).catch(() => "cut");
  const connected = await fetch(`${teacher.url}/v1/models`);
  await connected.text();
  await teacher[Symbol.asyncDispose]();
  await teacher[Symbol.asyncDispose]();
  expect(await asked).toBe("cut");
});
