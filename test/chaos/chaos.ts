import { readdirSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { drawUnit } from "../../src/base/draw.ts";
import { createScrubber } from "../../src/base/secret.ts";
import { openLocalJournal } from "../../src/ledger/local/local-journal.ts";
import { call, datasetBytes, result, start, startTeacher } from "../e2e/command-line.ts";
import { smallRepository } from "../e2e/small-repository.ts";
import { accountOf, type Account } from "./account.ts";

export interface ChaosOrder {
  /** Empty; everything is done in it. */
  readonly folder: string;
  readonly lineages: number;
  readonly kills: number;
  /** Of the moments at which is killed. */
  readonly seed: number;
  readonly concurrency: number;
  /** Of each reply: without it a run may be done before it was killed as often as asked. */
  readonly latencyMs: number;
  readonly onKill?: (kill: Kill) => void;
}

export interface Kill {
  readonly number: number;
  readonly moment: Moment;
  readonly afterMs: number;
}

/** What came of it. `kills`: those that met a live process; `problems`: of `verify`; `left`: temporary files and processes. */
export interface ChaosEnd {
  readonly kills: number;
  readonly account: Account;
  readonly possiblyPaid: number;
  readonly isDatasetEqual: boolean;
  readonly lineages: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
  readonly left: readonly string[];
}

/** Fewer in a row than the requests for one reply. */
export const faults = "429=0.04,500=0.04,reset=0.04,stall=0.02,cut=0.04,malformed=0.04,oversized=0.03";

/**
 * One run that is killed with -9 again and again at drawn moments, and one that nobody disturbs, with the same repository, settings and
 * faults; then the accounts are compared with the teacher's log, line by line (design §3).
 */
export async function chaos(order: ChaosOrder): Promise<ChaosEnd> {
  const { folder, lineages, concurrency, latencyMs } = order;
  const repository = smallRepository(join(folder, "repository"), 12, Math.ceil(lineages / 15));
  const log = join(folder, "teacher.jsonl");
  const environment = { TMPDIR: join(folder, "tmp"), APPRENTICE_CACHE: join(folder, "cache") };
  await mkdir(environment.TMPDIR);
  // As root the sandbox has another account, which must reach the cache.
  await chmod(folder, 0o711);
  await using calm = await startTeacher(join(folder, "calm.jsonl"), ["--faults", faults, "--faults-in-a-row", "2"]);
  await using teacher = await startTeacher(log, ["--faults", faults, "--faults-in-a-row", "2", "--latency-ms", String(latencyMs)]);
  const argsFor = async (name: string, url: string): Promise<string[]> => {
    const config = join(folder, `${name}.yaml`);
    const settings = [
      `lineages: ${lineages}`,
      `concurrency: ${concurrency}`,
      `repositories: [{ path: ${repository} }]`,
      `teachers: [{ kind: endpoint, baseUrl: "${url}", model: scripted }]`,
      "rollout: { deadlines: { firstByteMs: 1000, stallMs: 1000 } }",
    ];
    await writeFile(config, `${settings.join("\n")}\n`);
    return ["generate", "--config", config, "--run", join(folder, name), "--json"];
  };
  const run = join(folder, "run");
  const disturbed = await argsFor("run", teacher.url);
  const kills = await disturb({ args: disturbed, run, environment }, order);
  const last = await call(disturbed, { environment });
  const undisturbed = await call(await argsFor("still", calm.url), { environment });
  for (const { status, stderr } of [last, undisturbed]) if (status !== 0) throw new Error(`generate ended with ${status}: ${stderr}`);
  const verified = result(await call(["verify", run, "--json"], { environment }));
  const [bytes, wanted] = [await datasetBytes(run), await datasetBytes(join(folder, "still"))];
  await using journal = await openLocalJournal({ folder: join(run, "journal"), scrubber: createScrubber([]), write: false });
  return {
    kills,
    account: await accountOf(journal.entries(), log),
    possiblyPaid: Number(result(last)["possiblyPaid"]),
    isDatasetEqual: JSON.stringify(bytes) === JSON.stringify(wanted),
    lineages: result(last)["lineages"] as Record<string, number>,
    problems: verified["problems"] as string[],
    left: leftIn(folder, environment.TMPDIR),
  };
}

/** `early`: while it starts; `working`: at any time; `writing`: right after the journal grew; `ending`: while the dataset is written. */
const moments = ["early", "working", "working", "writing", "writing", "ending"] as const;
type Moment = (typeof moments)[number];

interface Disturbed {
  readonly args: readonly string[];
  readonly run: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts and kills it; how many kills met a live process. */
async function disturb({ args, run, environment }: Disturbed, { kills, seed, onKill }: ChaosOrder): Promise<number> {
  let met = 0;
  for (let number = 1; number <= kills; number++) {
    const moment = moments[Math.floor(drawUnit(seed, "moment", String(number)) * moments.length)] ?? "working";
    const unit = drawUnit(seed, "time", String(number));
    const startedMs = performance.now();
    const { child, ended } = start(args, { environment });
    let isOver = false;
    void ended.then(() => (isOver = true));
    await untilMoment({ moment, unit, run, isOver: () => isOver });
    child.kill("SIGKILL");
    if ((await ended).signal !== "SIGKILL") return met;
    met++;
    onKill?.({ number, moment, afterMs: Math.round(performance.now() - startedMs) });
  }
  return met;
}

interface MomentToCome {
  readonly moment: Moment;
  /** 0 to 1: how far into it. */
  readonly unit: number;
  readonly run: string;
  readonly isOver: () => boolean;
}

async function untilMoment({ moment, unit, run, isOver }: MomentToCome): Promise<void> {
  if (moment === "early") return await sleep(unit * 600);
  await until(() => isOver() || journalBytes(run).segments > 0, 20);
  if (moment === "working") return await sleep(600 + unit * 1400);
  const before = journalBytes(run).bytes;
  if (moment === "writing") return await until(() => isOver() || journalBytes(run).bytes > before + unit * 40_000, 1);
  const giveUpMs = performance.now() + 1500;
  const isEnding = (): boolean => namesIn(join(run, "dataset")).some((name) => name.endsWith(".tmp"));
  return await until(() => isOver() || isEnding() || performance.now() > giveUpMs, 1);
}

async function until(isSo: () => boolean, everyMs: number): Promise<void> {
  while (!isSo()) await sleep(everyMs);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function journalBytes(run: string): { readonly segments: number; readonly bytes: number } {
  const folder = join(run, "journal");
  const sizes = namesIn(folder).map((name) => statSync(join(folder, name)).size);
  return { segments: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Temporary files but what Node keeps for itself, and processes that were told of the folder. */
export function leftIn(folder: string, temporary: string): string[] {
  const files = readdirSync(temporary, { recursive: true, encoding: "utf8" }).filter(
    (name) => !name.startsWith("node-compile-cache") && name !== ownFolder,
  );
  const processes = namesIn("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const ours = processes.filter((id) => {
    const words = textOf(`/proc/${id}/cmdline`);
    return words.includes(folder) && !words.includes("\0teacher\0") && !words.includes("vitest");
  });
  return [...files, ...ours.map((id) => textOf(`/proc/${id}/cmdline`).replaceAll("\0", " ").slice(0, 200))];
}

/** What sandboxes share of one user: empty when none is there. */
const ownFolder = `apprentice-${process.getuid?.() ?? 0}`;

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
