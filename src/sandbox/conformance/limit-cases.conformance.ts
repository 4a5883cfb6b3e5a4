import { expect, test } from "vitest";
import type { Bench } from "./bench.conformance.ts";
import { fileMark } from "./exported.conformance.ts";

export function limitCases(bench: Bench): void {
  test("a file larger than the workspace may be is refused, and so is a full /tmp", async () => {
    await using at = await bench.open();
    const full = /No space left on device|File too large/;
    const file = await at.run("cat /dev/zero >filler");
    expect({ ...file, failed: file.exitCode !== 0 }).toMatchObject({ failed: true, output: expect.stringMatching(full) });
    expect((await at.run("i=0; while cat /dev/zero >/tmp/filler$i && [ $i -lt 9 ]; do i=$((i+1)); done")).output).toMatch(full);
    expect(await at.says("rm filler; echo next")).toBe("next\n");
  });

  test("processes are bounded, and a fork bomb ends with the shell", async () => {
    await using at = await bench.open({ processes: 48 });
    await at.run("bomb() { bomb | bomb & }; bomb; while :; do :; done", { timeoutMs: 1500 });
    expect(Number(await at.says("set -- /proc/[0-9]*; echo $#"))).toBeLessThan(48);
    await at.says("ls >/dev/null");
    expect(await at.text("/testbed/readme.md")).toBe("this is readme.md\n");
  });
}

export function diskCases(bench: Bench): void {
  test("a full workspace says so, and its export is still whole", async () => {
    await using at = await bench.open();
    await at.says("echo kept >kept");
    const full = await at.run("cat /dev/zero >filler");
    expect(full.exitCode).not.toBe(0);
    expect(full.output).toContain("No space left on device");
    expect(await at.write("/testbed/more", Buffer.alloc(500_000, 1))).toEqual({ ok: false, problem: "no-space" });
    expect(await at.says("echo next")).toBe("next\n");
    expect((await at.run("cat /dev/zero >/tmp/filler")).output).toContain("No space left on device");
    await at.says("rm filler");
    expect((await at.exported()).entries.get("kept")).toBe(fileMark("kept\n"));
  });
}

export function memoryCases(bench: Bench): void {
  test("memory is bounded, and the shell outlives what took too much", async () => {
    await using at = await bench.open({ memoryMiB: 96 });
    const hog = await at.run("(x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x})");
    expect(hog.exitCode).not.toBe(0);
    expect(hog.output).not.toMatch(/^200000000$/m);
    expect(await at.run("echo next")).toMatchObject({ output: expect.stringContaining("next\n"), exitCode: 0 });
  });
}
