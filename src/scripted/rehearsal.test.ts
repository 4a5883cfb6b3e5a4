import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { added, ask, hintFor, play, reportOf } from "./rehearsal.conformance.ts";
import { files, python } from "./rehearsed-files.conformance.ts";
import { startScriptedTeacher, type ScriptedTeacher } from "./scripted-teacher.ts";
import { syntaxErrors } from "./syntax-errors.conformance.ts";

/** Rollouts of the scripted teacher over real files, with the real toolset and a real shell. */

let teacher: ScriptedTeacher;
beforeAll(async () => {
  teacher = await startScriptedTeacher({ port: 0, seed: 11, latencyMs: 0, faults: {}, faultsInARow: 2, logPath: null });
});
afterAll(() => teacher[Symbol.asyncDispose]());

const subjects: readonly (readonly [string, string])[] = [
  ["Store.add", "shop/store.py"],
  ["Shelf.add", "shop/store.py"],
  ["Store.size", "shop/store.py"],
  ["Shelf.find", "shop/store.py"],
  ["Shelf.find.inner", "shop/store.py"],
  ["Store.__init__", "shop/store.py"],
  ["step_250", "shop/long.py"],
  ["Store.add", "shop/windows.py"],
  ["Shelf.find", "shop/tabs.py"],
  ["clamp", "web/limit.ts"],
  ["double", "web/limit.ts"],
  ["Limiter.onFull", "web/limit.ts"],
  ["Limiter.constructor", "web/limit.ts"],
  ["Limiter.take", "web/limit.ts"],
  ["Limiter.size", "web/limit.ts"],
  ["Limiter.of", "web/limit.ts"],
  ["pick", "web/it's here/limit.js"],
  ["Store.Add", "cmd/store.go"],
  ["(*Store).Add", "cmd/store.go"],
  ["Map", "cmd/store.go"],
  ["one", "cmd/store.go"],
  ["Print", "cmd/store.go"],
  ["Store#add", "lib/store.rb"],
];

describe.each(subjects)("%s in %s", (name, path) => {
  test("a first rollout edits that file alone, validly, in 6 to 14 calls, and cleans up", async () => {
    const first = await play(teacher, hintFor(name, path));
    expect(first.calls.length).toBeGreaterThanOrEqual(6);
    expect(first.calls.length).toBeLessThanOrEqual(14);
    expect(Object.keys(first.files).sort()).toEqual(Object.keys(files).sort());
    const changed = Object.keys(files).filter((file) => files[file] !== first.files[file]);
    expect(changed).toEqual([path]);
    expect(added(first).length).toBeGreaterThanOrEqual(2);
    expect(added(first).length).toBeLessThanOrEqual(6);
    expect(first.files[path]?.includes("\r\n")).toBe(files[path]?.includes("\r\n"));
    expect(await syntaxErrors(path, first.files[path] ?? "")).toBe(false);
    expect(first.calls.join("\n")).not.toMatch(/"}\nOBSERVATION:\n(sh|grep|ls|rm): /);
  });
});

test("a nested name is edited at its own definition, not at one of the same name", async () => {
  const second = await play(teacher, hintFor("Shelf.add", "shop/store.py"));
  const text = second.files["shop/store.py"] ?? "";
  const before = python.slice(0, python.indexOf("class Shelf"));
  expect(text.startsWith(before)).toBe(true);
});

test.each([
  ["Store.add", "shop/store.py"],
  ["clamp", "web/limit.ts"],
  ["Map", "cmd/store.go"],
])("second rollouts over %s in %s make the same change fully, partly or not, by the draw", async (name, path) => {
  const hint = hintFor(name, path);
  const first = await play(teacher, hint);
  const target = added(first);
  const shares: number[] = [];
  for (let salt = 0; salt < 14; salt++) {
    const report = await reportOf(teacher, hint, salt);
    expect(report.split(`\`${name}\` in \`${path}\``)).toHaveLength(2);
    // A number apart, so that the first user messages differ although reports repeat.
    const second = await play(teacher, `${report}\n\n(report ${salt})`);
    const lines = added(second);
    expect(await syntaxErrors(path, second.files[path] ?? "")).toBe(false);
    shares.push(target.filter((line) => lines.includes(line)).length / target.length);
    const whole = target.every((line) => lines.includes(line));
    expect(whole ? second.files : first.files).toEqual(first.files);
  }
  expect(shares.filter((share) => share === 1).length).toBeGreaterThanOrEqual(4);
  expect(shares.filter((share) => share > 0.2 && share < 0.9).length).toBeGreaterThanOrEqual(1);
  expect(shares.filter((share) => share <= 0.4).length).toBeGreaterThanOrEqual(1);
});

test("rollouts go to the end under malformed, several and oversized replies, with the same change", async () => {
  const faults = { malformed: 0.2, several: 0.2, oversized: 0.1 };
  await using faulty = await startScriptedTeacher({ port: 0, seed: 11, latencyMs: 0, faults, faultsInARow: 2, logPath: null });
  const hint = hintFor("Limiter.take", "web/limit.ts");
  const requeries = { count: 0 };
  const under = await play(faulty, hint, requeries);
  const calm = await play(teacher, hint);
  expect(requeries.count).toBeGreaterThan(0);
  expect(under.files).toEqual(calm.files);
  expect(calm.calls.every((call) => under.calls.includes(call))).toBe(true);
});

test("a function that is not there, a file that is not there and a task that names nothing all end", async () => {
  const missing = await play(teacher, hintFor("nowhere", "shop/store.py"));
  expect(missing.calls.at(-1)).toMatch(/^submit/);
  expect(await syntaxErrors("a.py", missing.files["shop/store.py"] ?? "")).toBe(false);
  const noFile = await play(teacher, hintFor("add", "shop/none.py"));
  expect(noFile.files).toEqual(files);
  const unknown = await play(teacher, "Please do something nice.");
  expect(unknown.calls.map((call) => call.split(" ")[0])).toEqual(["bash", "submit", "submit"]);
});

test("the benchmark's script is 20 echoes and a submit", async () => {
  const bench = await play(teacher, "Measure bench:21 now.");
  expect(bench.calls).toHaveLength(22);
  expect(bench.calls[19]).toBe('bash {"command":"echo step 20"}\nOBSERVATION:\nstep 20\n');
});

test("self-checks say yes, and no to about one in twenty", async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      ask(teacher, { messages: [{ role: "user", content: `Case ${index}. Answer in <verdict> tags.` }] }),
    ),
  );
  const refused = answers.filter(({ content }) => content.includes("<verdict>no</verdict>"));
  expect(refused.length).toBeGreaterThan(1);
  expect(refused.length).toBeLessThan(25);
  expect(answers.every(({ content }) => /<verdict>(yes|no)<\/verdict>/.test(content))).toBe(true);
  expect(answers.every((answer) => answer.reasoning_content !== undefined)).toBe(true);
});
