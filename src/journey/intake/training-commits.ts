import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import type { HoldOutCut } from "../../records/snapshot.ts";
import { firstParentHistory, resolveCommit, type CommitInfo } from "../../repository/history.ts";
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

const spreadSeconds = 365 * 24 * 3600;

/** The hold-out cut and the choice of commits, the same for everything that asks with the same settings. */
export async function trainingCommits(
  repository: Repository,
  config: Pick<RepositoryConfig, "commit" | "commits" | "holdOut">,
  signal: AbortSignal,
): Promise<Result<TrainingCommits, Failure>> {
  const head = await resolveCommit(repository, config.commit ?? "HEAD", signal);
  if (!head.ok) return head;
  const history = await firstParentHistory(repository, head.value, signal);
  if (!history.ok) return history;
  const cut = cutHistory(history.value, ruleOf(config.holdOut));
  if (!cut.ok) return cut;
  const before = history.value.slice(cut.value.heldOut);
  return ok({ cut: cut.value, before, chosen: spreadCommits(before, config.commits) });
}

function ruleOf(holdOut: RepositoryConfig["holdOut"]): HoldOutRule {
  if (holdOut === null) return { kind: "default" };
  return holdOut === "none" ? { kind: "none" } : { kind: "count", commits: holdOut };
}

/** The newest training commit, or several spread evenly over the last year of training history, oldest first (paper.md §1.1). */
function spreadCommits(training: readonly CommitInfo[], wanted: number): CommitInfo[] {
  const newest = training[0];
  if (newest === undefined) return [];
  const recent = training.filter((commit) => commit.committedAt >= newest.committedAt - spreadSeconds).toReversed();
  const count = Math.min(wanted, recent.length);
  if (count === 1) return [newest];
  const indices = Array.from({ length: count }, (_, index) => Math.round((index * (recent.length - 1)) / (count - 1)));
  return indices.flatMap((index) => recent[index] ?? []);
}
