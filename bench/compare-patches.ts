import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comparePatches } from "../src/patch/compare-patches.ts";
import { compareSera } from "../src/patch/compare-sera.ts";
import { print } from "./print.ts";

/** The counting that the authors describe (reference.md §f), written from that: kept lines of each patch, a list from which matches are taken. */
const described = `
import sys, time
def kept(text):
    lines = []
    for line in text.splitlines():
        if line.startswith(("diff", "---", "+++", "@@")) or not line.startswith(("+", "-")) or not line[1:].strip():
            continue
        lines.append(line)
    return lines
def recall(first, second):
    wanted, left, matched = kept(first), kept(second), 0
    for line in wanted:
        if line in left:
            left.remove(line)
            matched += 1
    return matched / len(wanted) if wanted else None
folder, times = sys.argv[1], int(sys.argv[2])
first, second = (open(f"{folder}/{name}", newline="").read() for name in ("first", "second"))
begin = time.process_time()
for _ in range(times):
    score = recall(first, second)
print((time.process_time() - begin) * 1000 / times, score)
`;

/** A patch to one file that adds these lines. */
function patchOf(lines: readonly string[]): string {
  const body = lines.map((line) => `+${line}\n`).join("");
  return `diff --git a/big.py b/big.py\n--- a/big.py\n+++ b/big.py\n@@ -1,0 +1,${lines.length} @@\n${body}`;
}

function words(count: number, seed: string): string[] {
  return Array.from({ length: count }, (_, index) => `    value_${seed}_${index} = compute(${index * 7919}, "${seed}")`);
}

/** An ordinary pair a thousand times, without and with a warm engine, and one pair of patches of 20,000 lines in each order. */
export function benchComparisons(): void {
  const large = words(20_000, "a");
  const other = words(20_000, "b");
  const ordinary = [patchOf(words(40, "c")), patchOf(words(40, "c").toSpliced(10, 8)), 1000] as const;
  const pairs: Record<string, readonly [string, string, number]> = {
    "40 lines, the first 1,000": ordinary,
    "40 lines, 1,000 more": ordinary,
    "20,000 lines, equal": [patchOf(large), patchOf(large), 1],
    "20,000 lines, 60 % equal": [patchOf(large), patchOf(large.map((line, index) => (index % 5 < 3 ? line : (other[index] ?? "")))), 1],
    "20,000 lines, none equal": [patchOf(large), patchOf(other), 1],
    "20,000 lines, reversed": [patchOf(large), patchOf(large.toReversed()), 1],
  };
  print("## Patch comparison (CPU ms a pair; ours: every score and the positions of the lines)\n");
  print("| pair | all scores | as sera | the authors' way in Python | its CPU / ours |");
  print("|---|---|---|---|---|");
  for (const [name, [first, second, times]] of Object.entries(pairs)) {
    const bytes = [Buffer.from(first), Buffer.from(second)] as const;
    const ours = cpuMs(() => comparePatches(...bytes), Math.max(times, 5));
    const sera = cpuMs(() => compareSera(...bytes), Math.max(times, 5));
    const theirs = describedMs(first, second, times);
    const ratio = theirs === null ? "python3 is not here" : (theirs / ours).toFixed(1);
    print(`| ${name} | ${ours.toFixed(3)} | ${sera.toFixed(3)} | ${theirs?.toFixed(3) ?? "–"} | ${ratio} |`);
  }
  print("");
}

function cpuMs(action: () => unknown, times: number): number {
  const before = process.cpuUsage();
  for (let done = 0; done < times; done++) action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / times;
}

function describedMs(first: string, second: string, times: number): number | null {
  const folder = mkdtempSync(join(tmpdir(), "apprentice-bench-"));
  writeFileSync(join(folder, "first"), first);
  writeFileSync(join(folder, "second"), second);
  const { status, stdout } = spawnSync("python3", ["-c", described, folder, String(times)], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return status === 0 ? Number(stdout.split(" ")[0]) : null;
}
