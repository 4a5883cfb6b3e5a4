import { err, ok, type Result } from "../../base/result.ts";
import { failure, type Failure } from "../../records/failure.ts";
import type { HoldOutCut } from "../../records/snapshot.ts";
import { commitInfo, contains, firstParentHistory, resolveCommit, type CommitInfo } from "../../repository/history.ts";
import { cutHistory, type HoldOutRule } from "../../repository/hold-out-cut.ts";
import type { Repository } from "../../repository/open-repository.ts";
import type { RepositoryConfig } from "../../repository/repository-config.ts";

/** What training may see of a repository: the cut, the commits before it (newest first), and those of them that are trained on. */
export interface TrainingCommits {
  readonly cut: HoldOutCut;
  readonly before: readonly CommitInfo[];
  /** Oldest first. */
  readonly chosen: readonly CommitInfo[];
}

/** The hold-out cut and the choice of commits, the same for everything that asks with the same settings. */
export async function trainingCommits(
  repository: Repository,
  config: Pick<RepositoryConfig, "commit" | "commits" | "spanDays" | "holdOut">,
  signal: AbortSignal,
): Promise<Result<TrainingCommits, Failure>> {
  const head = await resolveCommit(repository, config.commit ?? "HEAD", signal);
  if (!head.ok) return head;
  const history = await firstParentHistory(repository, head.value, signal);
  if (!history.ok) return history;
  const cut = cutHistory(history.value, ruleOf(config.holdOut));
  if (!cut.ok) return cut;
  const { heldOut } = cut.value;
  const before = history.value.slice(heldOut);
  const { commits, spanDays } = config;
  if (typeof commits === "number") return ok({ cut: cut.value, before, chosen: spreadCommits(before, { wanted: commits, spanDays }) });
  const oldestHeldOut = heldOut === 0 ? null : (history.value[heldOut - 1]?.id ?? null);
  const named = await namedCommits(repository, { names: commits, oldestHeldOut, heldOut }, signal);
  return named.ok ? ok({ cut: cut.value, before, chosen: named.value }) : named;
}

function ruleOf(holdOut: RepositoryConfig["holdOut"]): HoldOutRule {
  if (holdOut === null) return { kind: "default" };
  return holdOut === "none" ? { kind: "none" } : { kind: "count", commits: holdOut };
}

interface Naming {
  readonly names: readonly string[];
  readonly oldestHeldOut: string | null;
  readonly heldOut: number;
}

/** Commits by name, oldest first; none may hold what is held out. */
async function namedCommits(
  repository: Repository,
  { names, oldestHeldOut, heldOut }: Naming,
  signal: AbortSignal,
): Promise<Result<CommitInfo[], Failure>> {
  const found = new Map<string, CommitInfo>();
  for (const name of names) {
    const id = await resolveCommit(repository, name, signal);
    if (!id.ok) return id;
    const seesHeldOut =
      oldestHeldOut === null ? ok(false) : await contains(repository, { commit: id.value, ancestor: oldestHeldOut }, signal);
    if (!seesHeldOut.ok) return seesHeldOut;
    if (seesHeldOut.value) {
      const message = `The commit ${name} holds some of the newest ${heldOut} commits, which are held out: name an older one, or hold out fewer`;
      return err(failure({ boundary: "repository", code: "commit-held-out", message }));
    }
    const info = await commitInfo(repository, id.value, signal);
    if (!info.ok) return info;
    for (const commit of info.value) found.set(commit.id, commit);
  }
  return ok([...found.values()].toSorted((a, b) => a.committedAt - b.committedAt || (a.id < b.id ? -1 : 1)));
}

interface Spread {
  readonly wanted: number;
  readonly spanDays: number;
}

/** The newest training commit, or several spread evenly over the last days of training history, oldest first (paper.md §1.1). */
function spreadCommits(training: readonly CommitInfo[], { wanted, spanDays }: Spread): CommitInfo[] {
  const newest = training[0];
  if (newest === undefined) return [];
  const recent = training.filter((commit) => commit.committedAt >= newest.committedAt - spanDays * 24 * 3600).toReversed();
  const count = Math.min(wanted, recent.length);
  if (count === 1) return [newest];
  const indices = Array.from({ length: count }, (_, index) => Math.round((index * (recent.length - 1)) / (count - 1)));
  return indices.flatMap((index) => recent[index] ?? []);
}
