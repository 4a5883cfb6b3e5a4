import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { failure } from "../records/failure.ts";
import type { Failure } from "../records/failure.ts";
import type { Repository } from "./open-repository.ts";
import { gitFailure, runGit, startGit } from "./run-git.ts";
import { splitBytes } from "./split-bytes.ts";

/** A commit on a line of history. `committedAt`: epoch seconds of the committer. */
export interface CommitInfo {
  readonly id: string;
  readonly committedAt: number;
}

/** What a commit says of itself. `parents`: 2 and more is a merge. `message`: subject and body as UTF-8, without a final newline. */
export interface CommitMessage extends CommitInfo {
  readonly parents: number;
  readonly message: string;
}

const newline = 0x0a;

/** The full id of the commit a revision names. Fails with `unknown-revision`. */
export async function resolveCommit(repository: Repository, revision: string, signal: AbortSignal): Promise<Result<string, Failure>> {
  if (revision.startsWith("-") || revision === "") return err(unknownRevision(repository, revision));
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`];
  const exit = await runGit({ gitDir: repository.gitDir, args }, signal);
  if (exit.ended !== "exited") return err(gitFailure("looking up a commit", exit));
  if (exit.exitCode !== 0) return err(unknownRevision(repository, revision));
  return ok(exit.stdout.toString("ascii").trim());
}

function unknownRevision(repository: Repository, revision: string): Failure {
  return failure({
    boundary: "repository",
    code: "unknown-revision",
    message: `${repository.name} has no commit called ${JSON.stringify(revision)}: give a branch, tag or commit id that git log shows`,
  });
}

/** Whether `ancestor` is a commit or one that it came from; both full ids. */
export async function contains(
  repository: Repository,
  { commit, ancestor }: { readonly commit: string; readonly ancestor: string },
  signal: AbortSignal,
): Promise<Result<boolean, Failure>> {
  const exit = await runGit({ gitDir: repository.gitDir, args: ["merge-base", "--is-ancestor", ancestor, commit] }, signal);
  return exit.exitCode === 0 || exit.exitCode === 1 ? ok(exit.exitCode === 0) : err(gitFailure("comparing commits", exit));
}

/** The first-parent line from `head` (a commit id) to its root, newest first. A shallow clone's line ends where the clone does. */
export async function firstParentHistory(
  repository: Repository,
  head: string,
  signal: AbortSignal,
): Promise<Result<CommitInfo[], Failure>> {
  return await listCommits(repository, ["--first-parent", "--end-of-options", head], signal);
}

/** One commit by its id. */
export async function commitInfo(repository: Repository, id: string, signal: AbortSignal): Promise<Result<CommitInfo[], Failure>> {
  return await listCommits(repository, ["--no-walk", "--end-of-options", id], signal);
}

async function listCommits(repository: Repository, which: readonly string[], signal: AbortSignal): Promise<Result<CommitInfo[], Failure>> {
  const args = ["rev-list", "--timestamp", ...which];
  const git = startGit({ gitDir: repository.gitDir, args }, signal);
  git.stdin.end();
  const history: CommitInfo[] = [];
  for await (const line of splitBytes(git.output, newline)) {
    const [seconds = "", id = ""] = line.toString("ascii").split(" ");
    history.push({ id, committedAt: Number(seconds) });
  }
  const exit = await git.exit;
  return exit.exitCode === 0 ? ok(history) : err(gitFailure("reading the history", exit));
}

/** What these commits (full ids) say, in the order given. */
export async function commitMessages(
  repository: Repository,
  commits: readonly string[],
  signal: AbortSignal,
): Promise<Result<CommitMessage[], Failure>> {
  if (commits.length === 0) return ok([]);
  for (const id of commits) if (!/^[0-9a-f]{40,64}$/.test(id)) throw new Error(`commitMessages: not a commit id: ${id}`);
  const args = ["log", "--no-walk=unsorted", "--stdin", "-z", "--encoding=UTF-8", "--no-color", "--format=%H %ct %P%n%B"];
  const exit = await runGit({ gitDir: repository.gitDir, args, input: `${commits.join("\n")}\n` }, signal);
  if (exit.exitCode !== 0) return err(gitFailure("reading commit messages", exit));
  const records = exit.stdout.toString("utf8").split("\0");
  return ok(records.filter((record) => record !== "").map(messageOf));
}

function messageOf(record: string): CommitMessage {
  const end = record.indexOf("\n");
  const [id = "", seconds = "", ...parents] = record.slice(0, end).trimEnd().split(" ");
  return { id, committedAt: Number(seconds), parents: parents.length, message: record.slice(end + 1).trimEnd() };
}
