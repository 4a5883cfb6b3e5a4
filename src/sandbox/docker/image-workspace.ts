import { lstat, readdir } from "node:fs/promises";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { settingsFolder } from "../network-settings.ts";
import type { Sandbox } from "../sandbox.ts";
import { EngineProblem } from "./engine-problem.ts";
import { orderWorkspace, runScript } from "./put-in-order.ts";

/** More than this is no list of names. */
const mostNamesBytes = 64 * 1024 * 1024;

/** In a folder of the snapshot that the image has too, each entry and whether it is a folder (d), a link (l) or else (f). */
const listing = `
cd /
if [ -L /testbed ] || [ ! -d /testbed ]; then rm -rf /testbed; mkdir /testbed; fi
cd /testbed || exit 1
if [ -e .git ] && command -v git >/dev/null; then
  git -c safe.directory=/testbed -c core.fsmonitor=false ls-files -z >tracked 2>/dev/null
  xargs -0 rm -f -- <tracked
  xargs -0 sh -c 'for path; do case $path in */*) rmdir -p -- "\${path%/*}" 2>/dev/null ;; esac; done' sh <tracked
fi
while IFS= read -r folder; do
  cd "/testbed/$folder" 2>/dev/null || continue
  for name in * .[!.]* ..?*; do
    if [ -L "$name" ]; then kind=l; elif [ -d "$name" ]; then kind=d; elif [ -e "$name" ]; then kind=f; else continue; fi
    printf '%s%s%s\\0' $kind "\${folder:+$folder/}" "$name"
  done
done <folders >names`.replaceAll(/(?<=[<>])(tracked|names|folders)\b/g, `${settingsFolder}/$1`);

/**
 * Makes an image's own workspace ready to have a snapshot laid over it: of what is there, only what the snapshot does not have stays, and is the
 * agent's. What the image's own git tracks there goes too, as far as the image has a git: it is of another commit. Gives the names that stay,
 * bytes as latin1. Throws an EngineProblem where the image's programs cannot do it.
 */
export async function adoptWorkspace(
  sandbox: Sandbox,
  snapshotPath: string,
  signal: AbortSignal,
): Promise<Result<readonly string[], Failure>> {
  const folders = await foldersOf(snapshotPath, "");
  const text = folders.filter((path) => !path.includes("\n")).join("\n");
  const told = await sandbox.writeFile(`${settingsFolder}/folders`, Buffer.from(`${text}\n`, "latin1"), signal);
  if (!told.ok) return told;
  const listed = await runScript(sandbox, listing.split("\n"), signal);
  if (!listed.ok) return listed;
  if (listed.value.exitCode !== 0) throw unready(listed.value.output);
  const read = await sandbox.readFile(`${settingsFolder}/names`, mostNamesBytes, signal);
  if (!read.ok) return read;
  if (!read.value.ok) throw unready("it is too large");
  const { kept, gone } = await sorted(Buffer.from(read.value.bytes).toString("latin1").split("\0").slice(0, -1), snapshotPath);
  const words = await orderWorkspace(sandbox, { gone: [".git", ...gone], given: kept }, signal);
  if (!words.ok) return words;
  if (words.value !== null) throw unready(words.value);
  return ok(kept);
}

function unready(words: string): EngineProblem {
  return new EngineProblem(`the image has a /testbed of its own, which could not be made ready: ${words.trim()}`, { status: 500 });
}

/** The workspace's own folder as an empty name. */
async function foldersOf(snapshotPath: string, within: string): Promise<string[]> {
  const found = await readdir(bytesOf(snapshotPath, within), { withFileTypes: true, encoding: "buffer" });
  const folders = [within];
  for (const entry of found) {
    const path = `${within === "" ? "" : `${within}/`}${entry.name.toString("latin1")}`;
    if (entry.isDirectory() && path !== ".git") folders.push(...(await foldersOf(snapshotPath, path)));
  }
  return folders;
}

/** What lies in a link or in something that stays or goes is decided with it. */
async function sorted(entries: readonly string[], snapshotPath: string): Promise<{ readonly kept: string[]; readonly gone: string[] }> {
  const kept = new Set<string>();
  const gone = new Set<string>();
  for (const entry of entries.toSorted((a, b) => (a.slice(1) < b.slice(1) ? -1 : 1))) {
    const path = entry.slice(1);
    const above = path.split("/").map((_, index, parts) => parts.slice(0, index).join("/"));
    if (path === ".git" || above.some((folder) => kept.has(folder) || gone.has(folder))) continue;
    const ours = await lstat(bytesOf(snapshotPath, path)).catch(() => null);
    if (ours === null) (path.includes("\n") ? gone : kept).add(path);
    else if (ours.isDirectory() !== entry.startsWith("d")) gone.add(path);
  }
  return { kept: [...kept], gone: [...gone] };
}

function bytesOf(folder: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]);
}
