import { cp, readdir, rename, stat } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder } from "../base/atomic-file.ts";
import { contentId, sha256Hex } from "../base/hash.ts";
import { runGit, type GitCall } from "../repository/run-git.ts";
import { makeScratch } from "../repository/scratch.ts";
import { commandFailed } from "./command.ts";
import { typedCommand } from "./typed-command.ts";

const bundled = fileURLToPath(new URL("../../demo-repository", import.meta.url));

/** Days of the demo's history; one commit each, so that the default hold-out cut holds out two. */
const commits = 20;
const firstDay = Date.UTC(2025, 0, 6, 9) / 1000;
const secondsADay = 24 * 3600;

/**
 * The bundled repository as a git repository with a history, made under `root` once for its content: same files, same
 * commits everywhere. Returns its path.
 */
export async function demoRepository(root: string): Promise<string> {
  const files = await filesUnder(bundled);
  const hashes = await Promise.all(files.map(async (file) => [file, sha256Hex(await readFile(join(bundled, file)))]));
  const place = join(root, `demo-${contentId([hashes, commits]).slice(0, 12)}`, "lendery");
  if (await exists(place)) return place;
  await using scratch = await makeScratch(root);
  const made = join(scratch.path, "made");
  await cp(bundled, made, { recursive: true });
  await commitInParts(made, files);
  await makeFolder(join(place, ".."));
  await rename(made, place).catch(async (error: unknown) => {
    if (!(await exists(place))) throw error;
  });
  return place;
}

async function commitInParts(folder: string, files: readonly string[]): Promise<void> {
  await git({ folder, args: ["init", "--quiet", "--initial-branch=main"] });
  const each = Math.ceil(files.length / commits);
  for (let part = 0; part < commits; part++) {
    const batch = files.slice(part * each, (part + 1) * each);
    if (batch.length > 0) await git({ folder, args: ["add", "--", ...batch] });
    await git({ folder, args: ["commit", "--quiet", "--allow-empty", "-m", messageOf(batch, part)], environment: identityAt(part) });
  }
}

function messageOf(batch: readonly string[], part: number): string {
  return batch.length === 0 ? `Note day ${part + 1}` : `Add ${batch.join(", ")}`;
}

function identityAt(part: number): Record<string, string> {
  const date = `${firstDay + part * secondsADay} +0000`;
  const person = {
    GIT_AUTHOR_NAME: "Demo",
    GIT_AUTHOR_EMAIL: "demo@localhost",
    GIT_COMMITTER_NAME: "Demo",
    GIT_COMMITTER_EMAIL: "demo@localhost",
  };
  return { ...person, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
}

async function git(call: GitCall): Promise<void> {
  const exit = await runGit(call, new AbortController().signal);
  if (exit.exitCode !== 0)
    throw commandFailed(
      `git could not make the demo repository: ${exit.stderr.trim() || exit.ended}. See \`${typedCommand(["doctor"])}\`.`,
    );
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return paths.filter((path) => !path.includes("__pycache__")).toSorted();
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
