import { err, ok, type Result } from "../base/result.ts";
import { failure, type Failure } from "../records/failure.ts";
import type { Repository } from "../repository/open-repository.ts";
import { readBlobs } from "../repository/read-blobs.ts";
import { listTreeFiles, type TreeFile } from "../repository/tree-files.ts";
import { findFunctionSites, type FindOptions, type FoundSites } from "./functions/find-function-sites.ts";

/** Symbolic links and submodules hold no source of their own. */
const fileModes = new Set(["100644", "100755"]);

/** What was found, and paths whose names no text can hold. */
export interface RepositorySites extends FoundSites {
  readonly unreadableNames: number;
}

/** Function sites of one commit, read through git: only committed files are ever seen. */
export async function findRepositorySites(
  source: { readonly repository: Pick<Repository, "gitDir">; readonly commit: string; readonly options: FindOptions },
  signal: AbortSignal,
): Promise<Result<RepositorySites, Failure>> {
  const { repository, commit, options } = source;
  const listing = await listTreeFiles(repository, commit, signal);
  if (!listing.ok) return listing;
  const files = listing.value.files.filter((file) => fileModes.has(file.mode));
  const read = (paths: readonly string[]) => readFiles({ repository, files, paths }, signal);
  try {
    const found = await findFunctionSites({ files, read }, { ...options, signal });
    return ok({ ...found, unreadableNames: listing.value.unreadableNames });
  } catch (error) {
    if (!signal.aborted) throw error;
    return err(failure({ boundary: "repository", code: "cancelled", message: "stopped while looking for functions", retryable: true }));
  }
}

interface Reading {
  readonly repository: Pick<Repository, "gitDir">;
  readonly files: readonly TreeFile[];
  readonly paths: readonly string[];
}

async function* readFiles({ repository, files, paths }: Reading, signal: AbortSignal): AsyncGenerator<{ path: string; bytes: Uint8Array }> {
  const wanted = new Set(paths);
  const chosen = files.filter((file) => wanted.has(file.path));
  let index = 0;
  for await (const { bytes } of readBlobs(
    repository,
    chosen.map((file) => file.blob),
    signal,
  )) {
    const file = chosen[index++];
    if (file !== undefined && bytes !== null) yield { path: file.path, bytes };
  }
}
