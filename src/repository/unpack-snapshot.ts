import { chmod, mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../base/atomic-file.ts";
import { z } from "zod";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { failure } from "../records/failure.ts";
import type { Failure } from "../records/failure.ts";
import { snapshotBranch } from "./tree-import.ts";
import { checkOutSnapshot } from "./check-out-snapshot.ts";
import { makeGitDir } from "./git-dir.ts";
import { gitFailure, runGit } from "./run-git.ts";
import type { GitCall } from "./run-git.ts";
import { makeScratch } from "./scratch.ts";

/** `root`: the cache of unpacked snapshots; `id`: a file name; `owner`: the uid and gid that shall own `folder` (needs root), or null. */
export interface UnpackRequest {
  readonly bundlePath: string;
  readonly root: string;
  readonly id: string;
  readonly owner: number | null;
}

/**
 * A snapshot on this host. `gitDir`: bare, ours, with an index of the commit at `index`; never shown to an agent. `folder`: the
 * work tree with a `.git` of its own on branch `main`, for a sandbox to lay over; nobody writes to it.
 */
export interface UnpackedSnapshot {
  readonly commit: string;
  readonly tree: string;
  readonly gitDir: string;
  readonly folder: string;
}

const Manifest = z.strictObject({ version: z.literal(1), commit: z.string(), tree: z.string(), owner: z.number().nullable() });

/**
 * Unpacks a bundle under `root/id`, or finds it there. The folder appears whole or not at all; processes may race for it, and the
 * first wins. Fails with `snapshot-owner` when it is there for another owner.
 */
export async function unpackSnapshot(request: UnpackRequest, signal: AbortSignal): Promise<Result<UnpackedSnapshot, Failure>> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(request.id)) throw new Error(`unpackSnapshot: not a file name: ${request.id}`);
  const place = join(request.root, request.id);
  const found = await readUnpacked(request, place);
  if (found !== null) return found;
  await makeFolder(request.root);
  await using scratch = await makeScratch(request.root);
  const made = join(scratch.path, "made");
  await mkdir(made);
  const built = await build(request, made, signal);
  if (!built.ok) return built;
  try {
    await rename(made, place);
  } catch (error) {
    const other = await readUnpacked(request, place);
    if (other !== null) return other;
    throw error;
  }
  return ok(placed(place, built.value));
}

function placed(place: string, manifest: { readonly commit: string; readonly tree: string }): UnpackedSnapshot {
  return { commit: manifest.commit, tree: manifest.tree, gitDir: join(place, "git"), folder: join(place, "tree") };
}

/** null: not there. A folder has its name only when it is complete. */
async function readUnpacked(request: UnpackRequest, place: string): Promise<Result<UnpackedSnapshot, Failure> | null> {
  const text = await readFile(join(place, "snapshot.json"), "utf8").catch(() => null);
  if (text === null) return null;
  const manifest = Manifest.parse(JSON.parse(text));
  if (manifest.owner !== request.owner) {
    const message = `${place} belongs to another account: remove it, or use another cache folder`;
    return err(failure({ boundary: "repository", code: "snapshot-owner", message, wholeRun: true }));
  }
  return ok(placed(place, manifest));
}

async function build(request: UnpackRequest, made: string, signal: AbortSignal): Promise<Result<z.infer<typeof Manifest>, Failure>> {
  const gitDir = join(made, "git");
  const folder = join(made, "tree");
  const commit = await unbundle(request.bundlePath, gitDir, signal);
  if (!commit.ok) return commit;
  const tree = await step({ gitDir, args: ["rev-parse", "--verify", `${commit.value}^{tree}`] }, signal);
  if (!tree.ok) return tree;
  const indexed = await step({ gitDir, args: ["read-tree", commit.value] }, signal);
  if (!indexed.ok) return indexed;
  const checkedOut = await checkOutSnapshot({ gitDir, commit: commit.value, folder, owner: request.owner }, signal);
  if (!checkedOut.ok) return checkedOut;
  const manifest = { version: 1 as const, commit: commit.value, tree: tree.value, owner: request.owner };
  await writeFile(join(made, "snapshot.json"), JSON.stringify(manifest));
  await chmod(made, 0o755);
  return ok(manifest);
}

/** Gives the commit the bundle holds. */
async function unbundle(bundlePath: string, gitDir: string, signal: AbortSignal): Promise<Result<string, Failure>> {
  const commit = await bundledCommit(bundlePath);
  if (commit === null) {
    return err(failure({ boundary: "repository", code: "bad-bundle", message: `${bundlePath} holds no snapshot: make it anew` }));
  }
  const hash = commit.length === 64 ? "sha256" : "sha1";
  await makeGitDir({ path: gitDir, hash, bare: true, head: `ref: ${snapshotBranch}`, alternates: [] });
  const unpacked = await step({ gitDir, args: ["bundle", "unbundle", bundlePath] }, signal);
  if (!unpacked.ok) return unpacked;
  await writeFile(join(gitDir, snapshotBranch), `${commit}\n`);
  return ok(commit);
}

/** A bundle names its commits in its first lines, before the pack. */
async function bundledCommit(bundlePath: string): Promise<string | null> {
  const file = await open(bundlePath, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return /^([0-9a-f]{40}|[0-9a-f]{64}) refs\/heads\/main$/m.exec(buffer.toString("latin1", 0, bytesRead))?.[1] ?? null;
  } finally {
    await file.close();
  }
}

async function step(call: GitCall, signal: AbortSignal): Promise<Result<string, Failure>> {
  const exit = await runGit(call, signal);
  return exit.exitCode === 0 ? ok(exit.stdout.toString("ascii").trim()) : err(gitFailure("unpacking a snapshot", exit));
}
