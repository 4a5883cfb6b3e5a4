import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { canonicalJson } from "../base/hash.ts";
import type { Artifacts } from "../ledger/artifacts.ts";
import type { Journal } from "../ledger/journal.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { spendingOf } from "../ledger/spending.ts";
import type { LineageOutcome } from "../records/lineage.ts";
import type { Verification } from "../records/patch-score.ts";
import type { Rollout } from "../records/rollout.ts";
import type { Spending } from "../records/usage.ts";
import { applyPatch } from "../repository/apply-patch.ts";
import { makeScratch } from "../repository/scratch.ts";
import { unpackSnapshot, type UnpackedSnapshot } from "../repository/unpack-snapshot.ts";
import { verifyImported } from "./import/verify-imported.ts";
import { scorePatches, type ScoredPatches } from "./soft-verification/soft-verification.ts";

export interface VerifiedRun {
  readonly dir: string;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly artifacts: Artifacts;
}

/**
 * Checks a run against itself and names what does not fit; empty is good. Everything is computed anew: hashes of artifacts, the
 * tree each patch makes of its snapshot, the recall of each pair of patches, the hashes of the dataset's files.
 */
export async function verifyRun(run: VerifiedRun, scratchRoot: string, signal: AbortSignal): Promise<string[]> {
  const stored = [...(await run.ledger.check()), ...(await run.journal.check()), ...(await run.artifacts.check())];
  // Nothing can be computed from records that are none.
  if (stored.some((problem) => problem.startsWith("ledger"))) return stored;
  await using scratch = await makeScratch(scratchRoot);
  const snapshots = await unpackAll(run, scratch.path, signal);
  return [
    ...stored,
    ...snapshots.problems,
    ...(await checkReferences(run)),
    ...(await checkJournalPairs(run.journal)),
    ...(await checkSpending(run)),
    ...(await checkPatches({ run, unpacked: snapshots.unpacked, scratch: scratch.path }, signal)),
    ...(await checkScores(run)),
    ...(await verifyImported(run)),
    ...(await checkDataset(run.dir)),
  ];
}

async function unpackAll(
  run: VerifiedRun,
  scratch: string,
  signal: AbortSignal,
): Promise<{ unpacked: Map<string, UnpackedSnapshot>; problems: string[] }> {
  const unpacked = new Map<string, UnpackedSnapshot>();
  const problems: string[] = [];
  for await (const { key, record } of run.ledger.list("snapshot")) {
    const bundlePath = join(scratch, `${key}.bundle`);
    const found = await run.artifacts.getFile(record.bundle, bundlePath);
    const made = found
      ? await unpackSnapshot({ bundlePath, root: join(scratch, "snapshots"), id: record.commit, owner: null }, signal)
      : null;
    if (made?.ok === true && made.value.commit === record.commit && made.value.tree === record.tree) unpacked.set(key, made.value);
    else problems.push(`snapshot ${key}: ${snapshotProblem(made)}`);
  }
  return { unpacked, problems };
}

function snapshotProblem(made: Awaited<ReturnType<typeof unpackSnapshot>> | null): string {
  if (made === null) return "its bundle is not among the artifacts";
  return made.ok ? "its bundle holds another commit or tree" : made.error.message;
}

/** Every record and artifact that another record names is there. */
async function checkReferences({ ledger, artifacts }: VerifiedRun): Promise<string[]> {
  const problems: string[] = [];
  const need = async (owner: string, what: string, found: Promise<unknown>): Promise<void> => {
    if ((await found) === null) problems.push(`${owner}: ${what} is missing`);
  };
  const ids = new Set<string>();
  for await (const id of artifacts.ids()) ids.add(id);
  if ((await ledger.count("run")) !== 1) problems.push("run: the record of its settings is missing");
  for await (const { key, record } of ledger.list("lineage")) {
    await need(`lineage ${key}`, `snapshot ${record.snapshot}`, ledger.get("snapshot", record.snapshot));
  }
  for await (const { key, record } of ledger.list("rollout")) {
    if (!ids.has(record.patch)) problems.push(`rollout ${key}: its patch ${record.patch} is missing`);
    if (!ids.has(record.transcript)) problems.push(`rollout ${key}: its transcript ${record.transcript} is missing`);
    await need(`rollout ${key}`, `lineage ${record.lineage}`, ledger.get("lineage", record.lineage));
  }
  for await (const { key, record } of ledger.list("outcome")) {
    await need(`outcome ${key}`, `lineage ${record.lineage}`, ledger.get("lineage", record.lineage));
    if (record.state === "failed") continue;
    for (const rollout of record.firstRollouts) await need(`outcome ${key}`, `rollout ${rollout}`, ledger.get("rollout", rollout));
    for (const check of record.selfChecks) await need(`outcome ${key}`, `self-check ${check}`, ledger.get("self-check", check));
    if (record.pullRequest !== null) await need(`outcome ${key}`, "its pull request", ledger.get("pull-request", record.pullRequest));
    if (record.secondRollout !== null) await need(`outcome ${key}`, "its second rollout", ledger.get("rollout", record.secondRollout));
    if (record.state === "kept") problems.push(...(await checkKept(record, ledger)));
  }
  return problems;
}

/** What was kept passed its stages. */
async function checkKept(outcome: Extract<LineageOutcome, { state: "kept" }>, ledger: Ledger): Promise<string[]> {
  const check = await ledger.get("self-check", outcome.selfChecks.at(-1) ?? "");
  const rollouts = [
    await ledger.get("rollout", outcome.firstRollouts.at(-1) ?? ""),
    await ledger.get("rollout", outcome.secondRollout ?? ""),
  ];
  const problems: string[] = [];
  if ((await ledger.get("verification", outcome.score)) === null) problems.push("its verification is missing");
  if (check?.accepted !== true) problems.push("it was kept without a self-check that accepts it");
  if (!rollouts.every((rollout) => rollout?.exit === "submitted" && rollout.patchSize.files > 0))
    problems.push("it was kept without two submitted changes");
  return problems.map((problem) => `outcome ${outcome.lineage}: ${problem}`);
}

/** Every outcome of a call has its intent, and no call has two outcomes. */
async function checkJournalPairs(journal: Journal): Promise<string[]> {
  const open = new Map<string, "asked" | "answered">();
  const problems: string[] = [];
  for await (const entry of journal.entries()) {
    if (entry.kind === "observation" || entry.kind === "superseded") continue;
    const call = `${entry.key} turn ${entry.turn} try ${entry.try}`;
    const state = open.get(call);
    if (entry.kind === "intent") {
      if (state !== undefined) problems.push(`journal: ${call} was asked twice`);
      open.set(call, "asked");
      continue;
    }
    if (state === undefined) problems.push(`journal: ${call} was answered but never asked`);
    if (state === "answered") problems.push(`journal: ${call} has two outcomes`);
    open.set(call, "answered");
  }
  return problems;
}

/** What a finished piece of work says it took is what the journal holds of it: lines that are gone or were added show here. */
async function checkSpending({ ledger, journal }: VerifiedRun): Promise<string[]> {
  const problems: string[] = [];
  for (const kind of ["rollout", "self-check", "pull-request"] as const) {
    for await (const { key, record } of ledger.list(kind)) {
      const found = await spendingOf(await journal.read(key));
      if (!sameSpending(record.spending, found)) problems.push(`journal: its entries of ${kind} ${key} are not those it was made from`);
    }
  }
  return problems;
}

function sameSpending({ costUsd: first, ...a }: Spending, { costUsd: second, ...b }: Spending): boolean {
  // Sums of dollars are not exact in binary.
  const sameCost = first === null || second === null ? first === second : Math.abs(first - second) < 1e-9;
  return sameCost && canonicalJson(a) === canonicalJson(b);
}

interface PatchWork {
  readonly run: VerifiedRun;
  readonly unpacked: ReadonlyMap<string, UnpackedSnapshot>;
  readonly scratch: string;
}

/** Every patch applies to its snapshot and makes exactly the recorded tree. */
async function checkPatches({ run, unpacked, scratch }: PatchWork, signal: AbortSignal): Promise<string[]> {
  const problems: string[] = [];
  for await (const { key, record } of run.ledger.list("rollout")) {
    const lineage = await run.ledger.get("lineage", record.lineage);
    const snapshot = unpacked.get(lineage?.snapshot ?? "");
    const patch = await run.artifacts.get(record.patch);
    if (snapshot === undefined || patch === null) continue;
    const applied = await applyPatch({ gitDir: snapshot.gitDir, commit: snapshot.commit, patch, scratch }, signal);
    const problem = patchProblem(applied, record);
    if (problem !== null) problems.push(`rollout ${key}: ${problem}`);
  }
  return problems;
}

function patchProblem(applied: Awaited<ReturnType<typeof applyPatch>>, record: Rollout): string | null {
  if (!applied.ok) return `its patch does not apply to the snapshot: ${applied.error.message}`;
  return applied.value === record.finalTree ? null : `its patch makes the tree ${applied.value}, not ${record.finalTree}`;
}

async function checkScores({ ledger, artifacts }: VerifiedRun): Promise<string[]> {
  const problems: string[] = [];
  for await (const { key, record } of ledger.list("verification")) {
    const compared = await scorePatches(record.firstPatch, record.secondPatch, artifacts);
    if (!compared.ok) problems.push(`verification ${key}: ${compared.error.message}`);
    else if (!(await sameScores(record, compared.value, artifacts))) problems.push(`verification ${key}: the patches give another score`);
  }
  return problems;
}

async function sameScores(record: Verification, { lines, ...scores }: ScoredPatches, artifacts: Artifacts): Promise<boolean> {
  if (record.version === 1) {
    // It knew no ratio of sizes.
    const { sizeRatio: _, ...score } = scores.score;
    return canonicalJson(score) === canonicalJson(record.score);
  }
  const { score, ignoringWhitespace, anywhere, sera } = record;
  const stored = await artifacts.get(record.lines);
  return (
    canonicalJson(scores) === canonicalJson({ score, ignoringWhitespace, anywhere, sera }) &&
    stored !== null &&
    Buffer.from(stored).toString() === JSON.stringify(lines)
  );
}

/** The files of the run's own dataset are those its manifest names. A run without a manifest has none yet. */
async function checkDataset(dir: string): Promise<string[]> {
  const folder = join(dir, "dataset");
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => null);
  if (text === null) return [];
  const manifest = readManifest(text);
  if (manifest === null) return ["dataset/manifest.json: is damaged"];
  const problems: string[] = [];
  for (const { name, rows } of manifest.files) {
    if (name === "samples.jsonl" && rows !== manifest.samples)
      problems.push(`dataset/${name}: has ${rows} rows of ${manifest.samples} samples`);
  }
  for (const { name, sha256 } of manifest.files) {
    const actual = await hashFile(join(folder, name));
    if (actual !== sha256) problems.push(`dataset/${name}: ${actual === null ? "is missing" : "is not the file that the manifest names"}`);
  }
  return problems;
}

const Manifest = z.object({
  samples: z.number(),
  files: z.array(z.object({ name: z.string(), sha256: z.string(), rows: z.number() })),
});

function readManifest(text: string): z.infer<typeof Manifest> | null {
  try {
    return Manifest.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

async function hashFile(path: string): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest("hex");
  } catch {
    return null;
  }
}
