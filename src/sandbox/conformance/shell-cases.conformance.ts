import { expect, test } from "vitest";
import type { Bench, Opened } from "./bench.conformance.ts";

export function shellCases(bench: Bench): void {
  const next = async (at: Opened): Promise<void> => expect(await at.says("echo next; pwd")).toBe("next\n/testbed\n");

  test.each([
    ["exit", "exit 3", 3],
    ["exec", "exec sh -c 'echo last; exit 5'", 5],
    ["a killed shell", "kill -9 $$", 137],
    ["set -e", "set -e; false; echo not reached", 1],
  ])("%s ends the shell, and a new one stands in the workspace", async (_name, command, exitCode) => {
    await using at = await bench.open();
    await at.says("cd src; export GONE=1");
    const done = await at.run(command);
    expect(done).toMatchObject({ ended: "shell-ended", exitCode });
    expect(done.output).not.toContain("not reached");
    await next(at);
    expect(await at.says("echo [$GONE]")).toBe("[]\n");
  });

  test("set -e and set -u may stay on", async () => {
    await using at = await bench.open();
    await at.says("set -eu; KEPT=yes");
    expect(await at.says("echo $KEPT")).toBe("yes\n");
    expect(await at.says("echo $KEPT; case $- in *e*u* | *u*e*) echo on ;; esac")).toBe("yes\non\n");
  });

  test.each([
    ["IFS", "IFS=0123456789abcdef"],
    ["globbing off", "set -f -C"],
    ["functions of our names", "eval() { :; }; printf() { :; }; builtin() { :; }"],
    ["aliases", "shopt -s expand_aliases 2>/dev/null; alias command=false printf=false eval=false"],
    ["no PATH", "PATH=/nowhere"],
    ["closed descriptors", "exec 0<&- 1>&- 2>&- 9>&-"],
    ["traps", "trap 'true' DEBUG 2>/dev/null; trap '' TERM INT HUP"],
    ["verbose", "set -v"],
    ["language and encoding", "export LC_ALL=tr_TR.UTF-16 LANG=zh_CN.GB18030 LANGUAGE=de LC_NUMERIC=de_DE"],
    ["time zone and the shell's clock", "export TZ=Pacific/Kiritimati; SECONDS=99999999999; EPOCHSECONDS=1; RANDOM=1"],
  ])("a command may change %s, and frames stay whole", async (_name, command) => {
    await using at = await bench.open();
    expect(await at.run(command)).toMatchObject({ ended: "completed" });
    const done = await at.run("echo next; (exit 9)");
    expect(done).toMatchObject({ ended: "completed", exitCode: 9 });
    expect(done.output).toContain("next\n");
    expect(done.output).not.toMatch(/[0-9a-f]{16}/);
  });

  test("a part of a command that fails in a copy of the shell leaves one shell", async () => {
    await using at = await bench.open();
    for (const command of ["(. /none)", "(set -o none)", "(readonly R=1; R=2)", "(: $(. /none))", "(. /none) | cat", "(. /none) & wait"]) {
      const done = await at.run(`${command}; echo after`);
      expect({ command, ...done, lines: done.output.split("after\n").length }).toMatchObject({ ended: "completed", exitCode: 0, lines: 2 });
      expect(done.output).not.toMatch(/[0-9a-f]{16}/);
    }
    expect(await at.says("echo next")).toBe("next\n");
  });

  test("output that a command sends elsewhere comes back for the next", async () => {
    await using at = await bench.open();
    await at.says("exec >elsewhere 2>&1; echo hidden");
    expect(await at.says("echo seen")).toBe("seen\n");
    expect(await at.text("/testbed/elsewhere")).toContain("hidden");
  });

  test("a shell that takes no more commands is replaced, and the command runs", async () => {
    await using at = await bench.open();
    await at.run("command() { :; }");
    expect(await at.says("echo next")).toBe("next\n");
  });

  test("a deleted workspace", async () => {
    await using at = await bench.open();
    await at.run("rm -rf /testbed/* /testbed/.[a-z]*; mkdir gone; cd gone; rmdir /testbed/gone");
    expect(await at.run("echo still")).toMatchObject({ output: expect.stringContaining("still\n") });
    expect(await at.says("cd /testbed; ls -A; echo new >new; cat new")).toBe("new\n");
  });
}
