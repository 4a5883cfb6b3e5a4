import { join } from "node:path";
import { expect, test } from "vitest";
import { type Bench, never } from "./bench.conformance.ts";

export function lifeCases(bench: Bench): void {
  test("the snapshot is never written to, and two sandboxes do not see each other", async () => {
    await using one = await bench.open();
    await using other = await bench.open();
    await one.says("echo mine >readme.md; rm -r src");
    expect(await other.says("cat readme.md src/a.py")).toBe("this is readme.md\nthis is src/a.py\n");
    await using third = await bench.open();
    expect(await third.says("cat readme.md")).toBe("this is readme.md\n");
  });

  test("many at once", async () => {
    const opened = await Promise.all(Array.from({ length: 12 }, () => bench.open()));
    const said = await Promise.all(opened.map((at, index) => at.says(`echo ${index}; pwd`)));
    expect(said).toEqual(opened.map((_, index) => `${index}\n/testbed\n`));
    await Promise.all(opened.map((at) => at[Symbol.asyncDispose]()));
  });

  test("what clean may remove is never a sandbox that lives", async () => {
    await using at = await bench.open();
    const left = await bench.backend.leftovers();
    await Promise.all(left.filter(({ kind }) => kind === "sandbox").map(({ remove }) => remove()));
    expect(await at.says("cat readme.md")).toBe("this is readme.md\n");
  });

  test("closing twice is closing once, and afterwards everything fails as a value", async () => {
    const at = await bench.open();
    await at.says("sleep 1000 & echo");
    await Promise.all([at.sandbox[Symbol.asyncDispose](), at.sandbox[Symbol.asyncDispose]()]);
    await at.sandbox[Symbol.asyncDispose]();
    const ran = await at.sandbox.run({ command: "echo", timeoutMs: 1000, outputLimitBytes: 10 }, never);
    expect(ran).toMatchObject({ ok: false, error: { boundary: "sandbox", code: "sandbox-died" } });
    expect(await at.sandbox.stat("/testbed", never)).toMatchObject({ ok: false, error: { code: "sandbox-died" } });
    expect(await at.sandbox.exportTree({ final: true }, never)).toMatchObject({ ok: false });
  });

  test("a signal stops a command and the sandbox with it", async () => {
    await using at = await bench.open();
    const stop = new AbortController();
    const running = at.sandbox.run({ command: "sleep 1000", timeoutMs: 600_000, outputLimitBytes: 10 }, stop.signal);
    stop.abort();
    expect(await running).toMatchObject({ ok: false, error: { boundary: "sandbox", code: "cancelled" } });
    expect(await at.sandbox.stat("/testbed", never)).toMatchObject({ ok: false });
  });

  test("a signal stops an opening; one that came before prevents it", async () => {
    const stop = new AbortController();
    const opening = bench.backend.open(bench.request(), stop.signal);
    stop.abort();
    expect(await opening).toMatchObject({ ok: false, error: { code: "cancelled" } });
    expect(await bench.backend.open(bench.request(), stop.signal)).toMatchObject({ ok: false, error: { code: "cancelled" } });
  });

  test("a snapshot that is not there fails as a value", async () => {
    const request = { ...bench.request(), snapshot: { id: "none", path: join(bench.place.path, "none") } };
    expect(await bench.backend.open(request, never)).toMatchObject({
      ok: false,
      error: { boundary: "sandbox", code: "sandbox-not-opened" },
    });
  });

  test("a probe says that it works, row by row", async () => {
    const checks = await bench.backend.probe();
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(checks.length).toBeGreaterThan(1);
  });

  test("a sweep leaves alone what lives", async () => {
    await using at = await bench.open();
    await bench.backend.sweep();
    expect(await at.says("echo alive; cat readme.md")).toBe("alive\nthis is readme.md\n");
  });
}
