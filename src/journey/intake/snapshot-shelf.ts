import { join } from "node:path";
import { diskUsage } from "../../base/disk-usage.ts";
import { err, type Result } from "../../base/result.ts";
import type { Scrubber } from "../../base/secret.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { failure, type Failure } from "../../records/failure.ts";
import { diffTree } from "../../repository/diff-tree.ts";
import { makeScratch } from "../../repository/scratch.ts";
import { unpackSnapshot, type UnpackedSnapshot } from "../../repository/unpack-snapshot.ts";
import type { MakeDiff } from "../../rollout/workspace.ts";
import { holdCache } from "../../sandbox/cache-use.ts";
import { KeptFolders } from "../../sandbox/kept-folders.ts";

/** Snapshots of a run, laid out on this host's disk when they are first needed and shared by everything that needs them. */
export interface SnapshotShelf {
  unpacked(snapshot: string, signal: AbortSignal): Promise<Result<UnpackedSnapshot, Failure>>;
  /** Makes differences of trees to an unpacked snapshot. */
  differ(snapshot: UnpackedSnapshot): MakeDiff;
  /** None of them is needed any more by whoever has this shelf, so that they may go when there is no room. */
  release(): Promise<void>;
}

export interface ShelfParts {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  /** Folder the sandboxes can reach, and the uid that must own what they mount (sandbox.ts). */
  readonly cacheRoot: string;
  readonly owner: number | null;
  /** Folder for temporary files of ours. */
  readonly scratchRoot: string;
  /** Bytes of content a workspace may hold when its difference is made; left out: as diffTree says. */
  readonly mostExportBytes?: number;
  /** Knows the secrets that must not enter the run. */
  readonly scrubber?: Scrubber;
  /** Disk that unpacked snapshots may take on this host, those of other runs too; the least recently used go first. Default 20 GiB. */
  readonly mostBytes?: number;
}

const usualMostBytes = 20 * 1024 ** 3;

export function createSnapshotShelf(parts: ShelfParts): SnapshotShelf {
  const shelf = new Map<string, Promise<Result<UnpackedSnapshot, Failure>>>();
  return {
    async unpacked(snapshot, signal) {
      const known = shelf.get(snapshot);
      if (known !== undefined) return known;
      const unpacking = unpack(snapshot, parts, signal);
      shelf.set(snapshot, unpacking);
      const unpacked = await unpacking;
      if (!unpacked.ok) shelf.delete(snapshot);
      return unpacked;
    },
    differ: (snapshot) => async (tree, signal) => {
      await using scratch = await makeScratch(parts.scratchRoot);
      const { gitDir, commit } = snapshot;
      const most = parts.mostExportBytes === undefined ? {} : { mostBytes: parts.mostExportBytes };
      const made = await diffTree({ gitDir, commit, tree, scratch: scratch.path, ...most }, signal);
      return made.ok && holdsSecret(made.value.patch, parts.scrubber) ? err(secretInChange()) : made;
    },
    release: async () => {
      for (const unpacking of shelf.values()) {
        const unpacked = await unpacking.catch(() => null);
        if (unpacked?.ok === true) await keptIn(parts).release(unpacked.value.commit);
      }
      shelf.clear();
    },
  };
}

function keptIn({ cacheRoot, mostBytes = usualMostBytes }: ShelfParts): KeptFolders {
  return new KeptFolders({ root: join(cacheRoot, "snapshots"), isKey: (name) => /^[0-9a-f]{40,64}$/.test(name), mostBytes });
}

/** A patch with a secret cannot be stored, and one without it would not make the agent's tree. */
function holdsSecret(patch: Uint8Array, scrubber: Scrubber | undefined): boolean {
  if (scrubber === undefined) return false;
  const text = Buffer.from(patch).toString("utf8");
  return scrubber.text(text) !== text;
}

function secretInChange(): Failure {
  const message = "the agent wrote a key of this run into its change, so the change is not kept";
  return failure({ boundary: "agent", code: "secret-in-change", message });
}

async function unpack(id: string, parts: ShelfParts, signal: AbortSignal): Promise<Result<UnpackedSnapshot, Failure>> {
  const record = await parts.ledger.get("snapshot", id);
  if (record === null) throw new Error(`no snapshot ${id} in the ledger`);
  await using scratch = await makeScratch(parts.scratchRoot);
  const bundlePath = join(scratch.path, "snapshot.bundle");
  if (!(await parts.artifacts.getFile(record.bundle, bundlePath))) {
    const message = `The bundle of the snapshot ${id} is missing from the run's artifacts: start a new run.`;
    return err(failure({ boundary: "storage", code: "artifact-missing", message, wholeRun: true }));
  }
  await holdCache(parts.cacheRoot);
  const root = join(parts.cacheRoot, "snapshots");
  const kept = keptIn(parts);
  await kept.mark(record.commit);
  const unpacked = await unpackSnapshot({ bundlePath, root, id: record.commit, owner: parts.owner }, signal);
  if (unpacked.ok) await kept.keep(record.commit, async () => await diskUsage(join(root, record.commit)));
  return unpacked;
}
