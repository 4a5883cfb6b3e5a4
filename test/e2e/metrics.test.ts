import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call, generateArgs, start, startTeacher, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

/** What a GET says, with a Host of one's own. */
async function get(url: string, host: string): Promise<{ readonly status: number; readonly text: string }> {
  return await new Promise((resolve, reject) => {
    const asked = request(url, { headers: { host } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

test("a run under way says how far it is, on loopback and to nobody else's page", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  await using teacher = await startTeacher(join(folder.path, "teacher.jsonl"), ["--latency-ms", "60", "--faults", "500=0.1"]);
  const args = generateArgs({ repository, run: join(folder.path, "run"), url: teacher.url }, "--lineages", "8", "--concurrency", "3");
  const running = start([...args, "--metrics-port", "0"]);
  let said = "";
  running.child.stderr?.on("data", (part: Buffer) => (said += part.toString()));
  await expect.poll(() => /^Metrics: (.*)$/m.exec(said)?.[1] ?? null, { timeout: 60_000, interval: 50 }).not.toBeNull();
  const url = /^Metrics: (.*)$/m.exec(said)?.[1] ?? "";
  const { host } = new URL(url);
  await expect.poll(async () => (await get(url, host)).text, { timeout: 60_000, interval: 50 }).toMatch(/^apprentice_steps [1-9]/m);
  const { text } = await get(url, host);
  expect(text).toMatch(/^apprentice_lineages\{state="waiting"\} [1-8]$/m);
  expect(text).toMatch(/^apprentice_requests [1-9]\d*$/m);
  expect(text).toMatch(/^apprentice_cost_usd 0$/m);
  expect(text).toMatch(/^apprentice_input_tokens \d+$/m);
  expect(text).toMatch(new RegExp(`^apprentice_endpoint_in_flight\\{host="${new URL(teacher.url).host}"\\} [0-3]$`, "m"));
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect((await get(url, "evil.example")).status).toBe(403);
  expect((await get(url.replace("/metrics", "/"), host)).status).toBe(404);
  const other = generateArgs({ repository, run: join(folder.path, "other"), url: teacher.url });
  const busy = await call([...other, "--metrics-port", new URL(url).port]);
  expect([busy.status, busy.stderr]).toEqual([1, expect.stringContaining("Name another one, or 0 for any that is free.")]);
  expect((await running.ended).status).toBe(0);
  await expect(get(url, host)).rejects.toThrow("ECONNREFUSED");
});
