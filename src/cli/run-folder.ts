import { existsSync, readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { stringify } from "yaml";
import { writeFileAtomic } from "../base/atomic-file.ts";
import { contentId } from "../base/hash.ts";
import { createScrubber, type Scrubber } from "../base/secret.ts";
import type { Config } from "../config/config-schema.ts";
import type { RunStore } from "../ledger/run-store.ts";
import { holdsRun } from "../ledger/run-folder.ts";
import { scrubbedJson } from "../ledger/scrubbed-json.ts";
import type { RunRecord } from "../records/run.ts";
import { commandFailed, usageError, type Terminal } from "./command.ts";
import { openRun } from "./compose.ts";
import { identityDifferences } from "./generate/identity.ts";
import { typedCommand } from "./typed-command.ts";

/** A new run folder's path: runs/<date>-<time>-<repository>, numbered where runs begin in the same second. */
export function newRunFolder(config: Config, now = new Date()): string {
  return newRunFolderNamed(basename(config.repositories[0]?.path ?? "run").replace(/\.git$/, ""), now);
}

/** The same, named after something else. */
export function newRunFolderNamed(name: string, now = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const path = join("runs", `${date}-${time}-${name.replace(/[^A-Za-z0-9._-]/g, "-") || "run"}`);
  let place = path;
  for (let number = 2; existsSync(place); number++) place = `${path}-${number}`;
  return place;
}

/** A run folder as a person would type it from here. */
export function shownPath(path: string): string {
  const shown = relative(process.cwd(), resolve(path));
  return shown === "" ? "." : shown.startsWith("..") ? resolve(path) : shown;
}

export interface Identified {
  readonly config: Config;
  /** Told once when work begins to wait for a database. */
  readonly onWait: (reason: string) => void;
  readonly giveUp: AbortSignal;
  readonly identity: Record<string, unknown>;
  readonly tool: string;
}

/** Opens a run for writing, or refuses to go on with one whose identity settings differ (design §3). */
export async function openRunFor(dir: string, scrubber: Scrubber, { config, identity, tool, ...waiting }: Identified): Promise<RunStore> {
  const opened = await openRun({ dir, scrubber, write: true, database: config.database, ...waiting });
  if (!opened.ok) throw commandFailed(opened.error.message);
  const run = opened.value;
  const identityHash = contentId(identity);
  const before = await runRecord(run);
  // A run that is there keeps its config until this one has proved that it can go on.
  if (before === null) await writeConfig(run.dir, scrubber, config);
  if (before !== null && before.identityHash !== identityHash) {
    await run[Symbol.asyncDispose]();
    const differences = identityDifferences(before.identity, identity).join(", ");
    throw usageError(`${shownPath(dir)} was begun with other settings, so it cannot go on with these: ${differences}. Name another --run.`);
  }
  await run.ledger.put("run", identityHash, before ?? { version: 1, tool, identity, identityHash });
  return run;
}

/** Writes the settings that a later `--run` goes on with. Scrubbed before YAML breaks and quotes lines in ways of its own. */
export async function writeConfig(dir: string, scrubber: Scrubber, config: Config): Promise<void> {
  await writeFileAtomic(join(dir, "config.yaml"), stringify(JSON.parse(scrubbedJson(JSON.stringify(config), scrubber))));
}

async function runRecord(run: RunStore): Promise<RunRecord | null> {
  for await (const { record } of run.ledger.list("run")) return record;
  return null;
}

/** Says which unfinished runs here have the same identity, with the line that resumes each. */
export async function mentionUnfinished(identityHash: string, terminal: Terminal): Promise<void> {
  const names = existsSync("runs") ? readdirSync("runs").toSorted().toReversed().slice(0, 20) : [];
  for (const name of names) {
    const dir = join("runs", name);
    if (!holdsRun(dir) || !(await isUnfinished(dir, identityHash))) continue;
    const goOn = typedCommand(["generate", "--run", dir]);
    terminal.say(`An unfinished run with the same settings is ${dir}; to go on with it instead: ${goOn}`);
    return;
  }
}

async function isUnfinished(dir: string, identityHash: string): Promise<boolean> {
  const opened = await openRun({ dir, scrubber: createScrubber([]), write: false });
  if (!opened.ok) return false;
  await using run = opened.value;
  const record = await runRecord(run);
  if (record?.identityHash !== identityHash) return false;
  const finished = new Set<string>();
  for await (const { record: outcome } of run.ledger.list("outcome")) finished.add(outcome.lineage);
  return finished.size < (await run.ledger.count("lineage"));
}
