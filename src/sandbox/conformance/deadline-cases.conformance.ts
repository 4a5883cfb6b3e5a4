import { expect, test } from "vitest";
import type { Bench } from "./bench.conformance.ts";

export function deadlineCases(bench: Bench): void {
  test("a command over its deadline ends, and the shell lives on where it stood", async () => {
    await using at = await bench.open();
    await at.says("cd src; export KEPT=yes");
    const done = await at.run("echo before; sleep 1000", { timeoutMs: 300 });
    expect(done).toEqual({ output: "before\n", outputTail: "", outputBytes: 7, ended: "timed-out", exitCode: null });
    expect(await at.says("pwd; echo $KEPT")).toBe("/testbed/src\nyes\n");
  });

  test.each([
    ["a loop of the shell itself", "while :; do :; done"],
    ["an ignored SIGTERM", "trap '' TERM INT HUP; while :; do sleep 1; done"],
    ["a stopped shell", "kill -STOP $$"],
    ["set -n", "set -n"],
  ])("%s ends at the deadline, and a shell stands in the same folder", async (_name, command) => {
    await using at = await bench.open();
    await at.says("cd src");
    const first = await at.run(command, { timeoutMs: 300 });
    const done = first.ended === "completed" ? await at.run("echo", { timeoutMs: 300 }) : first;
    expect(done).toMatchObject({ ended: "timed-out", exitCode: null });
    expect(await at.says("pwd")).toBe("/testbed/src\n");
  });

  test("endless output is dropped until the deadline", async () => {
    await using at = await bench.open();
    const done = await at.run("yes", { timeoutMs: 500, outputLimitBytes: 1000 });
    expect(done).toMatchObject({ output: "y\n".repeat(500), ended: "timed-out" });
    expect(done.outputBytes).toBeGreaterThan(1000);
    expect(await at.says("echo next")).toBe("next\n");
  });

  test("what a new shell finds unread of a killed one's command is not run", async () => {
    await using at = await bench.open();
    const long = `: ${"x".repeat(2_000_000)}\n${"touch planted\n".repeat(2000)}`;
    await at.run(long, { timeoutMs: 1 });
    expect(await at.says("test -e planted || echo next")).toBe("next\n");
  });
}
