import type { Intake, Snapshot } from "../../records/snapshot.ts";

/** How many commits of a repository, counted from its first on the first-parent line, every one of the given runs may train on. */
export type CutsByRepository = ReadonlyMap<string, number>;

/** The strictest cut of each repository that several runs worked on: a commit that one of them holds out is held out from the dataset. */
export function strictestCuts(intakes: Iterable<Intake>): CutsByRepository {
  const cuts = new Map<string, number>();
  for (const { repository, cut } of intakes) {
    const allowed = cut.totalCommits - cut.heldOut;
    cuts.set(repository, Math.min(cuts.get(repository) ?? allowed, allowed));
  }
  return cuts;
}

/**
 * Whether some of the runs holds out the commit of a snapshot. Intake took it from before its own run's cut; where another run cuts
 * earlier, only the place of the newest training commit is known, and of others nothing can be said: null, as where no intake knows it.
 */
export function judgeHoldOut(snapshot: Snapshot, own: readonly Intake[], cuts: CutsByRepository): boolean | null {
  const intake = own.find(({ snapshots }) => snapshots.includes(snapshot.id));
  if (intake === undefined) return null;
  const { cut, repository } = intake;
  const allowed = cut.totalCommits - cut.heldOut;
  if (allowed <= (cuts.get(repository) ?? allowed)) return false;
  return snapshot.sourceCommit === cut.newestTraining ? true : null;
}
