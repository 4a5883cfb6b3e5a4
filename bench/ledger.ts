import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unwrap } from "../src/base/result.ts";
import { createScrubber } from "../src/base/secret.ts";
import { inventedLineage } from "../src/journey/stored-lineage.conformance.ts";
import { openLocalRun } from "../src/ledger/local/local-run.ts";
import type { LineageOutcome } from "../src/records/lineage.ts";
import { run } from "./commands.ts";
import { print, printTable } from "./print.ts";

const lineages = 1_000_000;
const batch = 10_000;

/** How long a run of a million lineages, of which one in a hundred is still to be followed, takes to open and to go on. */
export async function benchLedger(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "apprentice-bench-ledger-"));
  try {
    const seconds = await fill(folder);
    const { wallMs, cpuMs, maxRssMiB, output } = run([process.execPath, "bench/resume-ledger.ts", folder, String(lineages)]);
    const { drawn, due } = JSON.parse(output) as { drawn: number; due: number };
    print(`## A ledger of ${lineages} lineages (goal: it opens and resumes in under 5 s)\n`);
    printTable(
      ["lineages", "still due", "MB", "records written/s", "opened and resumed, wall s", "CPU s", "peak RSS MiB"],
      [
        [
          String(drawn),
          String(due),
          (statSync(join(folder, "ledger.sqlite")).size / 1e6).toFixed(0),
          ((2 * lineages) / seconds).toFixed(0),
          (wallMs / 1000).toFixed(2),
          (cpuMs / 1000).toFixed(2),
          String(maxRssMiB),
        ],
      ],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fill(dir: string): Promise<number> {
  await using store = unwrap(await openLocalRun({ dir, scrubber: createScrubber([]), write: true }));
  const startedMs = performance.now();
  for (let from = 0; from < lineages; from += batch) {
    const drawn = Array.from({ length: batch }, (_, index) => inventedLineage(from + index));
    const ended = drawn.filter(({ position }) => position % 100 !== 99);
    await store.ledger.putAll(
      "lineage",
      drawn.map((record) => ({ key: record.key, record })),
    );
    await store.ledger.putAll(
      "outcome",
      ended.map(({ key }) => ({ key, record: keptOutcome(key) })),
    );
  }
  return (performance.now() - startedMs) / 1000;
}

function keptOutcome(lineage: string): LineageOutcome {
  const keys = { pullRequest: `${lineage}-p`, secondRollout: `${lineage}-2`, score: `${lineage}-s` };
  return { version: 1, lineage, state: "kept", firstRollouts: [`${lineage}-1`], selfChecks: [`${lineage}-c`], ...keys };
}
