import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

const watching = `const { watchInterruption } = await import(${JSON.stringify(join(import.meta.dirname, "interruption.ts"))});
  const interruption = watchInterruption({ say: (line) => console.log("said", line.includes("Ctrl-C again")) });
  const { drain, stop } = interruption;
  const tell = () => console.log(interruption.status, drain.aborted, stop.aborted);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, tell);
  process.stdin.resume().on("end", () => process.exit());
  tell();`;

/** What a process with a watched interruption says at its start and after each signal. */
async function saidAfter(signals: readonly NodeJS.Signals[]): Promise<string[]> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", watching], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [...signals];
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (line.startsWith("said")) continue;
    const next = waiting.shift();
    if (next === undefined) child.stdin.end();
    else child.kill(next);
  }
  return said;
}

test.each<[NodeJS.Signals[], string[]]>([
  [
    ["SIGINT", "SIGINT"],
    ["null false false", "said true", "130 true false", "130 true true"],
  ],
  [["SIGTERM"], ["null false false", "143 true true"]],
  [
    ["SIGINT", "SIGTERM"],
    ["null false false", "said true", "130 true false", "143 true true"],
  ],
  [["SIGHUP"], ["null false false", "143 true true"]],
])("%j: status, drain and stop after each", async (signals, said) => {
  expect(await saidAfter(signals)).toEqual(said);
});
