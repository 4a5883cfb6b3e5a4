import { stat } from "node:fs/promises";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import type { ImportSource } from "../../formats/read-foreign.ts";
import { usageError } from "../command.ts";

/** How the files of a program end; what is looked for in a folder. */
const endings: Readonly<Record<ImportSource, readonly string[]>> = {
  sera: [".jsonl", ".parquet"],
  "swe-agent": [".traj"],
  "mini-swe-agent": [".traj.json"],
  openhands: [".jsonl", ".json"],
};

/** Files as named, and those of a program in folders, in order of name. Throws a CommandEnd where something is not there. */
export async function importPaths(named: readonly string[], from: ImportSource): Promise<string[]> {
  const paths: string[] = [];
  for (const path of named) {
    const found = await stat(path).catch(() => null);
    if (found === null) throw usageError(`${path} is not there, or cannot be read.`);
    if (!found.isDirectory()) paths.push(path);
    else paths.push(...(await filesIn(path, from)));
  }
  return [...new Set(paths)];
}

async function filesIn(folder: string, from: ImportSource): Promise<string[]> {
  const patterns = endings[from].map((ending) => `**/*${ending}`);
  const names = await Array.fromAsync(glob(patterns, { cwd: folder }));
  if (names.length === 0) throw usageError(`The folder ${folder} holds no file of ${from} (${endings[from].join(", ")}).`);
  return names.toSorted().map((name) => join(folder, name));
}
