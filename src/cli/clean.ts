import { existsSync } from "node:fs";
import { claimCache } from "../sandbox/cache-use.ts";
import type { Leftover } from "../sandbox/leftover.ts";
import type { CommandModule, Terminal } from "./command.ts";
import { datasetLeftovers, deadScratch, sandboxKinds } from "./compose.ts";

interface CleanFlags {
  readonly sandboxes?: boolean;
  readonly images?: boolean;
  readonly cache?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `kept`: why something of the asked kinds stays. */
interface Cleaned {
  readonly removed: Pick<Leftover, "kind" | "name" | "bytes">[];
  readonly kept: { readonly name: string; readonly why: string }[];
}

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("clean")
    .description(
      "Removes what can be made again: sandboxes that dead processes left, unpacked images, cached snapshots. Without a flag all three. Run folders and what a live run uses are never touched.",
    )
    .option("--sandboxes", "only sandboxes that dead processes left")
    .option("--images", "only unpacked images")
    .option("--cache", "only cached snapshots, counts of tokens, and the temporary files of dead processes")
    .option("--dry-run", "say what would be removed, and remove nothing")
    .option("--json", "print the result as one JSON object")
    .action(async (flags: CleanFlags) => {
      const cleaned = await clean(flags);
      const freedBytes = cleaned.removed.reduce((sum, { bytes }) => sum + bytes, 0);
      if (flags.json === true) terminal.print(JSON.stringify({ ...cleaned, freedBytes, dryRun: flags.dryRun ?? false }));
      else tell(cleaned, flags, terminal);
    });
};

async function clean(flags: CleanFlags): Promise<Cleaned> {
  const cleaned: Cleaned = { removed: [], kept: [] };
  for (const create of Object.values(sandboxKinds)) {
    const backend = await create();
    await using claim = existsSync(backend.cacheRoot) ? await claimCache(backend.cacheRoot) : null;
    const users = claim?.users ?? [];
    for (const leftover of await backend.leftovers()) {
      if (!isAsked(leftover, flags)) continue;
      const by = users.map((label) => label.split("-")[0]).join(", ");
      if (leftover.kind !== "sandbox" && by !== "") cleaned.kept.push({ name: leftover.name, why: `a run is using it (process ${by})` });
      else await take(leftover, flags, cleaned);
    }
  }
  for (const leftover of [...(await deadScratch()), ...(await datasetLeftovers())])
    if (isAsked(leftover, flags)) await take(leftover, flags, cleaned);
  return cleaned;
}

function isAsked({ kind }: Leftover, { sandboxes = false, images = false, cache = false }: CleanFlags): boolean {
  if (!sandboxes && !images && !cache) return true;
  return { sandbox: sandboxes, image: images, cache }[kind];
}

async function take({ kind, name, bytes, remove }: Leftover, { dryRun = false }: CleanFlags, cleaned: Cleaned): Promise<void> {
  try {
    if (!dryRun) await remove();
    cleaned.removed.push({ kind, name, bytes });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    cleaned.kept.push({ name, why: `it could not be removed: ${error.message.split("\n")[0] ?? ""}` });
  }
}

const words = { sandbox: ["sandbox", "sandboxes"], image: ["image", "images"], cache: ["cache entry", "cache entries"] } as const;

function tell({ removed, kept }: Cleaned, { dryRun = false }: CleanFlags, terminal: Terminal): void {
  for (const { name, bytes } of removed) terminal.print(`${sizeText(bytes).padStart(10)}  ${name}`);
  for (const { name, why } of kept) terminal.say(`kept ${name}: ${why}`);
  const counts = Object.entries(words).flatMap(([kind, [one, many]]) => {
    const count = removed.filter((entry) => entry.kind === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  const total = sizeText(removed.reduce((sum, { bytes }) => sum + bytes, 0));
  const verb = dryRun ? "Would remove" : "Removed";
  terminal.say(counts.length === 0 ? "There is nothing to remove." : `${verb} ${counts.join(", ")}: ${total}.`);
}

function sizeText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ""}`;
}
