import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { print, printTable } from "./print.ts";

export interface Measured {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly maxRssMiB: number;
  readonly output: string;
}

/** Runs a command under /usr/bin/time's counterpart in Python's resource module, which every machine with Python has. */
const wrapper = `
import resource, subprocess, sys, time
started = time.monotonic()
done = subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], "wb"), stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(int((time.monotonic() - started) * 1000), int((used.ru_utime + used.ru_stime) * 1000), used.ru_maxrss // 1024, done.returncode)
`;

export function run(command: readonly string[]): Measured {
  const output = `/tmp/apprentice-bench-${process.pid}.out`;
  const { stdout } = spawnSync("python3", ["-c", wrapper, output, ...command], { encoding: "utf8" });
  const [wallMs = 0, cpuMs = 0, maxRssMiB = 0] = stdout.trim().split(" ").map(Number);
  return { wallMs, cpuMs, maxRssMiB, output: readFileSync(output, "utf8") };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function medianOf(runs: readonly Measured[]): { wallMs: number; cpuMs: number; maxRssMiB: number } {
  return {
    wallMs: median(runs.map((one) => one.wallMs)),
    cpuMs: median(runs.map((one) => one.cpuMs)),
    maxRssMiB: median(runs.map((one) => one.maxRssMiB)),
  };
}

const apprentice = [process.execPath, "bin/apprentice.js"];

export function benchStartUp(): void {
  print("## Start of the command line (median of 7)\n");
  const commands: [string, readonly string[]][] = [
    ["node -e 0", [process.execPath, "-e", "0"]],
    ["apprentice --help", [...apprentice, "--help"]],
    ["apprentice generate --help", [...apprentice, "generate", "--help"]],
  ];
  const rows = commands.map(([name, command]) => {
    run(command);
    const { wallMs, cpuMs, maxRssMiB } = medianOf(Array.from({ length: 7 }, () => run(command)));
    return [name, wallMs.toFixed(0), cpuMs.toFixed(0), maxRssMiB.toFixed(0)];
  });
  printTable(["command", "wall ms", "CPU ms", "RSS MiB"], rows);
  print(
    "On a machine of this kind (measured earlier, not in this run): SERA main.py --help 6,650 ms, sera --help 800 ms, mini --help 280 ms, litellm --help 6,850 ms.\n",
  );
}

export function benchFunctions(repository: string): void {
  print(`## Functions (\`functions --all\`, median of 3)\n`);
  const command = [...apprentice, "functions", repository, "--all", "--json"];
  run(command);
  const runs = Array.from({ length: 3 }, () => run(command));
  const { wallMs, cpuMs, maxRssMiB } = medianOf(runs);
  const functions = (runs[0]?.output.trimEnd().split("\n") ?? []).length;
  printTable(
    ["functions", "wall s", "CPU s", "functions/s", "functions per CPU-second", "RSS MiB (largest process)"],
    [
      [
        String(functions),
        (wallMs / 1000).toFixed(2),
        (cpuMs / 1000).toFixed(2),
        ((1000 * functions) / wallMs).toFixed(0),
        ((1000 * functions) / cpuMs).toFixed(0),
        String(maxRssMiB),
      ],
    ],
  );
  print(
    "The authors' way on Django 5.2.8's package (883 files, measured earlier): 271 CPU-seconds, 5,359 of 9,271 functions kept, 20 functions per CPU-second.\n",
  );
}
