import { nearestName } from "../../base/nearest-name.ts";
import type { RecordKind } from "../../ledger/ledger.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import type { FunctionSite } from "../../records/function-site.ts";
import { usageError, type CommandEnd } from "../command.ts";
import { siteName } from "./origin.ts";
import { oneLine } from "./page.ts";
import { sampleId } from "./rollout.ts";
import { count } from "../counted.ts";

/** One thing that `show` can show. A sample's `key` is its rollout's, its `id` its own; of others both are one. */
export interface Shown {
  readonly kind: Exclude<RecordKind, "outcome"> | "sample";
  readonly key: string;
  readonly id: string;
}

/** Fewer characters of an id say nothing. */
const shortestBeginning = 4;
const mostCandidates = 20;

/**
 * The one thing that is meant: by its id, by how only one id begins, or by the name of one function, with its path or without.
 * Throws a CommandEnd where there is none or several.
 */
export async function findShown(run: RunStore, written: string): Promise<Shown> {
  const byId = await findById(run, written);
  const exact = byId.filter(({ id }) => id === written);
  if (exact.length === 1 && exact[0] !== undefined) return exact[0];
  const { named, names } = await findByName(run, written);
  const long = written.length >= shortestBeginning ? byId : [];
  const found = [...new Map([...long, ...named].map((shown) => [`${shown.kind} ${shown.id}`, shown])).values()];
  const [only, ...others] = found;
  if (only === undefined) throw unknown(written, { names, tooShort: byId.length > 0 });
  if (others.length > 0) throw await ambiguous(run, written, found);
  return only;
}

/** Everything whose id begins so. The outcomes of a lineage have its key, and are shown with it. */
async function findById(run: RunStore, written: string): Promise<Shown[]> {
  const records = (await run.ledger.find(written)).map(({ kind, key }): Shown => {
    if (kind !== "outcome") return { kind, key, id: key };
    const lineage = key.split(":")[0] ?? key;
    return { kind: "lineage", key: lineage, id: key === written ? key : lineage };
  });
  const rollouts = await Array.fromAsync(run.ledger.keys("rollout"));
  const samples = rollouts.map((key): Shown => ({ kind: "sample", key, id: sampleId(key) }));
  return [...records, ...samples.filter(({ id }) => id.startsWith(written))];
}

/** Lineages whose function is called so; the full name goes before its last part and its path. */
async function findByName(run: RunStore, written: string): Promise<{ named: Shown[]; names: string[] }> {
  const [full, short]: [Shown[], Shown[]] = [[], []];
  const names = new Set<string>();
  for await (const { key, record } of run.ledger.list("lineage")) {
    const { path, name, qualifiedName, startLine } = record.site;
    const shown: Shown = { kind: "lineage", key, id: key };
    if ([qualifiedName, `${path}:${qualifiedName}`, `${path}:${startLine}`, siteName(record.site)].includes(written)) full.push(shown);
    else if ([name, `${path}:${name}`, path].includes(written)) short.push(shown);
    names.add(qualifiedName).add(name).add(`${path}:${qualifiedName}`);
  }
  return { named: full.length > 0 ? full : short, names: [...names] };
}

function unknown(written: string, { names, tooShort }: { names: readonly string[]; tooShort: boolean }): CommandEnd {
  const near = written.length < shortestBeginning ? null : nearestName(written, names);
  const hint = tooShort
    ? ` (the beginning of an id takes at least ${shortestBeginning} characters)`
    : near === null
      ? ""
      : `: did you mean "${oneLine(near)}"?`;
  const end = hint.endsWith("?") ? "" : ".";
  return usageError(
    `Nothing in this run has an id that begins with "${oneLine(written)}", or a function of that name${hint}${end} \`apprentice show RUN\` lists its lineages.`,
  );
}

async function ambiguous(run: RunStore, written: string, found: readonly Shown[]): Promise<CommandEnd> {
  const lines = await Promise.all(
    found.slice(0, mostCandidates).map(async ({ kind, key, id }) => {
      const site = await siteOf(run, kind, key);
      return `  ${id.slice(0, 16)}  ${kind.padEnd(9)}${site === null ? "" : `  ${oneLine(siteName(site))}`}`.trimEnd();
    }),
  );
  const more = found.length > mostCandidates ? [`  … and ${count(found.length - mostCandidates)} more`] : [];
  const head = `"${oneLine(written)}" may be any of ${count(found.length)} things in this run; write more of the id of one:`;
  return usageError([head, ...lines, ...more].join("\n"));
}

async function siteOf(run: RunStore, kind: Shown["kind"], key: string): Promise<FunctionSite | null> {
  if (kind !== "lineage" && kind !== "rollout" && kind !== "sample") return null;
  const lineage = kind === "lineage" ? key : ((await run.ledger.get("rollout", key))?.lineage ?? "");
  return (await run.ledger.get("lineage", lineage))?.site ?? null;
}
