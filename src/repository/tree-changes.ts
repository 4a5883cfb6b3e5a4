import { foldersAbove } from "./path-bytes.ts";
import type { PathBytes } from "./path-bytes.ts";
import type { ListedEntry, SnapshotListing } from "./snapshot-listing.ts";

const submoduleMode = "160000";

/**
 * A snapshot with an export laid over it, kept as what differs: a path's new entry, or null where it is gone. It holds at every moment
 * what a folder could hold: a path is a file or a folder, never both, and whatever comes later wins.
 */
export class TreeChanges {
  readonly #snapshot: SnapshotListing;
  readonly #changes = new Map<PathBytes, ListedEntry | null>();
  /** Folders above any path that was put. */
  readonly #folders = new Set<PathBytes>();
  readonly #seen = new Set<PathBytes>();

  constructor(snapshot: SnapshotListing) {
    this.#snapshot = snapshot;
  }

  /** A path and all beneath it are gone; "" is everything. */
  remove(path: PathBytes): void {
    this.#drop(path);
    this.#dropBeneath(path);
  }

  /** A folder is here: a file of that name is gone, what it holds is not; to a submodule it is the sign that it stays. */
  putFolder(path: PathBytes): void {
    if (this.#submoduleAround(path)) return;
    this.#seen.add(path);
    this.#dropFilesAbove(path);
    if (this.at(path)?.mode !== submoduleMode) this.#drop(path);
  }

  /** A file or link is here. Inside a submodule it is not taken, because git takes nothing there. */
  put(path: PathBytes, entry: ListedEntry): void {
    if (path === "" || this.#submoduleAround(path)) return;
    this.#seen.add(path);
    this.#dropFilesAbove(path);
    this.#dropBeneath(path);
    for (const folder of foldersAbove(path)) this.#folders.add(folder);
    const own = this.#snapshot.entries.get(path);
    if (own?.mode === entry.mode && own.blob === entry.blob) this.#changes.delete(path);
    else this.#changes.set(path, entry);
  }

  /** For an export of everything: what was not seen is gone. */
  dropUnseen(): void {
    for (const path of this.#snapshot.entries.keys()) if (!this.#seen.has(path)) this.#drop(path);
  }

  /** Takes back a path that the snapshot does not have. */
  forget(path: PathBytes): void {
    this.#changes.delete(path);
  }

  at(path: PathBytes): ListedEntry | undefined {
    const change = this.#changes.get(path);
    return change === undefined ? this.#snapshot.entries.get(path) : (change ?? undefined);
  }

  /** The blob the snapshot itself has at a path. */
  snapshotBlob(path: PathBytes): string | undefined {
    return this.#snapshot.entries.get(path)?.blob;
  }

  /** Paths that exist now and not in the snapshot. */
  created(): PathBytes[] {
    return [...this.#changes].filter(([path, entry]) => entry !== null && !this.#snapshot.entries.has(path)).map(([path]) => path);
  }

  /** In byte order. */
  all(): [PathBytes, ListedEntry | null][] {
    return [...this.#changes].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Whether a submodule lies above; what is inside it shows that it is there. */
  #submoduleAround(path: PathBytes): boolean {
    const submodule = foldersAbove(path).find((folder) => this.at(folder)?.mode === submoduleMode);
    if (submodule !== undefined) this.#seen.add(submodule);
    return submodule !== undefined;
  }

  #dropFilesAbove(path: PathBytes): void {
    for (const folder of foldersAbove(path)) if (this.at(folder) !== undefined) this.#drop(folder);
  }

  #dropBeneath(path: PathBytes): void {
    for (const own of this.#snapshot.beneath(path)) this.#drop(own);
    if (path !== "" && !this.#folders.has(path)) return;
    const prefix = path === "" ? "" : `${path}/`;
    for (const changed of this.#changes.keys()) if (changed.startsWith(prefix)) this.#drop(changed);
  }

  #drop(path: PathBytes): void {
    if (this.#snapshot.entries.has(path)) this.#changes.set(path, null);
    else this.#changes.delete(path);
  }
}
