import { posix } from "node:path";
import { contentId } from "../../base/hash.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { shortestScrubbed, type Secret } from "../../base/secret.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { failure, type Failure } from "../../records/failure.ts";
import type { Intake, Snapshot } from "../../records/snapshot.ts";
import { countUncommitted } from "../../repository/count-uncommitted.ts";
import { findInFiles } from "../../repository/find-in-files.ts";
import { commitMessages } from "../../repository/history.ts";
import type { Repository } from "../../repository/open-repository.ts";
import { reachRepository } from "../../repository/reach-repository.ts";
import type { RepositoryConfig } from "../../repository/repository-config.ts";
import { makeScratch } from "../../repository/scratch.ts";
import { bundleSnapshot } from "../../repository/bundle-snapshot.ts";
import { repositoryLicence } from "./repository-licence.ts";
import { trainingCommits } from "./training-commits.ts";

export interface IntakeContext {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly scratchRoot: string;
  /** Keys of this run: a commit that holds one is refused, because a snapshot is stored as it is. */
  readonly secrets?: readonly Secret[];
  /** Told what is reached for, as settings name it: a fetch may take minutes. */
  readonly onReach?: (path: string) => void;
}

/** Commit messages looked at where they are to be the demonstrations: the newest before the cut. */
const mostMessages = 2000;

/**
 * A repository of the user in; hold-out cut and snapshots out, in the ledger. Done once for a run: when it is there already, the
 * user's repository is not even opened. Only committed files enter.
 */
export async function intake(config: RepositoryConfig, context: IntakeContext, signal: AbortSignal): Promise<Result<Intake, Failure>> {
  const key = contentId(["intake", config]);
  const done = await context.ledger.get("intake", key);
  if (done !== null) return ok(done);
  await using reaching = await makeScratch(context.scratchRoot);
  context.onReach?.(config.path);
  const reached = await reachRepository(config.path, { scratch: reaching.path }, signal);
  if (!reached.ok) return reached;
  const { repository, origin, leftOut } = reached.value;
  const folder = folderOf(repository.within, config.folder);
  if (folder === null) return err(outsideFolder(config));
  const training = await trainingCommits(repository, config, signal);
  if (!training.ok) return training;
  const { cut, before, chosen } = training.value;
  const name = await freeName(repository.name, context.ledger);
  const snapshots: string[] = [];
  for (const commit of chosen) {
    const held = await holdsSecret({ repository, name, commit: commit.id }, context, signal);
    if (held !== null) return err(held);
    const snapshot = await takeSnapshot({ repository, name, commit: commit.id }, context, signal);
    if (!snapshot.ok) return snapshot;
    await context.ledger.put("snapshot", snapshot.value.id, snapshot.value);
    snapshots.push(snapshot.value.id);
  }
  const asked = config.demonstrations === "history" ? before.slice(0, mostMessages) : [];
  const texts = await commitMessages(
    repository,
    asked.map((commit) => commit.id),
    signal,
  );
  if (!texts.ok) return texts;
  const messages = texts.value.filter((text) => text.parents < 2).map(({ id, message }) => ({ id, text: message }));
  await using scratch = await makeScratch(context.scratchRoot);
  const uncommitted = await countUncommitted(repository, { scratch: scratch.path, signal });
  const licence = await repositoryLicence(repository, chosen.at(-1)?.id ?? cut.newestTraining, signal);
  const record: Intake = { version: 1, repository: name, cut, snapshots, uncommitted, origin, leftOut, folder, licence, messages };
  await context.ledger.put("intake", key, record);
  return ok(record);
}

/** From the top of the repository, without a slash at its ends; null: it leaves the repository. */
export function folderOf(within: string, folder: string | null): string | null {
  const path = posix.normalize(posix.join(within, folder ?? ".")).replace(/^\/|\/$/g, "");
  return path === ".." || path.startsWith("../") ? null : path === "." ? "" : path;
}

function outsideFolder({ path, folder }: RepositoryConfig): Failure {
  const message = `The folder ${folder} is outside ${path}: name one from the top of the repository`;
  return failure({ boundary: "repository", code: "folder-outside", message });
}

/** Two repositories of a run may have the same last name; the later one gets a number. */
async function freeName(name: string, ledger: Ledger): Promise<string> {
  const taken = new Set<string>();
  for await (const { record } of ledger.list("intake")) taken.add(record.repository);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

interface SnapshotOrder {
  readonly repository: Repository;
  readonly name: string;
  readonly commit: string;
}

async function holdsSecret(order: SnapshotOrder, { secrets = [] }: IntakeContext, signal: AbortSignal): Promise<Failure | null> {
  for (const secret of secrets) {
    const text = secret.reveal().trim();
    if (text.length < shortestScrubbed) continue;
    const found = await findInFiles({ ...order, text }, signal);
    if (!found.ok) return found.error;
    const [path] = found.value;
    if (path === undefined) continue;
    const message = `${path} of ${order.name} at ${order.commit.slice(0, 12)} holds the value of ${secret.toString()}, and keys never enter a run: use another key and revoke this one, or take commits without it.`;
    return failure({ boundary: "repository", code: "secret-in-repository", message });
  }
  return null;
}

async function takeSnapshot(order: SnapshotOrder, context: IntakeContext, signal: AbortSignal): Promise<Result<Snapshot, Failure>> {
  const { repository, name, commit } = order;
  await using scratch = await makeScratch(context.scratchRoot);
  const bundled = await bundleSnapshot({ repository, commit, scratch: scratch.path }, signal);
  if (!bundled.ok) return bundled;
  const { tree, bundlePath } = bundled.value;
  const id = contentId(["snapshot", name, commit, bundled.value.commit]);
  // Of an intake that was killed before its last write; packs of the same commit need not be equal to the byte.
  const earlier = await context.ledger.get("snapshot", id);
  if (earlier !== null) return ok(earlier);
  const bundle = await context.artifacts.putFile(bundlePath);
  return ok({ version: 1, id, repository: name, sourceCommit: commit, commit: bundled.value.commit, tree, bundle });
}

/** The failure of a run whose repositories hold no function to start from. `languages`: those whose functions could have been. */
export function noFunctions(names: readonly string[], languages: readonly string[]): Result<never, Failure> {
  const message =
    `No functions were found in ${names.join(", ")}: Apprentice reads ${languages.join(", ")}; ` +
    "`apprentice functions REPO --left-out` says what was left out and why.";
  return err(failure({ boundary: "repository", code: "no-functions", message, wholeRun: true }));
}
