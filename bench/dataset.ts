import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unwrap } from "../src/base/result.ts";
import { createScrubber } from "../src/base/secret.ts";
import { inventedLineage, message, putLineage, putOrigin } from "../src/journey/stored-lineage.conformance.ts";
import { openLocalRun } from "../src/ledger/local/local-run.ts";
import type { Step } from "../src/records/rollout.ts";
import { run } from "./commands.ts";
import { print, printTable } from "./print.ts";

const steps = 30;
const apprentice = [process.execPath, "bin/apprentice.js"];

/** Exports from invented runs: what they cost, and that memory does not grow with them. */
export async function benchDataset(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "apprentice-bench-dataset-"));
  try {
    await benchExport(folder);
    await benchCounting(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function benchExport(folder: string): Promise<void> {
  print(`## Export of 10,000 samples of ${steps} steps (goal: under 500 MB)\n`);
  const store = await inventRun(join(folder, "large"), 5_000);
  useCache(join(folder, "cache of large"));
  const both = ["--format", "hermes", "--format", "messages"];
  const uncounted = ["--tokenizer", "none", ...both];
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ["hermes and messages, jsonl", [...uncounted, "--container", "jsonl"]],
    ["hermes and messages, parquet", [...uncounted, "--container", "parquet"]],
    ["hermes, jsonl, tokens counted", ["--format", "hermes", "--context", "1000000"]],
  ];
  const rows = kinds.map(([name, flags]) => {
    const out = join(folder, "out");
    const { wallMs, cpuMs, maxRssMiB, output } = run([...apprentice, "dataset", "export", store, ...flags, "--out", out, "--json"]);
    const { samples, files } = JSON.parse(output) as { samples: number; files: { path: string }[] };
    const bytes = files.reduce((sum, { path }) => sum + statSync(path).size, 0);
    rmSync(out, { recursive: true });
    return [name, String(samples), (bytes / 1e6).toFixed(0), (wallMs / 1000).toFixed(1), (cpuMs / 1000).toFixed(1), String(maxRssMiB)];
  });
  printTable(["formats", "samples", "MB written", "wall s", "CPU s", "peak RSS MiB"], rows);
}

async function benchCounting(folder: string): Promise<void> {
  print(`## Filter, format and count of 1,000 trajectories of ${steps} steps (Qwen3)\n`);
  const store = await inventRun(join(folder, "counted"), 500);
  useCache(join(folder, "cache of counted"));
  const counted = ["--context", "1000000", "--json"];
  const exported = (index: number): string[] => ["export", store, ...counted, "--out", join(folder, `counted-${index}`)];
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ["export, first", exported(0)],
    ["export again, from cached counts", exported(1)],
    ["select again, from cached counts", ["select", store, ...counted]],
  ];
  const rows = commands.map(([name, words]) => {
    const { wallMs, cpuMs, maxRssMiB, output } = run([...apprentice, "dataset", ...words]);
    const { samples, tokens } = JSON.parse(output) as { samples: number; tokens: number };
    return [
      name,
      String(samples),
      String(tokens),
      (wallMs / 1000).toFixed(2),
      (cpuMs / 1000).toFixed(2),
      ((1000 * samples) / wallMs).toFixed(1),
      String(maxRssMiB),
    ];
  });
  printTable(["command", "samples", "tokens", "wall s", "CPU s", "trajectories/s", "peak RSS MiB"], rows);
  print(
    "The authors' count_tokens on text of this kind: 28.8 trajectories/s, 1.04 M tokens/s on one core (measured earlier, not in this run).\n",
  );
}

/** What was counted before, of the same words, must not make this fast. */
function useCache(folder: string): void {
  process.env["APPRENTICE_CACHE"] = folder;
}

/** A run of kept lineages, each with two rollouts of other near-random text: about 2 KB a step, 2 bytes a token. */
async function inventRun(folder: string, lineages: number): Promise<string> {
  const store = unwrap(await openLocalRun({ dir: folder, scrubber: createScrubber([]), write: true }));
  await using _ = store;
  await putOrigin(store);
  let seed = 1;
  const word = (): string => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return words[seed >>> 20] ?? "";
  };
  const text = (count: number): string => Array.from({ length: count }, word).join(" ");
  for (let position = 0; position < lineages; position++) {
    const taken = Array.from({ length: steps }, (_, turn): Step => {
      const call = { name: "bash", arguments: JSON.stringify({ command: text(30) }) };
      return { turn, kind: "action", reply: message(text(30), [call], text(60)), observation: text(180), ended: "completed", exitCode: 0 };
    });
    await putLineage(store, inventedLineage(position), { steps: taken });
  }
  return folder;
}

const words = Array.from({ length: 4096 }, (_, index) => ((index * 2_654_435_761) % 2 ** 32).toString(36).padStart(6, "q"));
