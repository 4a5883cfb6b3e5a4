import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { failure } from "../records/failure.ts";
import type { Failure } from "../records/failure.ts";
import { gitFailure, runGit } from "./run-git.ts";

/**
 * A user's repository, only ever read. `path`: the top of its work tree, or the repository itself when `bare` (no work
 * tree to look at). `gitDir`: what git calls so for this work tree; `commonDir`: where objects and branches lie, which
 * differs in a linked worktree. `within`: the folder that was named, from the top of its work tree ("" is the top). `name` is that of the main repository. `hash`: its object format.
 */
export interface Repository {
  readonly name: string;
  readonly gitDir: string;
  readonly commonDir: string;
  readonly objectsDir: string;
  readonly path: string;
  readonly bare: boolean;
  readonly within: string;
  readonly hash: "sha1" | "sha256";
}

/**
 * Finds the repository at a path or around it. Failure codes (boundary `repository`): `no-such-path`,
 * `not-a-repository`, `no-commits`, `git-missing`, `cancelled`.
 */
export async function openRepository(path: string, signal: AbortSignal): Promise<Result<Repository, Failure>> {
  const absolute = resolve(path);
  const kind = await kindOf(absolute);
  if (kind === "missing")
    return refuse("no-such-path", `${path} does not exist: give the path of a git repository, a folder or an archive, or an address.`);
  if (kind !== "folder") return refuse("not-a-repository", notARepository(path));
  const found = await discover(absolute, signal);
  if (!found.ok) return found;
  if (found.value === null) return refuse("not-a-repository", notARepository(path));
  const commits = await hasCommits(found.value, signal);
  if (!commits.ok) return commits;
  if (!commits.value) return refuse("no-commits", `${path} has no commits: commit your files first (git add . && git commit)`);
  return ok(found.value);
}

function notARepository(path: string): string {
  return `${path} is not in a git repository: give a folder under git, or make it one (git init, git add ., git commit)`;
}

async function kindOf(path: string): Promise<"folder" | "other" | "missing"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "other";
  } catch (error) {
    const gone = error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
    return gone ? "missing" : "other";
  }
}

/** One value a call, because a path may hold a newline. */
async function ask(folder: string, args: readonly string[], signal: AbortSignal) {
  const exit = await runGit({ folder, args: ["rev-parse", "--path-format=absolute", ...args] }, signal);
  return { exit, value: exit.stdout.toString("utf8").replace(/\n$/, "") };
}

/** null: git finds no repository here. */
async function discover(folder: string, signal: AbortSignal): Promise<Result<Repository | null, Failure>> {
  const [state, gitDir, commonDir, objects] = await Promise.all([
    ask(folder, ["--is-inside-work-tree", "--show-object-format"], signal),
    ask(folder, ["--git-dir"], signal),
    ask(folder, ["--git-common-dir"], signal),
    ask(folder, ["--git-path", "objects"], signal),
  ]);
  if (state.exit.ended !== "exited") return err(gitFailure("looking for a repository", state.exit));
  if (objects.exit.exitCode !== 0 || state.exit.exitCode !== 0) return ok(null);
  const [insideWorkTree, hash] = state.value.split("\n");
  const top = insideWorkTree === "true" ? await ask(folder, ["--show-toplevel"], signal) : null;
  const prefix = top === null ? null : await ask(folder, ["--show-prefix"], signal);
  return ok({
    name: nameOf(commonDir.value),
    gitDir: gitDir.value,
    commonDir: commonDir.value,
    objectsDir: objects.value,
    path: top?.value ?? gitDir.value,
    bare: top === null,
    within: prefix?.value.replace(/\/$/, "") ?? "",
    hash: hash === "sha256" ? "sha256" : "sha1",
  });
}

/** `/x/shop/.git` and `/x/shop.git` are both `shop`. */
function nameOf(commonDir: string): string {
  const folder = basename(commonDir) === ".git" ? dirname(commonDir) : commonDir;
  return basename(folder).replace(/\.git$/, "") || "repository";
}

/** Some branch may hold commits although HEAD does not. */
async function hasCommits(repository: Repository, signal: AbortSignal): Promise<Result<boolean, Failure>> {
  const { gitDir } = repository;
  const head = await runGit({ gitDir, args: ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"] }, signal);
  if (head.exitCode === 0) return ok(true);
  const any = await runGit({ gitDir, args: ["for-each-ref", "--count=1", "--format=%(objectname)"] }, signal);
  if (any.exitCode !== 0) return err(gitFailure("looking for commits", any));
  return ok(any.stdout.length > 0);
}

function refuse(code: string, message: string): Result<never, Failure> {
  return err(failure({ boundary: "repository", code, message }));
}
